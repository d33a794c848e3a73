"""Grading attempts: submit, settle what people marked, close what is overdue.

Saving answers and corrections have modules of their own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db import transaction

from assessments.attempts.corrections import are_shares, correct
from assessments.attempts.handing_in import handed_in, without_missing_files
from assessments.attempts.models import Attempt
from assessments.attempts.results import graded, has_passed, scored
from assessments.attempts.rules import GRACE, AnswersRefused, AskedItem, is_late, read_answers, read_seconds
from assessments.attempts.selectors import (
    AttemptView,
    Question,
    attempt_to_submit,
    attempts_for_update,
    questions_of,
    saved_answers,
    view,
)
from assessments.attempts.statements import writing
from assessments.errors import AlreadySubmitted, AttemptExpired, InvalidMarks, unreadable
from assessments.events import MarkingNeeded
from assessments.outcomes.rules import outcome
from assessments.scoring.rules import (
    RULE_VERSION,
    is_marked_by_people,
    score_attempt,
    score_response,
)
from common.clock import rfc3339
from common.database import Fragment, execute_together
from common.errors import NotFound
from courses import public as courses
from events import public as events
from privacy import public as privacy

__all__ = ["close_expired", "close_overdue", "correct", "publish_withheld_outcomes", "settle", "submit"]

CLOSER = "assessments.close_expired"
BATCH = 200


def submit(*, attempt_id: UUID, learner_id: UUID, answers: Sequence[Mapping[str, Any]], now: datetime) -> AttemptView:
    """Grade an attempt once; a second call with the same answers returns the same result.

    These answers are the last word on the items that they name; on all others what was saved stands. When people must mark
    an answer, the attempt is submitted and stays without a score until `settle`.

    Args:
        answers: `{"item": id of the attempt's item, "response": JSON value of its kind's form, or None, "seconds": time
            on the item as the frontend measured it, optional}`. The times are no part of what must be the same.

    Raises:
        NotFound: no such attempt of this learner.
        ConsentMissing: the learner has withdrawn it; nothing was written and the attempt is still open.
        InvalidAnswer: answers cannot be read, and it lists all of them; nothing was written and the attempt is still open.
        AttemptExpired: the time is over; the attempt is closed with what had been saved, without these answers.
        AlreadySubmitted: it was submitted with other answers to some of these items.
    """
    row, items, consents = attempt_to_submit(attempt_id=attempt_id, learner_id=learner_id)
    handed = _HandedIn(answers, _read(answers, items, row.language), now)
    is_first = False
    if row.submitted_at is None:
        if not consents:
            raise privacy.ConsentMissing(purpose=privacy.LEARNING_RECORDS, agency_id=None)
        if is_late(due_at=row.due_at, now=now):
            _close_late(attempt_id, actor=str(learner_id), now=now)
            closed = None
        else:
            # Where an answer is being saved at the same moment, once more, and then nothing can come between.
            closed = _hand_in(row, items, handed) or _hand_in_locked(attempt_id, learner_id, handed)
        is_first = closed is not None
        if closed is not None:
            row, items = closed
        else:
            # Another submission or the clock closed it since it was read: that result holds.
            row, items, _consents = attempt_to_submit(attempt_id=attempt_id, learner_id=learner_id)
    if row.closed_by_clock:
        raise AttemptExpired(due_at=rfc3339(row.due_at), saved=saved_answers(items))
    # What this call wrote itself has the same responses; what another wrote may differ.
    if not is_first and any(
        handed.responses.get(item.id) != item.response for item in items if item.id in handed.items
    ):
        raise AlreadySubmitted()
    return view(row, items, now=now)


@transaction.atomic
def settle(*, attempt_id: UUID, marks: Mapping[UUID, float], now: datetime, actor: str) -> None:
    """Grade a submitted attempt when all marks that people give are final; a second call changes nothing.

    The outcome's instant is that of the submission: how long the marking took says nothing about the learner.

    Args:
        marks: 0 to 1 for each answered item of a kind that people mark, by attempt item.
        now: when the marks became final.

    Raises:
        NotFound: no such attempt.
        InvalidMarks: it is not submitted, or `marks` are not exactly those that it needs.
    """
    row = attempts_for_update().filter(pk=attempt_id).first()
    if row is None:
        raise NotFound()
    if row.score is not None:
        return
    items = questions_of([row])[row.pk]
    if row.submitted_at is None or now < row.submitted_at:
        raise InvalidMarks()
    if set(marks) != set(_to_mark(items)) or not are_shares(marks.values()):
        raise InvalidMarks()
    _score(row, items, marks)
    row.known_at = now
    # As with what expires: who withdrew the consent meanwhile gets the result, and nothing is added to the records.
    row.outcome_published = privacy.has_consent(user_id=row.learner_id, purpose=privacy.LEARNING_RECORDS)
    execute_together(writing([row], items))
    if row.outcome_published:
        execute_together(_outcomes([(row, items)]))
    privacy.audit(actor=actor, action="attempt.graded", subject_kind="attempt", subject_id=str(row.pk))


def close_expired(*, now: datetime, most: int = 10_000) -> int:
    """Close live attempts whose time and grace are over, in batches of one transaction each; returns how many.

    An attempt that is being submitted at the moment is left to that submission. A second call finds nothing.
    """
    closed = 0
    while closed < most:
        with transaction.atomic():
            overdue = list(
                Attempt.objects.select_for_update(no_key=True, of=("self",), skip_locked=True)
                .select_related("quiz", "quiz_version")
                .filter(submitted_at__isnull=True, due_at__lt=now - GRACE)
                .order_by("due_at")[:BATCH]
            )
            _expire(overdue, actor=CLOSER, now=now)
        closed += len(overdue)
        if len(overdue) < BATCH:
            break
    return closed


@transaction.atomic
def close_overdue(*, learner_id: UUID, now: datetime) -> None:
    """Close the learner's attempts whose time and grace are over, of whatever quiz; a second call finds none."""
    overdue = (
        attempts_for_update()
        .filter(learner_id=learner_id, submitted_at__isnull=True, due_at__lt=now - GRACE)
        .order_by("pk")
    )
    _expire(list(overdue), actor=CLOSER, now=now)


