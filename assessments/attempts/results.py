"""Results of attempts, as they are published to other parts."""

from __future__ import annotations

from collections.abc import Sequence

from assessments.attempts.models import Attempt
from assessments.attempts.selectors import Question, judged
from assessments.outcomes.rules import Graded, ScoredItem
from assessments.quizzes.rules import missed, pass_rule


def has_passed(row: Attempt, items: Sequence[Question]) -> bool:
    """Whether an attempt's items, as scored, meet its version's pass rule; voided items do not count."""
    return not missed(pass_rule(row.blueprint), judged(items))


def graded(row: Attempt) -> Graded:
    """A graded attempt as it is published in its outcome.

    Raises:
        ValueError: it is not graded.
    """
    if row.score is None or row.passed is None or row.submitted_at is None:
        raise ValueError("the attempt is not graded")
    return Graded(
        learner_id=row.learner_id,
        edition_id=row.edition_id,
        quiz_id=row.quiz_id,
        attempt_id=row.pk,
        mode=row.blueprint.mode,
        passed=row.passed,
        score=row.score,
        submitted_at=row.submitted_at,
        known_at=row.known_at or row.submitted_at,
        language=row.language,
        framework_version=row.framework_version,
        rule_version=row.rule_version,
    )


def scored(row: Attempt, item: Question) -> ScoredItem:
    """An item of a graded attempt as it is published in the outcome."""
    revision = item.revision
    return ScoredItem(
        id=item.id,
        item_id=revision.item_id,
        revision=revision.measured_as,
        skills=tuple(revision.skills),
        level=revision.level,
        difficulty=revision.difficulty,
        guess=revision.guess,
        answered=item.response is not None,
        score=item.score,
        seen_before=item.seen_before,
        lapsed=row.closed_by_clock and item.response is None,
    )
