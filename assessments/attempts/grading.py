"""Grading attempts: submit, close what is overdue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from psycopg.types.json import Jsonb

from assessments.attempts.models import Attempt, AttemptItem
from assessments.attempts.rules import GRACE, AnswerRefused, AskedItem, is_late, read_answers
from assessments.attempts.selectors import AttemptView, attempts_for_update, items_of, judged, view
from assessments.errors import REASONS, AlreadySubmitted, AttemptExpired, InvalidAnswer
from assessments.files.services import require_handed_in
from assessments.outcomes.rules import ScoredItem, outcome
from assessments.quizzes.rules import missed, pass_rule
from assessments.quizzes.selectors import blueprint_of
from assessments.scoring.rules import RULE_VERSION, score_attempt, score_response
from common.clock import rfc3339
from common.errors import NotFound
from common.rendering import to_json
from courses import public as courses
from events import public as events
from privacy import public as privacy

CLOSER = "assessments.close_expired"
BATCH = 200


def submit(*, attempt_id: UUID, learner_id: UUID, answers: Sequence[Mapping[str, Any]], now: datetime) -> AttemptView:
    """Grade an attempt once; a second call with the same answers returns the same result.

    Args:
        answers: `{"item": id of the attempt's item, "response": JSON value of its kind's form, or None}`.

    Raises:
        NotFound: no such attempt of this learner.
        ConsentMissing: the learner has withdrawn it; nothing was written and the attempt is still open.
        InvalidAnswer: an answer cannot be read; nothing was written and the attempt is still open.
        AttemptExpired: the time is over; the attempt is closed without these answers.
        AlreadySubmitted: it was graded with other answers.
    """
    with transaction.atomic():
        row = attempts_for_update().filter(pk=attempt_id, learner_id=learner_id).first()
        if row is None:
            raise NotFound()
        items = items_of([row]).get(row.pk, [])
        responses = _read(answers, items, row.language)
        if row.submitted_at is None:
            privacy.require_consent(user_id=learner_id, purpose=privacy.LEARNING_RECORDS)
            require_handed_in(attempt_id=row.pk, responses=responses)
            late = is_late(due_at=row.due_at, now=now)
            _grade([_Closing(row, items, {} if late else responses, late, now)], actor=str(learner_id))
        elif not row.expired and responses != {item.pk: item.response for item in items if item.response is not None}:
            raise AlreadySubmitted()
    if row.expired:
        # Raised when the closing is committed.
        raise AttemptExpired(due_at=rfc3339(row.due_at))
    return view(row, items, now=now)


def settle(*, attempt_id: UUID, marks: Mapping[UUID, float], now: datetime, actor: str) -> None:
    """Grade an attempt whose answers people have marked, with their marks by attempt item; a repeat changes nothing."""
    raise NotImplementedError("replaced at the merge")


def close_expired(*, now: datetime, most: int = 10_000) -> int:
    """Close live attempts whose time and grace are over, in batches of one transaction each; returns how many.

    An attempt that is being submitted at the moment is left to that submission. A second call finds nothing.
    """
    closed = 0
    while closed < most:
        with transaction.atomic():
            overdue = list(
                Attempt.objects.select_for_update(no_key=True, of=("self",), skip_locked=True)
                .select_related("quiz")
                .filter(submitted_at__isnull=True, due_at__lt=now - GRACE)
                .order_by("due_at")[:BATCH]
            )
            _expire(overdue, now=now, actor=CLOSER)
        closed += len(overdue)
        if len(overdue) < BATCH:
            break
    return closed


@transaction.atomic
def close_overdue(*, learner_id: UUID, now: datetime) -> None:
    """Close the learner's attempts whose time and grace are over, of whatever quiz; a second call finds none."""
    overdue = attempts_for_update().filter(
        learner_id=learner_id, submitted_at__isnull=True, due_at__lt=now - GRACE
    ).order_by("pk")  # fmt: skip
    _expire(list(overdue), now=now, actor=CLOSER)


def _read(answers: Sequence[Mapping[str, Any]], items: Sequence[AttemptItem], language: str) -> dict[UUID, Any]:
    asked = {
        item.pk: AskedItem(item.revision.kind, item.option_order, item.revision.content[language]) for item in items
    }
    try:
        return read_answers(answers, asked)
    except AnswerRefused as refused:
        raise InvalidAnswer(REASONS[refused.reason], pointer=refused.pointer, reason=refused.reason) from refused


@dataclass(frozen=True)
class _Closing:
    """A locked live attempt, its items and the responses to grade it with; and whether an event tells of it."""

    row: Attempt
    items: Sequence[AttemptItem]
    responses: Mapping[UUID, Any]
    expired: bool
    now: datetime
    is_told: bool = True


