"""Saving answers while an attempt is under way, so that a line that drops costs none of them (docs/decisions/0050)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Never
from uuid import UUID

from assessments.attempts.models import Attempt, AttemptItem
from assessments.attempts.rules import AnswerRefused, AskedItem, NumberedAnswer, is_late, read_numbered
from assessments.attempts.selectors import Question, attempt_to_submit, saved_answers
from assessments.attempts.statements import save_answers
from assessments.errors import AttemptExpired, AttemptSubmitted, SavedAnswer, in_words
from common.clock import rfc3339
from common.schemas import Keywords
from privacy import public as privacy


@dataclass
class RefusedAnswerView:
    """An answer that was not saved, and why, in the active language."""

    item: UUID
    pointer: Annotated[str, Keywords("JSON pointer into the request's body")]
    reason: Annotated[str, Keywords("a stable code")]
    detail: str


@dataclass
class SavedAnswersView:
    """What a call to save answers came to."""

    saved: Annotated[
        list[SavedAnswer],
        Keywords(
            "of each item that you named: the number of the answer that stands. Forget what you hold of the item up to "
            "that number. An item whose first answer was refused is missing"
        ),
    ]
    refused: Annotated[list[RefusedAnswerView], Keywords("answers that were not saved; all others were")]


def save(
    *, attempt_id: UUID, learner_id: UUID, answers: Sequence[Mapping[str, Any]], now: datetime
) -> SavedAnswersView:
    """Save answers of a live attempt; of each item the one with the highest number stands, in whatever order they come.

    A repeat changes nothing. An answer that cannot be read is refused alone. Three statements, and one more where an
    answer was not newer than what is saved; a repeat takes two.

    Args:
        answers: `{"item": id of the attempt's item, "sequence": the client's number, 0 or more, "response": JSON value of
            its kind's form, None to leave it open, "seconds": time on the item, optional}`.

    Raises:
        NotFound: no such attempt of this learner.
        ConsentMissing: the learner has withdrawn it; nothing was written.
        AttemptExpired: the time is over; what was saved before is graded.
        AttemptSubmitted: the attempt was handed in.
    """
    row, items, consents = attempt_to_submit(attempt_id=attempt_id, learner_id=learner_id)
    if row.submitted_at is not None or is_late(due_at=row.due_at, now=now):
        _refuse(row, items)
    if not consents:
        raise privacy.ConsentMissing(purpose=privacy.LEARNING_RECORDS, agency_id=None)
    asked = {
        item.id: AskedItem(item.revision.kind, item.option_order, item.revision.content[row.language], row.language)
        for item in items
    }
    given = read_numbered(answers, asked, most_seconds=(now - row.started_at).total_seconds())
    stored = {item.id: (item.saved_sequence, item.response) for item in items}
    # Numbers only grow: what is not newer than what was read is not newer than what is saved by now.
    newer = {item: answer for item, answer in given.kept.items() if _is_newer(answer, stored[item][0])}
    written: Collection[UUID] | None = ()
    if newer:
        written = save_answers(
            attempt_id=attempt_id,
            answers=[
                {"item": item, "sequence": answer.sequence, "response": answer.response, "seconds": answer.seconds}
                for item, answer in newer.items()
            ],
            now=now,
        )
        if written is None:
            # It was handed in, or the clock closed it, since it was read.
            row, items, _ = attempt_to_submit(attempt_id=attempt_id, learner_id=learner_id)
            _refuse(row, items)
        stored |= {item: (newer[item].sequence, newer[item].response) for item in written}
        overtaken = newer.keys() - set(written)
        if overtaken:
            stored |= _stored(overtaken)
    reused = [
        (item, AnswerRefused(f"/answers/{answer.index}/sequence", "sequence_reused"))
        for item, answer in given.kept.items()
        if stored[item][0] == answer.sequence and stored[item][1] != answer.response
    ]
    named = {answer["item"]: None for answer in answers}
    return SavedAnswersView(
        saved=[
            {"item": item, "sequence": stored[item][0]}
            for item in named
            if item in stored and stored[item][0] is not None
        ],
        refused=[
            RefusedAnswerView(item, refused.pointer, refused.reason, in_words(refused))
            for item, refused in (*given.refused, *reused)
        ],
    )


def _is_newer(answer: NumberedAnswer, saved: int | None) -> bool:
    return saved is None or saved < answer.sequence


def _stored(items: Collection[UUID]) -> dict[UUID, tuple[int | None, Any]]:
    found = AttemptItem.objects.filter(pk__in=items).values_list("pk", "saved_sequence", "response")
    return {item: (sequence, response) for item, sequence, response in found}


def _refuse(row: Attempt, items: Sequence[Question]) -> Never:
    saved = saved_answers(items)
    if row.submitted_at is None or row.closed_by_clock:
        raise AttemptExpired(due_at=rfc3339(row.due_at), saved=saved)
    raise AttemptSubmitted(saved=saved)
