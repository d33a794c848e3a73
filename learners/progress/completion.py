"""Waived lessons count as done: where they were all that was missing, the edition is completed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from courses import public as courses
from events import public as events
from events.public import Recorded
from learners.enrolments.models import Enrolment
from learners.events import EditionCompleted, MasteryChanged, Outcome
from learners.progress import rules
from learners.progress.models import LessonProgress
from learners.waivers.models import LessonWaiver
from learners.waivers.services import waive


@transaction.atomic
def waive_lessons(recorded: Sequence[Recorded[Outcome | MasteryChanged]]) -> None:
    """Consumer of graded attempts and of changed mastery: lessons are waived, and what that completes is completed.

    A second call changes nothing. A constant number of statements.
    """
    enrolments = waive(recorded)
    if not enrolments:
        return
    completed = _complete(enrolments)
    events.record_many(
        [EditionCompleted(learner_id=enrolment.learner_id, edition_id=enrolment.edition_id) for enrolment in completed]
    )


def _complete(enrolments: Sequence[Enrolment]) -> list[Enrolment]:
    """Note on locked enrolments that all lessons are done or waived; return those that this completes."""
    editions = courses.editions({enrolment.edition_id for enrolment in enrolments})
    waiting = [enrolment for enrolment in enrolments if enrolment.lessons_done_at is None]
    ids = [enrolment.pk for enrolment in waiting]
    done: dict[UUID, dict[UUID, datetime]] = defaultdict(dict)
    waived: dict[UUID, dict[UUID, datetime]] = defaultdict(dict)
    for enrolment_id, lesson_id, at in LessonProgress.objects.filter(
        enrolment_id__in=ids, done_at__isnull=False
    ).values_list("enrolment_id", "lesson_id", "done_at"):
        if at is not None:
            done[enrolment_id][lesson_id] = at
    for enrolment_id, lesson_id, at in LessonWaiver.objects.filter(enrolment_id__in=ids).values_list(
        "enrolment_id", "lesson_id", "at"
    ):
        waived[enrolment_id][lesson_id] = at
    changed, completed = [], []
    for enrolment in waiting:
        edition = editions[enrolment.edition_id]
        lessons = [lesson.id for lesson in edition.lessons]
        all_done_at = rules.all_done_at(lessons, done=done[enrolment.pk], waived=waived[enrolment.pk])
        if all_done_at is None:
            continue
        enrolment.note_lessons_done(all_done_at, requires_assessment=edition.requires_assessment)
        changed.append(enrolment)
        if enrolment.completed_at is not None:
            completed.append(enrolment)
    if changed:
        Enrolment.objects.bulk_update(changed, ["lessons_done_at", "completed_at"])
    return completed
