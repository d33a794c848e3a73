"""Results of attempts, as rows and as what other parts are told of them."""

from __future__ import annotations

from collections.abc import Sequence

from assessments.attempts.models import Attempt, AttemptItem
from assessments.outcomes.rules import Graded, ScoredItem
from common.database import prepared
from common.rendering import to_json

_WRITE = """
    WITH answered AS (
        UPDATE assessments_attemptitem AS item
        SET response = given.response, score = given.score, seconds = given.seconds
        FROM jsonb_to_recordset(%s::jsonb)
            AS given (id uuid, response jsonb, score double precision, seconds double precision)
        WHERE item.attempt_id = ANY(%s::uuid[]) AND item.id = given.id
    )
    UPDATE assessments_attempt AS attempt
    SET submitted_at = given.submitted_at, score = given.score, passed = given.passed, expired = given.expired,
        rule_version = given.rule_version
    FROM jsonb_to_recordset(%s::jsonb) AS given (
        id uuid, submitted_at timestamptz, score double precision, passed boolean, expired boolean, rule_version text
    )
    WHERE attempt.id = given.id
"""


def write(rows: Sequence[Attempt], items: Sequence[AttemptItem]) -> None:
    """Write what was decided of locked attempts and these of their items: one statement, whatever their number."""
    given_items = [
        {"id": item.pk, "response": item.response, "score": item.score, "seconds": item.seconds} for item in items
    ]
    given_rows = [
        {
            "id": row.pk,
            "submitted_at": row.submitted_at,
            "score": row.score,
            "passed": row.passed,
            "expired": row.expired,
            "rule_version": row.rule_version,
        }
        for row in rows
    ]
    with prepared() as cursor:
        cursor.execute(_WRITE, [to_json(given_items).decode(), [row.pk for row in rows], to_json(given_rows).decode()])


def graded(row: Attempt, *, framework_version: str) -> Graded:
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
        expired=row.expired,
        language=row.language,
        framework_version=framework_version,
        rule_version=row.rule_version,
    )


def scored(item: AttemptItem) -> ScoredItem:
    """An item of a graded attempt as its outcome tells of it."""
    revision = item.revision
    return ScoredItem(
        id=item.pk,
        item_id=revision.item_id,
        revision=revision.number,
        skills=tuple(revision.skills),
        level=revision.level,
        difficulty=revision.difficulty,
        guess=revision.guess,
        answered=item.response is not None,
        score=item.score,
    )
