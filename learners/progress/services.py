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
from learners.events import EditionCompleted, ProgressRecorded
from learners.progress import rules, selectors, statements
from learners.progress.errors import LessonNotInEdition
from learners.progress.models import LessonProgress
from learners.progress.rules import Report
from learners.waivers import selectors as waived
from learners.waivers.models import LessonWaiver
from privacy import public as privacy


@dataclass(frozen=True)
class Recorded:
    """An enrolment with all its progress after the merge."""

    enrolment: Enrolment
    edition: EditionView
    progress: dict[UUID, LessonProgress]
    waivers: Mapping[UUID, LessonWaiver]


_ENROLMENT = KeptQuery(
    lambda: Enrolment.objects.select_for_update(no_key=True).filter(
        pk=Given("enrolment", UUIDField()), learner_id=Given("learner", UUIDField())
    )
)


@transaction.atomic
def record_progress(*, learner_id: UUID, enrolment_id: UUID, reports: Sequence[Report], now: datetime) -> Recorded:
    """Merge a device's reports into the enrolment's progress; a second call changes nothing and records no event.

    The enrolment's row is locked: of two devices at a time the second sees what the first one stored, so one of them
    finds the last lesson done. A waived lesson counts as done. Completes the edition when nothing else is asked.

    Raises:
        NotFound: the learner has no such enrolment.
        ConsentMissing: the learner has withdrawn it; what was recorded before stays as it is.
        LessonNotInEdition: a lesson is not the edition's; nothing was stored.
    """
    enrolment = _ENROLMENT.first(enrolment=enrolment_id, learner=learner_id)
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
    has_changed = statements.merge_reports(enrolment_id, merged, now)
    progress = dict(selectors.of_enrolments([enrolment_id])[enrolment_id])
    waivers = waived.of_enrolments([enrolment_id])[enrolment_id]
    if has_changed:
        events.record(ProgressRecorded(learner_id=learner_id, edition_id=edition.id))
        _complete(enrolment, edition, progress, waivers)
    return Recorded(enrolment, edition, progress, waivers)


def _complete(
    enrolment: Enrolment,
    edition: EditionView,
    progress: Mapping[UUID, LessonProgress],
    waivers: Mapping[UUID, LessonWaiver],
) -> None:
    """Note that all lessons are done or waived; complete the edition if the assessment is passed or not asked for."""
    if enrolment.lessons_done_at is not None:
        return
    at = rules.all_done_at(
        [lesson.id for lesson in edition.lessons],
        done={lesson: read.done_at for lesson, read in progress.items() if read.done_at is not None},
        waived={lesson: waiver.at for lesson, waiver in waivers.items()},
    )
    if at is None:
        return
    enrolment.note_lessons_done(at, requires_assessment=edition.requires_assessment)
    enrolment.save(update_fields=["lessons_done_at", "completed_at"])
    if enrolment.completed_at is not None:
        events.record(EditionCompleted(learner_id=enrolment.learner_id, edition_id=enrolment.edition_id))
