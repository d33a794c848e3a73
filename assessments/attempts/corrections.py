"""Correcting what was graded: by a person, with a reason, and keeping what was before."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.db import transaction

from assessments.attempts.models import Attempt, ScoreCorrection
from assessments.attempts.results import graded, has_passed, scored
from assessments.attempts.selectors import Question, attempts_for_update, questions_of
from assessments.attempts.statements import writing
from assessments.errors import InvalidMarks, NotGraded, NothingCounts
from assessments.outcomes.rules import CorrectedItem, correction
from assessments.scoring.rules import score_attempt
from common.database import execute_together
from common.errors import NotFound
from events import public as events
from privacy import public as privacy


@transaction.atomic
def correct(*, attempt_id: UUID, scores: Mapping[UUID, float | None], reason: str, actor: str, now: datetime) -> None:
    """Give items of a graded attempt other scores, and the attempt the score and verdict that follow from them.

    Scores that hold already change nothing, so a repeat changes nothing. What the learner answered and when stays.

    Args:
        scores: by attempt item, 0 to 1; None voids the item, so that it counts neither for the learner nor against.
        reason: why, for the learner and whoever checks.
        actor: who decided.

    Raises:
        NotFound: no such attempt.
        NotGraded: the attempt has no score yet, or expired without answers.
        InvalidMarks: an item is not of the attempt, a score is outside 0 to 1, or the reason is empty.
        NothingCounts: no item would be left to count.
    """
    row = attempts_for_update().filter(pk=attempt_id).first()
    if row is None:
        raise NotFound()
    if row.score is None or row.expired:
        raise NotGraded()
    items = questions_of([row])[row.pk]
    if not reason.strip() or not set(scores) <= {item.id for item in items} or not are_shares(scores.values()):
        raise InvalidMarks()
    changed = [item for item in items if item.id in scores and item.score != scores[item.id]]
    if not changed:
        return
    current = _current_evidence(changed)
    corrections = [
        ScoreCorrection(
            learner_id=row.learner_id,
            item_id=item.id,
            corrects=current[item.id],
            previous=item.score,
            score=scores[item.id],
            reason=reason.strip(),
            actor=actor,
            at=now,
        )
        for item in changed
    ]
    for item in changed:
        item.score = scores[item.id]
    if all(item.score is None for item in items):
        raise NothingCounts()
    row.score = score_attempt(item.score for item in items)
    row.passed = has_passed(row, items)
    ScoreCorrection.objects.bulk_create(corrections)
    execute_together(writing([row], changed))
    corrected = [
        CorrectedItem(scored(row, item)._replace(id=new.pk), corrects=new.corrects)
        for item, new in zip(changed, corrections, strict=True)
    ]
    if row.outcome_published:
        # Whatever the learner consents to by now: what is on record about a person must be right. What is not on record
        # yet will be published with the scores that hold then.
        events.record(correction(graded(row), corrected, at=now))
    privacy.audit(
        actor=actor,
        action="attempt.corrected",
        subject_kind="attempt",
        subject_id=str(row.pk),
        items=len(changed),
        score=row.score,
        passed=row.passed,
    )


def would_pass(row: Attempt, scores: Mapping[UUID, float | None]) -> bool:
    """Whether a graded attempt, with these scores in place of the current ones, meets its version's pass rule.

    At most two queries; the caller must hold the attempt locked to act on it.

    Args:
        scores: as `correct` takes them.
    """
    items = questions_of([row])[row.pk]
    return has_passed(row, [replace(item, score=scores.get(item.id, item.score)) for item in items])


def are_shares(scores: Collection[float | None]) -> bool:
    """Whether each score is a number from 0 to 1, or None."""
    return all(score is None or (math.isfinite(score) and 0.0 <= score <= 1.0) for score in scores)


def _current_evidence(items: Collection[Question]) -> dict[UUID, UUID]:
    """The id of the evidence that holds for each item: its own, or that of its last correction; one query."""
    replaced_by = dict(
        ScoreCorrection.objects.filter(item__in=[item.id for item in items]).values_list("corrects", "pk")
    )
    current = {}
    for item in items:
        last = item.id
        while last in replaced_by:
            last = replaced_by[last]
        current[item.id] = last
    return current
