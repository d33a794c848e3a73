"""Reads of attempts. What stands in a view is all that ever leaves the server: no key, difficulty or guess rate."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from assessments.attempts.models import Attempt, AttemptItem
from assessments.attempts.rules import is_late
from assessments.items.shown import shown
from common.errors import NotFound


@dataclass(frozen=True)
class Review:
    """What a learner is told of an item once the attempt is graded: whether it was right and why, never the key."""

    response: Any
    score: float
    correct: bool
    feedback: str | None


@dataclass(frozen=True)
class ItemView:
    """An item as the learner sees it, in the attempt's language; options in the order drawn. `review` once graded."""

    id: UUID
    position: int
    kind: str
    prompt: str
    options: list[dict[str, str]]
    unit: str | None
    extra: dict[str, Any]
    review: Review | None


@dataclass(frozen=True)
class AttemptSummary:
    """An attempt without its items. `state` is live, expired (nobody closed it yet, or it was closed so) or graded."""

    id: UUID
    quiz_id: UUID
    edition_id: UUID
    number: int
    mode: str
    language: str
    state: str
    started_at: datetime
    due_at: datetime
    due_time_zone: str
    submitted_at: datetime | None
    score: float | None
    passed: bool | None
    pass_share: float


@dataclass(frozen=True)
class AttemptView(AttemptSummary):
    """An attempt with its items."""

    items: list[ItemView]


def attempts_for_update() -> QuerySet[Attempt]:
    """Attempts locked until the transaction ends, before anything else of them is; their quizzes come along unlocked."""
    return Attempt.objects.select_for_update(no_key=True, of=("self",)).select_related("quiz")


def items_of(attempts: Iterable[Attempt]) -> dict[UUID, list[AttemptItem]]:
    """The items of attempts with their revisions, in order, by attempt; one query."""
    found: dict[UUID, list[AttemptItem]] = {}
    for item in (
        AttemptItem.objects.filter(attempt__in=attempts).select_related("revision").order_by("attempt_id", "position")
    ):
        found.setdefault(item.attempt_id, []).append(item)
    return found


def attempt(*, attempt_id: UUID, learner_id: UUID, now: datetime) -> AttemptView:
    """The learner's own attempt; two queries.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    row = Attempt.objects.select_related("quiz").filter(pk=attempt_id, learner_id=learner_id).first()
    if row is None:
        raise NotFound()
    return view(row, items_of([row]).get(row.pk, []), now=now)


def attempts(
    *, learner_id: UUID, after: tuple[datetime, UUID] | None, limit: int, now: datetime
) -> Sequence[AttemptSummary]:
    """A page of the learner's attempts behind `after`, newest first, and one more; one query."""
    found = Attempt.objects.select_related("quiz").filter(learner_id=learner_id).order_by("-started_at", "-id")
    if after is not None:
        instant, identifier = after
        found = found.filter(Q(started_at__lt=instant) | Q(started_at=instant, pk__lt=identifier))
    return [AttemptSummary(**_summary(row, now)) for row in found[: limit + 1]]


def view(row: Attempt, items: Iterable[AttemptItem], *, now: datetime) -> AttemptView:
    """The attempt as its learner sees it, from rows that are at hand."""
    return AttemptView(**_summary(row, now), items=[_item(row, item) for item in items])


def _summary(row: Attempt, now: datetime) -> dict[str, Any]:
    closed = row.submitted_at is not None
    expired = row.expired if closed else is_late(due_at=row.due_at, now=now)
    return {
        "id": row.pk,
        "quiz_id": row.quiz_id,
        "edition_id": row.quiz.edition_id,
        "number": row.number,
        "mode": row.quiz.mode,
        "language": row.language,
        "state": "expired" if expired else "graded" if closed else "live",
        "started_at": row.started_at,
        "due_at": row.due_at,
        "due_time_zone": "UTC",
        "submitted_at": row.submitted_at,
        "score": row.score,
        "passed": row.passed,
        "pass_share": float(row.quiz.pass_share),
    }


def _item(row: Attempt, item: AttemptItem) -> ItemView:
    text = item.revision.content[row.language]
    by_id = {option["id"]: option["text"] for option in text.get("options", ())}
    review = None
    if row.submitted_at is not None and item.score is not None:
        review = Review(item.response, item.score, item.score >= 1.0, text.get("feedback") or None)
    return ItemView(
        id=item.pk,
        position=item.position,
        kind=item.revision.kind,
        prompt=text["prompt"],
        options=[{"id": option, "text": by_id[option]} for option in item.option_order if option in by_id],
        unit=text.get("unit") or None,
        extra=shown(item.revision, row.language, item.option_order),
        review=review,
    )
