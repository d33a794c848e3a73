"""Reads of attempts. What stands in a view is all that ever leaves the server: no key, difficulty or guess rate.

Reading one attempt is written in SQL: learners read and submit all day, and composing the queries would cost more than
running them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from assessments.attempts.models import Attempt, AttemptItem
from assessments.attempts.rules import is_late
from assessments.items import frozen
from assessments.items.models import ItemRevision
from assessments.quizzes.models import Quiz
from common.database import plain_fields, prepared
from common.errors import NotFound

_ATTEMPT = plain_fields(Attempt)
_QUIZ = plain_fields(Quiz)
_ITEM = "item.id, item.position, item.revision_id, item.option_order, item.response, item.score, item.seconds"
_ONE_ATTEMPT = f"""
    SELECT (
               SELECT jsonb_agg(jsonb_build_array({_ITEM}) ORDER BY item.position)
               FROM assessments_attemptitem AS item WHERE item.attempt_id = attempt.id
           ),
           {", ".join(f"attempt.{name}" for name in _ATTEMPT)}, {", ".join(f"quiz.{name}" for name in _QUIZ)}
    FROM assessments_attempt AS attempt JOIN assessments_quiz AS quiz ON quiz.id = attempt.quiz_id
    WHERE attempt.id = %s AND attempt.learner_id = %s
"""  # noqa: S608 (the columns are constants)
_ITS_ITEMS = f"""
    SELECT item.attempt_id, jsonb_agg(jsonb_build_array({_ITEM}) ORDER BY item.position)
    FROM assessments_attemptitem AS item WHERE item.attempt_id = ANY(%s::uuid[]) GROUP BY item.attempt_id
"""  # noqa: S608 (the columns are constants)


@dataclass(slots=True)
class Question:
    """A drawn item of an attempt as its row has it, in memory, with its revision in the attempt's language.

    Grading changes `response`, `score` and `seconds`, and writes them (`attempts.results`).
    """

    id: UUID
    position: int
    option_order: list[str]
    response: Any
    score: float | None
    seconds: float | None
    revision: ItemRevision


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


def attempt_for_update(*, attempt_id: UUID, learner_id: UUID) -> tuple[Attempt, list[Question]]:
    """The learner's own attempt, locked as `attempts_for_update` does, and its questions.

    One query, one more for questions that the process does not know yet, and one more for what was submitted already.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    row, items = _one(f"{_ONE_ATTEMPT} FOR NO KEY UPDATE OF attempt", attempt_id, learner_id)
    if row.submitted_at is not None:
        # The lock may have been waited for. Then this statement has the attempt as it was committed meanwhile, and its
        # items still as they were before; a new statement sees both.
        items = questions_of([row])[row.pk]
    return row, items


def questions_of(attempts: Sequence[Attempt]) -> dict[UUID, list[Question]]:
    """The questions of attempts, in order, by attempt: at most two queries."""
    language = {row.pk: row.language for row in attempts}
    with prepared() as cursor:
        cursor.execute(_ITS_ITEMS, [list(language)])
        rows = {attempt_id: json.loads(items) for attempt_id, items in cursor.fetchall()}
    shown = frozen.revisions(
        [(item[2], language[attempt_id]) for attempt_id, items in rows.items() for item in items]
    )  # fmt: skip
    return {one: _questions(rows.get(one, ()), language[one], shown) for one in language}


def _one(sql: str, attempt_id: UUID, learner_id: UUID) -> tuple[Attempt, list[Question]]:
    with prepared() as cursor:
        cursor.execute(sql, [attempt_id, learner_id])
        found = cursor.fetchone()
    if found is None:
        raise NotFound()
    row = Attempt.from_db("default", _ATTEMPT, found[1 : 1 + len(_ATTEMPT)])
    row.quiz = Quiz.from_db("default", _QUIZ, found[1 + len(_ATTEMPT) :])
    items = json.loads(found[0] or "[]")
    return row, _questions(items, row.language, frozen.revisions([(item[2], row.language) for item in items]))


def _questions(
    items: Iterable[Sequence[Any]], language: str, shown: Mapping[tuple[int, str], ItemRevision]
) -> list[Question]:
    return [
        Question(UUID(identifier), position, option_order, response, score, seconds, shown[revision_id, language])
        for identifier, position, revision_id, option_order, response, score, seconds in items
    ]


def attempt(*, attempt_id: UUID, learner_id: UUID, now: datetime) -> AttemptView:
    """The learner's own attempt; at most two queries.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    row, items = _one(_ONE_ATTEMPT, attempt_id, learner_id)
    return view(row, items, now=now)


def attempts(
    *, learner_id: UUID, after: tuple[datetime, UUID] | None, limit: int, now: datetime
) -> Sequence[AttemptSummary]:
    """A page of the learner's attempts behind `after`, newest first, and one more; one query."""
    found = Attempt.objects.select_related("quiz").filter(learner_id=learner_id).order_by("-started_at", "-id")
    if after is not None:
        instant, identifier = after
        found = found.filter(Q(started_at__lt=instant) | Q(started_at=instant, pk__lt=identifier))
    return [AttemptSummary(**_summary(row, now)) for row in found[: limit + 1]]


def view(row: Attempt, items: Iterable[Question | AttemptItem], *, now: datetime) -> AttemptView:
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


def _item(row: Attempt, item: Question | AttemptItem) -> ItemView:
    text = item.revision.content[row.language]
    by_id = {option["id"]: option["text"] for option in text.get("options", ())}
    review = None
    if row.score is not None:
        correct = None if item.score is None else item.score >= 1.0
        review = Review(item.response, item.score, correct, text.get("feedback") or None)
    return ItemView(
        id=item.id,
        position=item.position,
        kind=item.revision.kind,
        prompt=text["prompt"],
        options=[{"id": option, "text": by_id[option]} for option in item.option_order],
        unit=text.get("unit") or None,
        review=review,
    )
