"""Enrolling, and completing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from courses import public as courses
from events import public as events
from events.public import Recorded
from learners.enrolments.errors import AlreadyEnrolled, EditionNotOpen, EnrolmentIdTaken
from learners.enrolments.models import Enrolment
from learners.events import EditionCompleted, Enrolled, Outcome
from learners.profiles.errors import ProfileMissing
from learners.profiles.models import Learner
from privacy import public as privacy

# Practice proves nothing, and a placement tells where to begin: neither is the assessment that an edition asks for.
COUNTED_MODES = frozenset({"assessment", "certification"})


@transaction.atomic
def enrol(*, learner_id: UUID, enrolment_id: UUID, edition_id: UUID, now: datetime) -> tuple[Enrolment, bool]:
    """Enrol the learner in a published edition; a second call returns the first enrolment. Also tells whether it is new.

    Raises:
        ProfileMissing: the account is no learner's yet.
        ConsentMissing: without consent nothing of the learning may be recorded.
        EditionNotOpen: there is no such edition, or it is not published.
        AlreadyEnrolled: the learner takes the edition under another id.
        EnrolmentIdTaken: the id stands for something else, of whomever.
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
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO learners_enrolment (id, learner_id, edition_id, enrolled_at) VALUES (%s, %s, %s, %s) "
            "ON CONFLICT DO NOTHING RETURNING id",
            [enrolment_id, learner_id, edition_id, now],
        )
        is_new = cursor.fetchone() is not None
    if not is_new:
        return _found(learner_id, enrolment_id, edition_id), False
    privacy.audit(
        actor=str(learner_id),
        action="learner.enrolled",
        subject_kind="enrolment",
        subject_id=str(enrolment_id),
        edition_id=str(edition_id),
    )
    events.record(Enrolled(learner_id=learner_id, edition_id=edition_id, enrolment_id=enrolment_id))
    return Enrolment(pk=enrolment_id, learner_id=learner_id, edition_id=edition_id, enrolled_at=now), True


def _same(existing: Enrolment, learner_id: UUID, edition_id: UUID) -> Enrolment:
    if existing.learner_id != learner_id or existing.edition_id != edition_id:
        raise EnrolmentIdTaken()
    return existing


def _found(learner_id: UUID, enrolment_id: UUID, edition_id: UUID) -> Enrolment:
    """What kept the new row out: the learner's enrolment in the edition, or one that came first with the same id."""
    existing = Enrolment.objects.filter(learner_id=learner_id, edition_id=edition_id).first()
    if existing is None:
        raise EnrolmentIdTaken()
    if existing.pk != enrolment_id:
        raise AlreadyEnrolled(pointer="/edition_id", enrolment_id=str(existing.pk))
    return existing


@transaction.atomic
def note_passed_assessments(recorded: Sequence[Recorded[Outcome]]) -> None:
    """Consumer: passed assessments complete the editions whose lessons are done.

    The earliest passed attempt counts, in whatever order they come; an edition is completed, and said to be, once.
    """
    earliest: dict[tuple[UUID, UUID], datetime] = {}
    for outcome in (entry.event for entry in recorded):
        if outcome.passed and outcome.mode in COUNTED_MODES:
            key = outcome.learner_id, outcome.edition_id
            earliest[key] = min(outcome.submitted_at, earliest.get(key, outcome.submitted_at))
    if not earliest:
        return
    learner_ids, edition_ids = [key[0] for key in earliest], [key[1] for key in earliest]
    with connection.cursor() as cursor:
        # In order, so that two workers never wait for each other in a circle.
        cursor.execute(
            "SELECT id FROM learners_enrolment WHERE (learner_id, edition_id) IN "
            "(SELECT * FROM unnest(%s::uuid[], %s::uuid[])) ORDER BY id FOR NO KEY UPDATE",
            [learner_ids, edition_ids],
        )
        cursor.execute(
            """
            UPDATE learners_enrolment AS enrolment
            SET assessment_passed_at = passed.at,
                completed_at = COALESCE(
                    completed_at, CASE WHEN lessons_done_at IS NOT NULL THEN GREATEST(lessons_done_at, passed.at) END
                )
            FROM unnest(%s::uuid[], %s::uuid[], %s::timestamptz[]) AS passed(learner_id, edition_id, at)
            WHERE enrolment.learner_id = passed.learner_id AND enrolment.edition_id = passed.edition_id
              AND (assessment_passed_at IS NULL OR passed.at < assessment_passed_at)
            RETURNING enrolment.learner_id, enrolment.edition_id, old.completed_at IS NULL AND new.completed_at IS NOT NULL
            """,
            [learner_ids, edition_ids, list(earliest.values())],
        )
        completed = [(learner, edition) for learner, edition, is_complete in cursor.fetchall() if is_complete]
    events.record_many(
        [EditionCompleted(learner_id=learner, edition_id=edition) for learner, edition in sorted(completed)]
    )
