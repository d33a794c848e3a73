"""Reads of attempts. What stands in a view is all that ever leaves the server: no key, difficulty or guess rate.

Reading one attempt is written in SQL: learners read and submit all day, and composing the queries would cost more than
running them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from assessments.attempts.models import Attempt, AttemptItem
from assessments.attempts.rules import is_late
from assessments.items import frozen
from assessments.quizzes.models import Quiz
from common.database import plain_fields, prepared
from common.errors import NotFound

_ATTEMPT = plain_fields(Attempt)
_QUIZ = plain_fields(Quiz)
_ITEM_FIELDS = [field.attname for field in AttemptItem._meta.concrete_fields]
_ONE_ATTEMPT = f"""
    SELECT {", ".join(f"attempt.{name}" for name in _ATTEMPT)}, {", ".join(f"quiz.{name}" for name in _QUIZ)}
    FROM assessments_attempt AS attempt JOIN assessments_quiz AS quiz ON quiz.id = attempt.quiz_id
    WHERE attempt.id = %s AND attempt.learner_id = %s
"""  # noqa: S608 (the columns are constants)
_ITS_ITEMS = f"""
    SELECT {", ".join(_ITEM_FIELDS)} FROM assessments_attemptitem
    WHERE attempt_id = ANY(%s::uuid[]) ORDER BY attempt_id, position
"""  # noqa: S608 (the columns are constants)


@dataclass(frozen=True)
class Review:
    """What a learner is told of an item once the attempt is graded: whether it was right and why, never the key.

    `score` and `correct` are null for an item that was struck and counts for nothing.
    """

    response: Any
    score: float | None
    correct: bool | None
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
    review: Review | None


@dataclass(frozen=True)
class AttemptSummary:
    """An attempt without its items.

    `state` is live, expired (nobody closed it yet, or it was closed so), marking (people mark some answers) or graded.
    """

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


def attempt_for_update(*, attempt_id: UUID, learner_id: UUID) -> Attempt:
    """The learner's own attempt, locked as `attempts_for_update` does; one query.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    return _one(f"{_ONE_ATTEMPT} FOR NO KEY UPDATE OF attempt", attempt_id, learner_id)


def items_of(attempts: Sequence[Attempt]) -> dict[UUID, list[AttemptItem]]:
    """The items of attempts, in order, by attempt; their revisions in the attempt's language: at most two queries."""
    language = {row.pk: row.language for row in attempts}
    with prepared() as cursor:
        cursor.execute(_ITS_ITEMS, [list(language)])
        items = [_attempt_item(values) for values in cursor.fetchall()]
    shown = frozen.revisions([(item.revision_id, language[item.attempt_id]) for item in items])
    found: dict[UUID, list[AttemptItem]] = {}
    for item in items:
        item.revision = shown[item.revision_id, language[item.attempt_id]]
        found.setdefault(item.attempt_id, []).append(item)
    return found


def _one(sql: str, attempt_id: UUID, learner_id: UUID) -> Attempt:
    with prepared() as cursor:
        cursor.execute(sql, [attempt_id, learner_id])
        found = cursor.fetchone()
    if found is None:
        raise NotFound()
    row = Attempt.from_db("default", _ATTEMPT, found[: len(_ATTEMPT)])
    row.quiz = Quiz.from_db("default", _QUIZ, found[len(_ATTEMPT) :])
    return row


def _attempt_item(values: Sequence[Any]) -> AttemptItem:
    item = AttemptItem.from_db("default", _ITEM_FIELDS, values)
    if item.response is not None:
        item.response = json.loads(item.response)
    return item


def attempt(*, attempt_id: UUID, learner_id: UUID, now: datetime) -> AttemptView:
    """The learner's own attempt; at most three queries.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    row = _one(_ONE_ATTEMPT, attempt_id, learner_id)
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
    return {
        "id": row.pk,
        "quiz_id": row.quiz_id,
        "edition_id": row.quiz.edition_id,
        "number": row.number,
        "mode": row.quiz.mode,
        "language": row.language,
        "state": _state(row, now),
        "started_at": row.started_at,
        "due_at": row.due_at,
        "due_time_zone": "UTC",
        "submitted_at": row.submitted_at,
        "score": row.score,
        "passed": row.passed,
        "pass_share": float(row.quiz.pass_share),
    }


def _state(row: Attempt, now: datetime) -> str:
    if row.submitted_at is None:
        return "expired" if is_late(due_at=row.due_at, now=now) else "live"
    if row.score is None:
        return "marking"
    return "expired" if row.expired else "graded"


def _item(row: Attempt, item: AttemptItem) -> ItemView:
    text = item.revision.content[row.language]
    by_id = {option["id"]: option["text"] for option in text.get("options", ())}
    review = None
    if row.score is not None:
        correct = None if item.score is None else item.score >= 1.0
        review = Review(item.response, item.score, correct, text.get("feedback") or None)
    return ItemView(
        id=item.pk,
        position=item.position,
        kind=item.revision.kind,
        prompt=text["prompt"],
        options=[{"id": option, "text": by_id[option]} for option in item.option_order],
        unit=text.get("unit") or None,
        review=review,
    )
