"""Reads of progress."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal, TypedDict
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db.models import F, OuterRef, UUIDField
from django.db.models.functions import JSONObject

from common.queries import Given, IsAmong, KeptQuery
from common.schemas import Keywords
from courses import public as courses
from courses.public import EditionView
from learners.enrolments.models import Enrolment
from learners.progress.models import LessonProgress
from learners.waivers import rules as waivers
from learners.waivers import selectors as waived
from learners.waivers.models import LessonWaiver
from learners.waivers.selectors import WaiverView, waiver_document

Change = Literal["minor", "substantial"]


class LessonProgressView(TypedDict):
    """How far the learner got in a lesson, and why it may be skipped, if it may; in the active language."""

    lesson_id: UUID
    furthest: Annotated[int, Keywords(minimum=0, maximum=100)]
    done_at: datetime | None
    changed: Annotated[
        Change | None,
        Keywords(
            "How the lesson's text has changed since the learner did it, in the language in which they did: `substantial` if its "
            "authors say that it should be read again. null: not, not done yet, or no device said which version was done."
        ),
    ]
    waived: Annotated[
        WaiverView | None,
        Keywords("Why the lesson may be skipped: it counts as done. Doing it all the same is recorded."),
    ]


class ProgressView(TypedDict):
    """The progress of an enrolment, in the edition that it is pinned to."""

    enrolment_id: UUID
    edition_id: UUID
    course_id: UUID
    lessons: Annotated[list[LessonProgressView], Keywords("Every lesson of the edition, in order.")]
    lessons_done_at: datetime | None
    assessment_passed_at: datetime | None
    completed_at: datetime | None


class RefusedLesson(TypedDict):
    """A lesson of a report that was not taken."""

    lesson_id: UUID
    reason: Annotated[
        Literal["unknown_lesson"],
        Keywords("`unknown_lesson`: no edition of the course has had it, so do not send it again."),
    ]


class RecordedProgressView(ProgressView):
    """The progress after a report."""

    refused: Annotated[list[RefusedLesson], Keywords("Lessons of the report that were not taken; all others were.")]


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
    """An enrolment with the number of its present edition's lessons that are done or waived."""

    id: UUID
    learner_id: UUID
    edition: EditionView
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


def changes(
    lessons_of: Iterable[tuple[EditionView, Mapping[UUID, LessonProgress]]],
) -> Mapping[UUID, Change]:
    """By lesson, how its text has changed since it was done; lessons that have not, or of which nothing is known, are missing.

    Args:
        lessons_of: editions, each with the progress in its lessons. No two may share a course.

    At most one query, and none while everybody's versions are those of the editions.
    """
    seen = {}
    for edition, progress in lessons_of:
        for lesson in edition.lessons:
            row = progress.get(lesson.id)
            if row is not None and row.version and lesson.versions.get(row.language) != row.version:
                seen[lesson.id] = courses.Seen(row.language, row.version, until=lesson.number)
    later = courses.versions_since(seen) if seen else {}
    return {lesson: "substantial" if any(versions) else "minor" for lesson, versions in later.items()}


def lessons(
    edition: EditionView,
    progress: Mapping[UUID, LessonProgress],
    skipped: Iterable[LessonWaiver],
    changed: Mapping[UUID, Change],
) -> list[LessonProgressView]:
    """Every lesson of the edition in order; those not begun are at 0. `changed`: what `changes` says."""
    listed: list[LessonProgressView] = []
    counting = waived.counting(edition.lessons, skipped)
    for lesson in edition.lessons:
        row, waiver = progress.get(lesson.id), counting.get(lesson.id)
        listed.append(
            {
                "lesson_id": lesson.id,
                "furthest": row.furthest if row else 0,
                "done_at": row.done_at if row else None,
                "changed": changed.get(lesson.id) if row and row.done_at else None,
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
    changed = changes((editions[enrolment.edition_id], done[enrolment.pk]) for enrolment in enrolments)
    return [
        EnrolmentView(
            id=enrolment.pk,
            edition=editions[enrolment.edition_id],
            lessons=lessons(editions[enrolment.edition_id], done[enrolment.pk], skipped[enrolment.pk], changed),
            enrolled_at=enrolment.enrolled_at,
            lessons_done_at=enrolment.lessons_done_at,
            assessment_passed_at=enrolment.assessment_passed_at,
            completed_at=enrolment.completed_at,
        )
        for enrolment in enrolments
    ]


def counted_enrolments(learner_ids: Collection[UUID]) -> Sequence[CountedEnrolment]:
    """The learners' enrolments, by learner and id; constant queries."""
    enrolments = Enrolment.objects.filter(learner_id__in=learner_ids).order_by("learner_id", "pk")
    found = list(enrolments.annotate(done=ArraySubquery(_DONE), skipped=ArraySubquery(_SKIPPED)))
    editions = courses.editions({enrolment.edition_id for enrolment in found})
    return [
        CountedEnrolment(
            id=enrolment.pk,
            learner_id=enrolment.learner_id,
            edition=editions[enrolment.edition_id],
            lessons_done=_count(editions[enrolment.edition_id], enrolment.done, enrolment.skipped),
            enrolled_at=enrolment.enrolled_at,
            assessment_passed_at=enrolment.assessment_passed_at,
            completed_at=enrolment.completed_at,
        )
        for enrolment in found
    ]


_DONE = LessonProgress.objects.filter(enrolment=OuterRef("pk"), done_at__isnull=False).order_by().values("lesson_id")
_SKIPPED = (
    LessonWaiver.objects.filter(enrolment=OuterRef("pk"))
    .order_by()
    .values(waiver=JSONObject(lesson="lesson_id", because="because"))
)


def _count(edition: EditionView, done: Iterable[UUID], skipped: Iterable[Mapping[str, Any]]) -> int:
    """How many lessons of the edition are done or waived; what is both is one lesson."""
    counted = set(done)
    levels = {str(lesson.id): lesson for lesson in edition.lessons}
    for waiver in skipped:
        lesson = levels.get(waiver["lesson"])
        if lesson and waivers.counts(lesson.levels, {ground["skill"]: ground["held"] for ground in waiver["because"]}):
            counted.add(lesson.id)
    return len(counted & {lesson.id for lesson in edition.lessons})
