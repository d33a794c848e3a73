"""Recording progress."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import UUIDField

from common.errors import NotFound
from common.queries import Given, KeptQuery
from courses import public as courses
from courses.public import EditionView
from events import public as events
from learners.enrolments.models import Enrolment
from learners.enrolments.selectors import pins_of
from learners.events import ProgressRecorded
from learners.progress import completion, rules, selectors, statements
from learners.progress.models import LessonProgress
from learners.progress.rules import Report
from learners.waivers import selectors as waived
from learners.waivers.models import LessonWaiver
from privacy import public as privacy


@dataclass(frozen=True)
class Recorded:
    """An enrolment with all its progress after the merge, and the lessons of the report that were not taken."""

    enrolment: Enrolment
    edition: EditionView
    progress: Mapping[UUID, LessonProgress]
    waivers: Sequence[LessonWaiver]
    refused: Sequence[UUID]


_ENROLMENT = KeptQuery(
    lambda: Enrolment.objects.select_for_update(no_key=True).filter(
        pk=Given("enrolment", UUIDField()), learner_id=Given("learner", UUIDField())
    )
)


def lock_enrolment(*, learner_id: UUID, enrolment_id: UUID) -> Enrolment:
    """Lock the learner's enrolment until the transaction ends.

    Raises:
        NotFound: the learner has no such enrolment.
        ConsentMissing: the learner has withdrawn it; what was recorded before stays as it is.
    """
    enrolment = _ENROLMENT.first(enrolment=enrolment_id, learner=learner_id)
    if enrolment is None:
        raise NotFound()
    privacy.require_consent(user_id=learner_id, purpose=privacy.LEARNING_RECORDS)
    return enrolment


@transaction.atomic
def record_progress(*, learner_id: UUID, enrolment_id: UUID, reports: Sequence[Report], now: datetime) -> Recorded:
    """Merge a device's reports into the enrolment's progress; a second call changes nothing and records no event.

    Lessons of every edition that the course has had are taken: a device may have been offline while the learner moved. A lesson
    that is none of them refuses only itself.

    The enrolment's row is locked: of two devices at a time the second sees what the first one stored, so one of them
    finds the last lesson done. A waived lesson counts as done. Completes the course when nothing else is asked.

    Raises:
        NotFound, ConsentMissing: as `lock_enrolment` says.
    """
    enrolment = lock_enrolment(learner_id=learner_id, enrolment_id=enrolment_id)
    edition = courses.editions([enrolment.edition_id])[enrolment.edition_id]
    refused = _unknown(edition, [report.lesson_id for report in reports])
    merged = rules.merge(_believed(report, enrolment, now) for report in reports if report.lesson_id not in refused)
    has_changed = statements.merge_reports(enrolment_id, merged, now) if merged else False
    if has_changed:
        events.record(
            ProgressRecorded(learner_id=learner_id, edition_id=enrolment.edition_id, course_id=enrolment.course_id)
        )
        if any(report.done_at is not None for report in merged):
            completion.settle([enrolment], pins_of([enrolment]))
    return Recorded(
        enrolment,
        edition,
        selectors.of_enrolments([enrolment_id])[enrolment_id],
        waived.of_enrolments([enrolment_id])[enrolment_id],
        refused,
    )


def _unknown(edition: EditionView, lesson_ids: Sequence[UUID]) -> list[UUID]:
    """Return those of the lessons that no edition of the course has had, each once; no query if all are this edition's."""
    others = set(lesson_ids) - {lesson.id for lesson in edition.lessons}
    if others:
        others -= courses.lessons_of_courses([edition.course_id])[edition.course_id]
    return sorted(others)


def _believed(report: Report, enrolment: Enrolment, now: datetime) -> Report:
    done_at = rules.believable(report.done_at, enrolled_at=enrolment.enrolled_at, now=now)
    if done_at is None or not report.version:
        # Only what was done has a version.
        return replace(report, done_at=done_at, version="", language="", seen_at=None)
    return replace(report, done_at=done_at, seen_at=done_at)
