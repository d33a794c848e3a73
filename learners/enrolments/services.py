"""Enrolling, and completing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from courses import public as courses
from events import public as events
from events.public import Recorded
from learners.enrolments import statements
from learners.enrolments.errors import AlreadyEnrolled, EditionNotOpen, EnrolmentIdTaken
from learners.enrolments.models import Enrolment
from learners.events import EditionCompleted, Enrolled, Outcome
from learners.profiles.errors import ProfileMissing
from learners.profiles.models import Learner
from privacy import public as privacy

# Practice proves nothing, and a placement only shows where to begin: neither is the assessment that an edition requires.
COUNTED_MODES = frozenset({"assessment", "certification"})


@transaction.atomic
def enrol(*, learner_id: UUID, enrolment_id: UUID, edition_id: UUID, now: datetime) -> tuple[Enrolment, bool]:
    """Enrol the learner in a published edition; a second call returns the first enrolment. Also returns whether it is new.

    Raises:
        ProfileMissing: the account has no profile yet.
        ConsentMissing: the learner does not consent to records of their learning.
        EditionNotOpen: there is no such edition, or it is not published.
        AlreadyEnrolled: the learner takes the edition under another id.
        EnrolmentIdTaken: the id is that of another enrolment, of any learner.
    """
    existing = Enrolment.objects.filter(pk=enrolment_id).first()
    if existing is not None:
        return _same(existing, learner_id, edition_id), False
    if not Learner.objects.filter(pk=learner_id).exists():
        raise ProfileMissing()
    privacy.require_consent(user_id=learner_id, purpose=privacy.LEARNING_RECORDS)
    edition = courses.edition(edition_id)
    if edition is None or edition.status != "published":
        raise EditionNotOpen(pointer="/edition_id")
    enrolment = Enrolment(pk=enrolment_id, learner_id=learner_id, edition_id=edition_id, enrolled_at=now)
    try:
        with transaction.atomic():
            enrolment.save(force_insert=True)
    except IntegrityError:
        return _found(learner_id, enrolment_id, edition_id), False
    privacy.audit(
        actor=str(learner_id),
        action="learner.enrolled",
        subject_kind="enrolment",
        subject_id=str(enrolment_id),
        edition_id=str(edition_id),
    )
    events.record(Enrolled(learner_id=learner_id, edition_id=edition_id, enrolment_id=enrolment_id))
    return enrolment, True


def _same(existing: Enrolment, learner_id: UUID, edition_id: UUID) -> Enrolment:
    if existing.learner_id != learner_id or existing.edition_id != edition_id:
        raise EnrolmentIdTaken()
    return existing


def _found(learner_id: UUID, enrolment_id: UUID, edition_id: UUID) -> Enrolment:
    """The enrolment that exists already: the learner's in the edition, or one with the same id."""
    existing = Enrolment.objects.filter(learner_id=learner_id, edition_id=edition_id).first()
    if existing is None:
        raise EnrolmentIdTaken()
    if existing.pk != enrolment_id:
        raise AlreadyEnrolled(pointer="/edition_id", enrolment_id=str(existing.pk))
    return existing


@transaction.atomic
def note_passed_assessments(recorded: Sequence[Recorded[Outcome]]) -> None:
    """Consumer: passed assessments complete the editions whose lessons are done.

    The earliest passed attempt counts, in whatever order they come; an edition is completed once, with one event.
    """
    earliest: dict[tuple[UUID, UUID], datetime] = {}
    for outcome in (delivery.event for delivery in recorded):
        if outcome.passed and outcome.mode in COUNTED_MODES:
            key = outcome.learner_id, outcome.edition_id
            earliest[key] = min(outcome.submitted_at, earliest.get(key, outcome.submitted_at))
    if not earliest:
        return
    completed = statements.note_passed(earliest)
    events.record_many(
        [EditionCompleted(learner_id=learner, edition_id=edition) for learner, edition in sorted(completed)]
    )
