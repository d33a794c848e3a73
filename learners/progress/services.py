"""Recording progress."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from common.errors import NotFound
from courses import public as courses
from courses.public import EditionView
from events import public as events
from learners.enrolments.models import Enrolment
from learners.progress import rules, selectors
from learners.progress.errors import LessonNotInEdition
from learners.progress.models import LessonProgress
from learners.progress.rules import Report
from privacy import public as privacy


@dataclass(frozen=True)
class Recorded:
    """An enrolment with all its progress after the merge."""

    enrolment: Enrolment
    edition: EditionView
    progress: dict[UUID, LessonProgress]


@transaction.atomic
def record_progress(*, learner_id: UUID, enrolment_id: UUID, reports: Sequence[Report], now: datetime) -> Recorded:
    """Merge a device's reports into the enrolment's progress; a second call changes nothing and tells nobody.

    The enrolment's row is locked: of two devices at a time the second sees what the first one stored, so one of them
    finds the last lesson done. Completes the edition when nothing else is asked.

    Raises:
        NotFound: the learner has no such enrolment.
        ConsentMissing: the learner has withdrawn it; what is recorded already stays as it is.
        LessonNotInEdition: a lesson is not the edition's; nothing was stored.
    """
    enrolment = Enrolment.objects.select_for_update(no_key=True).filter(pk=enrolment_id, learner_id=learner_id).first()
    if enrolment is None:
        raise NotFound()
    privacy.require_consent(user_id=learner_id, purpose=privacy.LEARNING_RECORDS)
    edition = courses.editions([enrolment.edition_id])[enrolment.edition_id]
    known = {lesson.id for lesson in edition.lessons}
    for index, report in enumerate(reports):
        if report.lesson_id not in known:
            raise LessonNotInEdition(pointer=f"/lessons/{index}/lesson_id")
    merged = rules.merge(
        replace(report, done_at=rules.believable(report.done_at, enrolled_at=enrolment.enrolled_at, now=now))
        for report in reports
    )
    has_changed = _upsert(enrolment_id, merged, now)
    progress = dict(selectors.of_enrolments([enrolment_id])[enrolment_id])
    if has_changed:
        events.record("learners.progress_recorded", learner_id=str(learner_id), edition_id=str(edition.id))
        _complete(enrolment, edition, progress)
    return Recorded(enrolment, edition, progress)


def _upsert(enrolment_id: UUID, reports: Sequence[Report], now: datetime) -> bool:
    """Merge all reports by one statement; rows that would not change are not written. Returns whether any was."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO learners_lessonprogress AS stored (enrolment_id, lesson_id, furthest, done_at, updated_at)
            SELECT %s, report.lesson_id, report.furthest, report.done_at, %s
            FROM unnest(%s::uuid[], %s::smallint[], %s::timestamptz[]) AS report(lesson_id, furthest, done_at)
            ON CONFLICT (enrolment_id, lesson_id) DO UPDATE
            SET furthest = GREATEST(stored.furthest, EXCLUDED.furthest),
                done_at = LEAST(stored.done_at, EXCLUDED.done_at),  -- LEAST passes over NULL
                updated_at = EXCLUDED.updated_at
            WHERE EXCLUDED.furthest > stored.furthest
               OR EXCLUDED.done_at < stored.done_at
               OR stored.done_at IS NULL AND EXCLUDED.done_at IS NOT NULL
            RETURNING lesson_id
            """,
            [
                enrolment_id,
                now,
                [report.lesson_id for report in reports],
                [report.furthest for report in reports],
                [report.done_at for report in reports],
            ],
        )
        return cursor.fetchone() is not None


def _complete(enrolment: Enrolment, edition: EditionView, progress: dict[UUID, LessonProgress]) -> None:
    """Note that all lessons are done, and complete the edition if the assessment is passed or not asked for."""
    done = [row.done_at for row in progress.values() if row.done_at is not None]
    if enrolment.lessons_done_at is not None or len(done) < len(edition.lessons):
        return
    enrolment.lessons_done_at = max(done)
    if enrolment.assessment_passed_at is not None:
        enrolment.completed_at = max(enrolment.lessons_done_at, enrolment.assessment_passed_at)
    elif not edition.requires_assessment:
        enrolment.completed_at = enrolment.lessons_done_at
    enrolment.save(update_fields=["lessons_done_at", "completed_at"])
    if enrolment.completed_at is not None:
        events.record(
            "learners.edition_completed", learner_id=str(enrolment.learner_id), edition_id=str(enrolment.edition_id)
        )