@transaction.atomic
def publish_withheld_outcomes(*, learner_id: UUID, now: datetime) -> int:
    """Publish the outcomes that were withheld while consent was withdrawn, once it is given again; return how many.

    They count from now on. Otherwise a learner could withdraw consent to remove a bad result, and the bound on false
    certificates needs every item that was asked. A second call publishes nothing.
    """
    rows = list(
        attempts_for_update()
        .filter(learner_id=learner_id, outcome_published=False, score__isnull=False)
        .order_by("known_at", "pk")
    )
    if rows:
        items = questions_of(rows)
        for row in rows:
            row.known_at, row.outcome_published = now, True
        execute_together(_outcomes([(row, items[row.pk]) for row in rows]))
        Attempt.objects.bulk_update(rows, ["known_at", "outcome_published"])
    return len(rows)


def _read(answers: Sequence[Mapping[str, Any]], items: Sequence[Question], language: str) -> dict[UUID, Any]:
    asked = {
        item.id: AskedItem(item.revision.kind, item.option_order, item.revision.content[language], language)
        for item in items
    }
    try:
        return read_answers(answers, asked)
    except AnswersRefused as error:
        raise unreadable(error.refused) from error


@dataclass(frozen=True)
class _HandedIn:
    """A submission: the answers as they came, the canonical responses of those that are not left open, and when."""

    answers: Sequence[Mapping[str, Any]]
    responses: Mapping[UUID, Any]
    at: datetime

    @cached_property
    def items(self) -> frozenset[UUID]:
        """The items that it names, those left open among them."""
        return frozenset(answer["item"] for answer in self.answers)

    def over(self, row: Attempt, items: Sequence[Question]) -> list[Question]:
        """The items with these answers in place of those that were saved."""
        seconds = read_seconds(self.answers, most=(self.at - row.started_at).total_seconds())
        return [
            replace(item, response=self.responses.get(item.id), seconds=seconds.get(item.id, item.seconds))
            if item.id in self.items
            else item
            for item in items
        ]


@dataclass(frozen=True)
class _ClosingAttempt:
    """A live attempt, its items with the answers to close it with at this instant; and whether its outcome is published."""

    row: Attempt
    items: Sequence[Question]
    at: datetime
    known_at: datetime
    by_clock: bool = False
    is_published: bool = True


# An attempt as it was written, with its items.
_Closed = tuple[Attempt, list[Question]]


def _hand_in(row: Attempt, items: Sequence[Question], handed: _HandedIn) -> _Closed | None:
    """Close a live attempt with a submission; None, and nothing is written, where it changed since it was read."""
    answered = handed.over(row, items)
    with handed_in(attempt_id=row.pk, responses={item.id: item.response for item in answered}):
        closed = _close([_ClosingAttempt(row, answered, at=handed.at, known_at=handed.at)], actor=str(row.learner_id))
    return closed[0] if closed else None


