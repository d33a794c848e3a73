"""Enrolling."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from courses import public as courses
from courses.public import EditionView
from events import public as events
from learners.enrolments.errors import AlreadyEnrolled, EditionNotOpen, EnrolmentIdTaken
from learners.enrolments.models import Enrolment, EnrolmentEdition
from learners.events import Enrolled
from learners.profiles.errors import ProfileMissing
from learners.profiles.models import Learner
from privacy import public as privacy


@transaction.atomic
def enrol(*, learner_id: UUID, enrolment_id: UUID, edition_id: UUID, now: datetime) -> tuple[Enrolment, bool]:
    """Enrol the learner in the course of an edition; a second call returns the first enrolment. Also returns whether it is new.

    The enrolment is pinned to the edition; to the course's running one if that was retired meanwhile. A call for another edition
    of the same course does not move it.

    Raises:
        ProfileMissing: the account has no profile yet.
        ConsentMissing: the learner does not consent to records of their learning.
        EditionNotOpen: there is no such edition, it is only proposed, or it is retired and no other is running.
        AlreadyEnrolled: the learner takes the course under another id.
        EnrolmentIdTaken: the id is that of another enrolment, of any learner.
    """
    existing = Enrolment.objects.filter(pk=enrolment_id).first()
    if existing is not None and existing.learner_id != learner_id:
        raise EnrolmentIdTaken()
    if existing is not None and existing.edition_id == edition_id:
        return existing, False
    if existing is None:
        if not Learner.objects.filter(pk=learner_id).exists():
            raise ProfileMissing()
        privacy.require_consent(user_id=learner_id, purpose=privacy.LEARNING_RECORDS)
    asked = courses.edition(edition_id)
    if asked is None or asked.published_at is None:
        raise EditionNotOpen(pointer="/edition_id")
    if existing is not None:
        if existing.course_id != asked.course_id:
            raise EnrolmentIdTaken()
        return existing, False
    enrolment = Enrolment(
        pk=enrolment_id,
        learner_id=learner_id,
        course_id=asked.course_id,
        edition_id=_running(asked),
        enrolled_at=now,
    )
    try:
        with transaction.atomic():
            enrolment.save(force_insert=True)
    except IntegrityError:
        return _found(learner_id, enrolment_id, asked.course_id), False
    EnrolmentEdition.objects.create(enrolment=enrolment, edition_id=enrolment.edition_id, since=now, by=learner_id)
    privacy.audit(
        actor=str(learner_id),
        action="learner.enrolled",
        subject_kind="enrolment",
        subject_id=str(enrolment_id),
        edition_id=str(enrolment.edition_id),
        course_id=str(enrolment.course_id),
    )
    events.record(
        Enrolled(
            learner_id=learner_id,
            edition_id=enrolment.edition_id,
            course_id=enrolment.course_id,
            enrolment_id=enrolment_id,
        )
    )
    return enrolment, True


def _running(asked: EditionView) -> UUID:
    """Return the edition to enrol in: the one that was asked for, or the running one if that is retired."""
    if asked.status == "published":
        return asked.id
    running = courses.running_editions([asked.course_id]).get(asked.course_id)
    if running is None:
        raise EditionNotOpen(pointer="/edition_id")
    return running


def _found(learner_id: UUID, enrolment_id: UUID, course_id: UUID) -> Enrolment:
    """The enrolment that exists already: the learner's in the course, or one with the same id."""
    existing = Enrolment.objects.filter(learner_id=learner_id, course_id=course_id).first()
    if existing is None:
        raise EnrolmentIdTaken()
    if existing.pk != enrolment_id:
        raise AlreadyEnrolled(pointer="/edition_id", enrolment_id=str(existing.pk))
    return existing
