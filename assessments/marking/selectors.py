"""What a marker sees: the works to mark, and nothing that shows whose they are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, TypedDict
from uuid import UUID

from django.db.models import Case, Count, F, IntegerField, Prefetch, Q, QuerySet, Value, When
from django.db.models.functions import TruncDate

from assessments.attempts.models import Attempt
from assessments.files.selectors import Download, described, file_of
from assessments.items.kinds.rubric import Rubric
from assessments.marking import rules
from assessments.marking.models import Mark, MarkingTask
from common.errors import NotFound
from common.schemas import Keywords


@dataclass(frozen=True)
class Level:
    """What a number of points means, in the work's language."""

    points: int
    text: str


@dataclass(frozen=True)
class Criterion:
    """One thing to look at, in the work's language."""

    id: str
    title: str
    levels: list[Level]


@dataclass(frozen=True)
class MarkLine:
    """What was given for a criterion."""

    criterion: Annotated[str, Keywords("in the attempt's language")]
    points: int
    comment: str


@dataclass(frozen=True)
class MarkView:
    """A mark without its marker, as the learner sees it, and whoever decides a dispute."""

    number: Annotated[int, Keywords("1 and 2 were independent; 3 decided between them")]
    percent: int
    lines: list[MarkLine]
    reason: str


@dataclass(frozen=True)
class Work:
    """A work as its marker sees it. `files` are (id, media type, bytes); `earlier` only for who decides a dispute."""

    code: str
    language: str
    prompt: str
    text: str
    files: list[tuple[UUID, str, int]]
    files_missing: int
    criteria: list[Criterion]
    earlier: list[MarkView]


@dataclass(frozen=True)
class MarkedView:
    """How an answer was marked: its marks in the order given."""

    item: Annotated[UUID, Keywords("the attempt's item id")]
    final: Annotated[float, Keywords("0 to 1: the mean of marks 1 and 2, or mark 3")]
    marks: list[MarkView]


class MarkedListView(TypedDict):
    """Everything that people marked in an attempt."""

    items: list[MarkedView]


def marks_of(*, attempt_id: UUID, learner_id: UUID) -> list[MarkedView]:
    """How the learner's own attempt was marked, by its items; empty until all that people mark in it is marked.

    At most three queries.

    Raises:
        NotFound: there is no such attempt, or it is somebody else's.
    """
    if not Attempt.objects.filter(pk=attempt_id, learner_id=learner_id).exists():
        raise NotFound()
    tasks = list(
        MarkingTask.objects.filter(attempt_item__attempt=attempt_id)
        .select_related("attempt_item__revision")
        .prefetch_related(Prefetch("marks", Mark.objects.order_by("number")))
        .order_by("attempt_item__position")
    )
    if any(task.final is None for task in tasks):
        return []
    return [
        MarkedView(
            task.attempt_item_id,
            task.final or 0.0,
            [_given(mark, Rubric.of(task.attempt_item.revision.key), task.language) for mark in task.marks.all()],
        )
        for task in tasks
    ]


@dataclass(frozen=True)
class Points:
    """A mark with what could be had: its share, (criterion, points given, points possible), and the reason."""

    share: float
    parts: list[tuple[str, int, int]]
    reason: str


def points_by_item(attempt_id: UUID) -> dict[UUID, list[Points]]:
    """Every mark of an attempt by item, in the order given, for its reviewers; one query."""
    found: dict[UUID, list[Points]] = {}
    marks = Mark.objects.filter(task__attempt_item__attempt=attempt_id)
    for mark in marks.select_related("task__attempt_item__revision").order_by("task", "number"):
        task = mark.task
        parts = [
            (criterion.title[task.language], mark.points[criterion.id], criterion.most)
            for criterion in Rubric.of(task.attempt_item.revision.key).criteria
        ]
        found.setdefault(task.attempt_item_id, []).append(Points(mark.score, parts, mark.reason))
    return found


