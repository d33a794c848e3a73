"""Putting learners into cohorts."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from common.errors import NotFound
from learners.cohorts.errors import CohortOfAnotherCourse
from learners.cohorts.models import Cohort, CohortMember
from learners.enrolments.models import Enrolment
from privacy import public as privacy


@transaction.atomic
def add_member(*, cohort_id: UUID, enrolment_id: UUID, actor: str) -> CohortMember:
    """Put an enrolment into a cohort; a second call changes nothing.

    Raises:
        NotFound: there is no such cohort or enrolment.
        CohortOfAnotherCourse: the enrolment is in another course.
    """
    cohort = Cohort.objects.filter(pk=cohort_id).first()
    enrolment = Enrolment.objects.filter(pk=enrolment_id).first()
    if cohort is None or enrolment is None:
        raise NotFound()
    if cohort.course_id != enrolment.course_id:
        raise CohortOfAnotherCourse()
    member, is_new = CohortMember.objects.get_or_create(cohort=cohort, enrolment=enrolment)
    if is_new:
        _audit("cohort.joined", enrolment_id, cohort_id, actor)
    return member


@transaction.atomic
def remove_member(*, cohort_id: UUID, enrolment_id: UUID, actor: str) -> None:
    """Take an enrolment out of a cohort; a second call changes nothing. Attempts under way keep their times."""
    removed, _ = CohortMember.objects.filter(cohort_id=cohort_id, enrolment_id=enrolment_id).delete()
    if removed:
        _audit("cohort.left", enrolment_id, cohort_id, actor)


def _audit(action: str, enrolment_id: UUID, cohort_id: UUID, actor: str) -> None:
    privacy.audit(
        actor=actor, action=action, subject_kind="enrolment", subject_id=str(enrolment_id), cohort_id=str(cohort_id)
    )
