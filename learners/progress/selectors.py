"""Reads of progress."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db.models import F, UUIDField

from common.queries import Given, IsAmong, KeptQuery
from courses.public import EditionView
from learners.progress.models import LessonProgress
from learners.waivers.models import LessonWaiver
from learners.waivers.selectors import told

_OF_ENROLMENTS = KeptQuery(
    lambda: LessonProgress.objects.filter(IsAmong(F("enrolment_id"), Given("enrolments", ArrayField(UUIDField()))))
)


def of_enrolments(enrolment_ids: Sequence[UUID]) -> Mapping[UUID, Mapping[UUID, LessonProgress]]:
    """Progress by enrolment and lesson; one query."""
    found: dict[UUID, dict[UUID, LessonProgress]] = {enrolment_id: {} for enrolment_id in enrolment_ids}
    for row in _OF_ENROLMENTS(enrolments=list(found)):
        found[row.enrolment_id][row.lesson_id] = row
    return found


def lessons(
    edition: EditionView, progress: Mapping[UUID, LessonProgress], waivers: Mapping[UUID, LessonWaiver]
) -> list[dict[str, Any]]:
    """Every lesson of the edition in order, with how far the learner got (untouched ones are at 0) and why it may be
    skipped, if it may; in the active language."""
    listed = []
    for lesson in edition.lessons:
        row, waiver = progress.get(lesson.id), waivers.get(lesson.id)
        listed.append(
            {
                "lesson_id": lesson.id,
                "furthest": row.furthest if row else 0,
                "done_at": row.done_at if row else None,
                "waived": told(waiver) if waiver else None,
            }
        )
    return listed