def markers_of(attempt_id: UUID) -> set[UUID]:
    """Accounts of those who marked answers of an attempt; one query."""
    return set(Mark.objects.filter(task__attempt_item__attempt=attempt_id).values_list("marker_id", flat=True))


def queue(*, marker_id: UUID, now: datetime) -> QuerySet[MarkingTask]:
    """Works that this person may take on or has taken on, oldest day first: not their own, none they have marked, none
    that has as many markers at it as it needs. Annotated with `disputed` (1: this mark decides), `mine` (taken on) and
    `day`: works of one attempt wait since the same instant, and neither that nor their order may show that they belong together.
    """
    live = Q(claims__expires_at__gt=now)
    waiting = MarkingTask.objects.filter(final__isnull=True).exclude(attempt_item__attempt__learner=marker_id)
    return (
        waiting.exclude(marks__marker_id=marker_id)
        .annotate(
            day=TruncDate("opened_at", tzinfo=UTC),
            given=Count("marks", distinct=True),
            others=Count("claims", filter=live & ~Q(claims__marker_id=marker_id), distinct=True),
            mine=Count("claims", filter=live & Q(claims__marker_id=marker_id), distinct=True),
            disputed=Case(When(given__gte=rules.MARKERS, then=1), default=0, output_field=IntegerField()),
            seats=Case(
                When(given__gte=rules.MARKERS, then=1),
                default=Value(rules.MARKERS) - F("given"),
                output_field=IntegerField(),
            ),
        )
        .filter(others__lt=F("seats"))
        .order_by("day", "pk")
    )


def work(*, task_id: UUID, marker_id: UUID, now: datetime) -> Work:
    """The work that a marker has taken on; at most four queries.

    Raises:
        NotFound: there is none, or this person has not taken it on.
    """
    task = _claimed(task_id, marker_id, now)
    item = task.attempt_item
    rubric = Rubric.of(item.revision.key)
    response: dict[str, Any] = item.response or {}
    named = response.get("files", [])
    files = described(attempt_id=item.attempt_id, file_ids=named) if named else []
    marks = list(task.marks.order_by("number"))
    return Work(
        code=task.code,
        language=task.language,
        prompt=item.revision.content[task.language]["prompt"],
        text=response.get("text", ""),
        files=files,
        files_missing=len(named) - len(files),
        criteria=[
            Criterion(
                criterion.id,
                criterion.title[task.language],
                [Level(points, text[task.language]) for points, text in sorted(criterion.levels.items())],
            )
            for criterion in rubric.criteria
        ],
        # The second marker must not know that there is a first one, let alone what they gave.
        earlier=[_given(mark, rubric, task.language) for mark in marks] if len(marks) >= rules.MARKERS else [],
    )


def file_of_work(*, file_id: UUID, task_id: UUID, marker_id: UUID, now: datetime) -> Download:
    """A file of a work that the marker has taken on.

    Raises:
        NotFound: there is none, it belongs to another work, or this person has not taken it on.
    """
    item = _claimed(task_id, marker_id, now).attempt_item
    if str(file_id) not in (item.response or {}).get("files", []):
        raise NotFound()
    return file_of(file_id=file_id, attempt_id=item.attempt_id)


def _claimed(task_id: UUID, marker_id: UUID, now: datetime) -> MarkingTask:
    task = (
        MarkingTask.objects.select_related("attempt_item__revision")
        .filter(pk=task_id, final__isnull=True, claims__marker_id=marker_id, claims__expires_at__gt=now)
        .first()
    )
    if task is None:
        raise NotFound()
    return task


def _given(mark: Mark, rubric: Rubric, language: str) -> MarkView:
    criteria = [
        MarkLine(criterion.title[language], mark.points[criterion.id], mark.comments.get(criterion.id, ""))
        for criterion in rubric.criteria
    ]
    return MarkView(mark.number, round(100 * mark.score), criteria, mark.reason)