def _expire(overdue: Sequence[Attempt], *, now: datetime, actor: str) -> None:
    if not overdue:
        return
    items = items_of(overdue)
    # What a learner left open and withdrew the consent for is closed and no more: nothing is added to the records.
    consenting = privacy.users_with_consent(
        user_ids={row.learner_id for row in overdue}, purpose=privacy.LEARNING_RECORDS
    )
    _grade(
        [_Closing(row, items.get(row.pk, []), {}, True, now, is_told=row.learner_id in consenting) for row in overdue],
        actor=actor,
    )


def _grade(closing: Sequence[_Closing], *, actor: str) -> None:
    """Score locked attempts, write them and tell of it: four statements, whatever their number.

    The rows in memory get the same values as those in the database.
    """
    if not closing:
        return
    framework_version = courses.framework().version
    outcomes = []
    for one in closing:
        row = one.row
        for item in one.items:
            item.response = one.responses.get(item.pk)
            item.score = score_response(
                kind=item.revision.kind, key=item.revision.key, response=item.response, language=row.language
            )
        row.score = score_attempt([item.score or 0.0 for item in one.items])
        row.expired = one.expired
        row.passed = not one.expired and not missed(pass_rule(blueprint_of(row.quiz)), judged(one.items))
        # What the clock closed was over when it was due, whenever somebody came to close it.
        row.submitted_at = row.due_at if one.expired else one.now
        row.rule_version = RULE_VERSION
        if one.is_told:
            outcomes.append(_outcome(row, one.items, framework_version))
    _write(closing)
    events.record_many("assessments.outcome_recorded", outcomes)
    for expired in (False, True):
        subjects = [str(one.row.pk) for one in closing if one.expired is expired]
        if subjects:
            privacy.audit_many(
                actor=actor,
                action="attempt.expired" if expired else "attempt.graded",
                subject_kind="attempt",
                subject_ids=subjects,
            )


def _write(closing: Sequence[_Closing]) -> None:
    items = [item for one in closing for item in one.items]
    rows = [one.row for one in closing]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE assessments_attemptitem AS item SET response = given.response, score = given.score
            FROM unnest(%s::uuid[], %s::jsonb[], %s::float8[]) AS given (id, response, score) WHERE item.id = given.id
            """,
            [
                [item.pk for item in items],
                [None if item.response is None else Jsonb(item.response, dumps=to_json) for item in items],
                [item.score for item in items],
            ],
        )
        cursor.execute(
            """
            UPDATE assessments_attempt AS attempt
            SET submitted_at = given.submitted_at, score = given.score, passed = given.passed,
                expired = given.expired, rule_version = %s
            FROM unnest(%s::uuid[], %s::timestamptz[], %s::float8[], %s::boolean[], %s::boolean[])
                AS given (id, submitted_at, score, passed, expired)
            WHERE attempt.id = given.id
            """,
            [
                RULE_VERSION,
                [row.pk for row in rows],
                [row.submitted_at for row in rows],
                [row.score for row in rows],
                [row.passed for row in rows],
                [row.expired for row in rows],
            ],
        )


def _outcome(row: Attempt, items: Sequence[AttemptItem], framework_version: str) -> dict[str, Any]:
    if row.score is None or row.passed is None or row.submitted_at is None:
        raise ValueError("the attempt is not graded")
    return outcome(
        learner_id=row.learner_id,
        edition_id=row.quiz.edition_id,
        quiz_id=row.quiz_id,
        attempt_id=row.pk,
        mode=row.quiz.mode,
        passed=row.passed,
        score=row.score,
        submitted_at=row.submitted_at,
        expired=row.expired,
        language=row.language,
        framework_version=framework_version,
        rule_version=row.rule_version,
        items=[
            ScoredItem(
                id=item.pk,
                item_id=item.revision.item_id,
                revision=item.revision.number,
                skills=tuple(item.revision.skills),
                level=item.revision.level,
                difficulty=item.revision.difficulty,
                guess=item.revision.guess,
                answered=item.response is not None,
                score=item.score or 0.0,
            )
            for item in items
        ],
    )


@transaction.atomic
def correct(
    *, attempt_id: UUID, scores: Mapping[UUID, float | None], reason: str, actor: str, now: datetime
) -> None:  # fmt: skip
    """Give items of an attempt other scores, and the attempt the score and pass that follow; None strikes an item."""
    row = attempts_for_update().get(pk=attempt_id)
    items = items_of([row])[row.pk]
    for item in items:
        if item.pk in scores:
            item.score = scores[item.pk]
            AttemptItem.objects.filter(pk=item.pk).update(score=item.score)
    row.score = score_attempt([item.score for item in items if item.score is not None])
    row.passed = row.score >= row.quiz.pass_share
    row.save(update_fields=["score", "passed"])
    privacy.audit(actor=actor, action="attempt.corrected", subject_kind="attempt", subject_id=str(row.pk))
