"""Results of attempts, as rows and as what other parts are told of them."""

from __future__ import annotations

from collections.abc import Sequence

from assessments.attempts.models import Attempt
from assessments.attempts.selectors import Question, judged
from assessments.outcomes.rules import Graded, ScoredItem
from assessments.quizzes.rules import missed, pass_rule
from common import binary
from common.database import Fragment
from common.rendering import to_json

# By way of subqueries: the planner takes each array for ten elements and finds their rows by index, however few rows the
# tables have. Where it saw how long an array is, it would plan at each call anew, which takes longer than writing.
_WRITE = """
    changed AS (
        UPDATE assessments_attempt AS attempt
        SET submitted_at = (given.row ->> 'submitted_at')::timestamptz,
            score = (given.row ->> 'score')::float8,
            passed = (given.row ->> 'passed')::boolean,
            expired = (given.row ->> 'expired')::boolean,
            rule_version = given.row ->> 'rule_version',
            framework_version = given.row ->> 'framework_version',
            known_at = (given.row ->> 'known_at')::timestamptz,
            outcome_published = (given.row ->> 'outcome_published')::boolean
        FROM unnest(ARRAY(SELECT jsonb_array_elements(%s::jsonb))) AS given (row)
        WHERE attempt.id = (given.row ->> 'id')::uuid AND (attempt.submitted_at IS NULL) = %s::boolean
        RETURNING attempt.id
    ),
    answered AS (
        UPDATE assessments_attemptitem AS item
        SET response = given.response, score = given.score, seconds = given.seconds
        FROM unnest(
            ARRAY(SELECT unnest(%s::uuid[])), ARRAY(SELECT unnest(%s::jsonb[])), ARRAY(SELECT unnest(%s::float8[])),
            ARRAY(SELECT unnest(%s::float8[]))
        ) AS given (id, response, score, seconds)
        WHERE item.id = given.id AND EXISTS (SELECT FROM changed)
    )
"""


def writing(rows: Sequence[Attempt], items: Sequence[Question], *, live: bool = False) -> Fragment:
    """Return what writes what was decided of attempts and these of their items, however many, and comes first.

    Args:
        live: the attempts are closed by this. One that is not locked must then be alone: if another transaction closed
            it meanwhile, nothing is written, and no fragment that follows this one writes anything.
    """
    given_rows = [
        {
            "id": row.pk,
            "submitted_at": row.submitted_at,
            "score": row.score,
            "passed": row.passed,
            "expired": row.expired,
            "rule_version": row.rule_version,
            "framework_version": row.framework_version,
            "known_at": row.known_at,
            "outcome_published": row.outcome_published,
        }
        for row in rows
    ]
    return Fragment(
        _WRITE,
        (
            to_json(given_rows).decode(),
            live,
            binary.uuids(item.id for item in items),
            binary.documents(None if item.response is None else to_json(item.response) for item in items),
            binary.floats(item.score for item in items),
            binary.floats(item.seconds for item in items),
        ),
    )


def has_passed(row: Attempt, items: Sequence[Question]) -> bool:
    """Whether an attempt's items, as scored, meet its quiz's pass rule; those struck count neither way."""
    return not missed(pass_rule(row.quiz), judged(items))


def graded(row: Attempt) -> Graded:
    """A graded attempt as its outcome tells of it.

    Raises:
        ValueError: it is not graded.
    """
    if row.score is None or row.passed is None or row.submitted_at is None:
        raise ValueError("the attempt is not graded")
    return Graded(
        learner_id=row.learner_id,
        edition_id=row.quiz.edition_id,
        quiz_id=row.quiz_id,
        attempt_id=row.pk,
        mode=row.quiz.mode,
        passed=row.passed,
        score=row.score,
        submitted_at=row.submitted_at,
        known_at=row.known_at or row.submitted_at,
        expired=row.expired,
        language=row.language,
        framework_version=row.framework_version,
        rule_version=row.rule_version,
    )


def scored(item: Question) -> ScoredItem:
    """An item of a graded attempt as its outcome tells of it."""
    revision = item.revision
    return ScoredItem(
        id=item.id,
        item_id=revision.item_id,
        revision=revision.number,
        skills=tuple(revision.skills),
        level=revision.level,
        difficulty=revision.difficulty,
        guess=revision.guess,
        answered=item.response is not None,
        score=item.score,
        seen_before=item.seen_before,
    )