@transaction.atomic
def _hand_in_locked(attempt_id: UUID, learner_id: UUID, handed: _HandedIn) -> _Closed | None:
    """The same with the attempt locked while it is read; None where it is closed."""
    attempts_for_update().filter(pk=attempt_id).first()
    row, items, _ = attempt_to_submit(attempt_id=attempt_id, learner_id=learner_id)
    return None if row.submitted_at is not None else _hand_in(row, items, handed)


@transaction.atomic
def _close_late(attempt_id: UUID, *, actor: str, now: datetime) -> None:
    _expire(list(attempts_for_update().filter(pk=attempt_id, submitted_at__isnull=True)), actor=actor, now=now)


def _expire(overdue: Sequence[Attempt], *, actor: str, now: datetime) -> None:
    if not overdue:
        return
    items = without_missing_files(questions_of(overdue))
    # What a learner left open and withdrew the consent for is closed and no more: nothing is added to the records.
    consenting = privacy.users_with_consent(
        user_ids={row.learner_id for row in overdue}, purpose=privacy.LEARNING_RECORDS
    )
    # It ended when it was due, however much later it was closed.
    closing = [
        _ClosingAttempt(
            row, items[row.pk], at=row.due_at, known_at=now, by_clock=True, is_published=row.learner_id in consenting
        )
        for row in overdue
    ]
    _close(closing, actor=actor)


def _close(closing: Sequence[_ClosingAttempt], *, actor: str) -> list[_Closed]:
    """Close attempts, score those that need no marks, and publish the outcomes: one statement, whatever their number.

    They are locked, or there is only one. Return them as they were written, or nothing if another transaction closed the
    only one since it was read, or saved an answer: then nothing is written. What `closing` holds is not changed.
    """
    done: dict[str, list[_Closed]] = defaultdict(list)
    closed: list[_Closed] = []
    to_publish: list[_Closed] = []
    to_mark: list[_Closed] = []
    for attempt in closing:
        row = copy(attempt.row)
        items = [replace(item) for item in attempt.items]
        row.submitted_at, row.closed_by_clock = attempt.at, attempt.by_clock
        row.expired = attempt.by_clock and all(item.response is None for item in items)
        row.known_at, row.outcome_published = attempt.known_at, attempt.is_published
        closed.append((row, items))
        if _to_mark(items):
            to_mark.append((row, items))
        else:
            _score(row, items, {})
        done[_action(row)].append((row, items))
        if row.score is None:
            continue
        if row.outcome_published:
            to_publish.append((row, items))
    fragments = [writing([row for row, _ in closed], [item for _, items in closed for item in items], live=True)]
    if to_publish:
        fragments.append(_outcomes(to_publish))
    if to_mark:
        fragments.append(_requests_for_marks(to_mark))
    fragments += [
        privacy.auditing(
            actor=actor, action=action, subject_kind="attempt", subject_ids=[str(row.pk) for row, _ in attempts]
        )
        for action, attempts in done.items()
    ]
    return closed if execute_together(*fragments) == len(closing) else []


def _action(row: Attempt) -> str:
    """What the audit log calls the closing of this attempt."""
    if row.expired:
        return "attempt.expired"
    if row.closed_by_clock:
        return "attempt.closed_by_clock"
    return "attempt.submitted" if row.score is None else "attempt.graded"


def _score(row: Attempt, items: Sequence[Question], marks: Mapping[UUID, float]) -> None:
    for item in items:
        item.score = (
            marks[item.id]
            if marks and item.id in marks
            else score_response(
                kind=item.revision.kind, key=item.revision.key, response=item.response, language=row.language
            )
        )
    row.score = score_attempt(item.score for item in items)
    row.passed = not row.expired and has_passed(row, items)
    row.rule_version, row.framework_version = RULE_VERSION, courses.framework().version


def _to_mark(items: Sequence[Question]) -> list[UUID]:
    return [item.id for item in items if is_marked_by_people(kind=item.revision.kind, response=item.response)]


def _outcomes(attempts: Sequence[_Closed]) -> Fragment:
    return events.recording([outcome(graded(row), [scored(row, item) for item in items]) for row, items in attempts])


def _requests_for_marks(attempts: Sequence[_Closed]) -> Fragment:
    return events.recording(
        [
            MarkingNeeded(attempt_id=row.pk, learner_id=row.learner_id, attempt_items=tuple(_to_mark(items)))
            for row, items in attempts
        ]
    )
