"""Reads of progress."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, TypedDict
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db.models import Count, Exists, F, OuterRef, Q, Subquery, UUIDField
from django.db.models.functions import Coalesce

from common.queries import Given, IsAmong, KeptQuery
from common.schemas import Keywords
from courses import public as courses
from courses.public import EditionView
from learners.enrolments.models import Enrolment
from learners.progress.models import LessonProgress
from learners.waivers import selectors as waived
from learners.waivers.models import LessonWaiver
from learners.waivers.selectors import WaiverView, waiver_document


class LessonProgressView(TypedDict):
    """How far the learner got in a lesson, and why it may be skipped, if it may; in the active language."""

    lesson_id: UUID
    furthest: Annotated[int, Keywords(minimum=0, maximum=100)]
    done_at: datetime | None
    waived: Annotated[
        WaiverView | None,
        Keywords("Why the lesson may be skipped: it counts as done. Doing it all the same is recorded."),
    ]


class ProgressView(TypedDict):
    """The progress of an enrolment."""

    enrolment_id: UUID
    lessons: Annotated[list[LessonProgressView], Keywords("Every lesson of the edition, in order.")]
    lessons_done_at: datetime | None
    assessment_passed_at: datetime | None
    completed_at: datetime | None


@dataclass(frozen=True)
class EnrolmentView:
    """An enrolment with its progress. lessons: of every lesson of the edition, in order."""

    id: UUID
    edition: EditionView
    lessons: Sequence[LessonProgressView]
    enrolled_at: datetime
    lessons_done_at: datetime | None
    assessment_passed_at: datetime | None
    completed_at: datetime | None


@dataclass(frozen=True)
class CountedEnrolment:
    """An enrolment with the number of its lessons that are done or waived."""

    id: UUID
    learner_id: UUID
    edition_id: UUID
    lessons_done: int
    enrolled_at: datetime
    assessment_passed_at: datetime | None
    completed_at: datetime | None


_NEWEST = KeptQuery(
    lambda limit: Enrolment.objects.filter(learner_id=Given("learner", UUIDField())).order_by("-pk")[:limit]
)
_OF_ENROLMENTS = KeptQuery(
    lambda: LessonProgress.objects.filter(IsAmong(F("enrolment_id"), Given("enrolments", ArrayField(UUIDField()))))
)


def of_enrolments(enrolment_ids: Sequence[UUID]) -> Mapping[UUID, Mapping[UUID, LessonProgress]]:
    """Progress by enrolment and lesson; one query."""
    found: dict[UUID, dict[UUID, LessonProgress]] = {enrolment_id: {} for enrolment_id in enrolment_ids}
    for lesson_progress in _OF_ENROLMENTS(enrolments=list(found)):
        found[lesson_progress.enrolment_id][lesson_progress.lesson_id] = lesson_progress
    return found


def lessons(
    edition: EditionView, progress: Mapping[UUID, LessonProgress], waivers: Mapping[UUID, LessonWaiver]
) -> list[LessonProgressView]:
    """Every lesson of the edition in order; those not begun are at 0."""
    listed: list[LessonProgressView] = []
    for lesson in edition.lessons:
        row, waiver = progress.get(lesson.id), waivers.get(lesson.id)
        listed.append(
            {
                "lesson_id": lesson.id,
                "furthest": row.furthest if row else 0,
                "done_at": row.done_at if row else None,
                "waived": waiver_document(waiver) if waiver else None,
            }
        )
    return listed


def newest_enrolments(learner_id: UUID, *, limit: int) -> Sequence[EnrolmentView]:
    """The learner's newest enrolments with their progress, texts in the active language; constant queries."""
    enrolments = _NEWEST(limit, learner=learner_id)
    if not enrolments:
        return []
    editions = courses.editions({enrolment.edition_id for enrolment in enrolments})
    done = of_enrolments([enrolment.pk for enrolment in enrolments])
    skipped = waived.of_enrolments([enrolment.pk for enrolment in enrolments])
    return [
        EnrolmentView(
            id=enrolment.pk,
            edition=editions[enrolment.edition_id],
            lessons=lessons(editions[enrolment.edition_id], done[enrolment.pk], skipped[enrolment.pk]),
            enrolled_at=enrolment.enrolled_at,
            lessons_done_at=enrolment.lessons_done_at,
            assessment_passed_at=enrolment.assessment_passed_at,
            completed_at=enrolment.completed_at,
        )
        for enrolment in enrolments
    ]


def counted_enrolments(learner_ids: Collection[UUID]) -> Sequence[CountedEnrolment]:
    """The learners' enrolments, by learner and id; one query."""
    # What was waived and done all the same is one lesson.
    done_all_the_same = LessonProgress.objects.filter(
        enrolment=OuterRef("enrolment"), lesson=OuterRef("lesson"), done_at__isnull=False
    )
    skipped = (
        LessonWaiver.objects.filter(~Exists(done_all_the_same), enrolment=OuterRef("pk"))
        .order_by()
        .values("enrolment")
        .annotate(count=Count("pk"))
        .values("count")
    )
    found = Enrolment.objects.filter(learner_id__in=learner_ids).annotate(
        done=Count("progress", filter=Q(progress__done_at__isnull=False)), skipped=Coalesce(Subquery(skipped), 0)
    )
    return [
        CountedEnrolment(
            id=enrolment.pk,
            learner_id=enrolment.learner_id,
            edition_id=enrolment.edition_id,
            lessons_done=enrolment.done + enrolment.skipped,
            enrolled_at=enrolment.enrolled_at,
            assessment_passed_at=enrolment.assessment_passed_at,
            completed_at=enrolment.completed_at,
        )
        for enrolment in found.order_by("learner_id", "pk")
    ]
