"""Statements about attempts for which the ORM has no words, or would send a statement per row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from assessments.attempts.models import Attempt
from assessments.attempts.selectors import Question
from common import binary
from common.database import Fragment, run_prepared
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
            closed_by_clock = (given.row ->> 'closed_by_clock')::boolean,
            rule_version = given.row ->> 'rule_version',
            framework_version = given.row ->> 'framework_version',
            known_at = (given.row ->> 'known_at')::timestamptz,
            outcome_published = (given.row ->> 'outcome_published')::boolean
        FROM unnest(ARRAY(SELECT jsonb_array_elements(%s::jsonb))) AS given (row)
        WHERE attempt.id = (given.row ->> 'id')::uuid AND (attempt.submitted_at IS NULL) = %s::boolean
            AND attempt.saves = (given.row ->> 'saves')::integer
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
    """Return the fragment that writes the results of attempts and of these items of theirs; it must be executed first.

    One statement, whatever their number; the rows that it writes are locked until the transaction ends.

    Args:
        live: the attempts are closed by this. An attempt that the caller has not locked must then be the only one: if
            another transaction closed it since it was read, or saved another answer, neither this fragment nor those that
            follow it write anything.
    """
    given_rows = [
        {
            "id": row.pk,
            "submitted_at": row.submitted_at,
            "score": row.score,
            "passed": row.passed,
            "expired": row.expired,
            "closed_by_clock": row.closed_by_clock,
            "saves": row.saves,
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


# The attempt first: who saves and who closes wait for each other there. An answer that arrives late finds a higher number.
_SAVE = """
    WITH changed AS (
        UPDATE assessments_attempt SET saves = saves + 1
        WHERE id = %s::uuid AND submitted_at IS NULL
        RETURNING id
    ),
    saved AS (
        UPDATE assessments_attemptitem AS item
        SET response = nullif(given.response, 'null'::jsonb), saved_sequence = given.sequence,
            seconds = coalesce(given.seconds, item.seconds), saved_at = %s::timestamptz
        FROM jsonb_to_recordset(%s::jsonb) AS given (item uuid, response jsonb, sequence bigint, seconds float8)
        WHERE item.id = given.item AND (item.saved_sequence IS NULL OR item.saved_sequence < given.sequence)
            AND EXISTS (SELECT FROM changed)
        RETURNING item.id
    )
    SELECT EXISTS (SELECT FROM changed), ARRAY(SELECT id FROM saved)
"""


def save_answers(*, attempt_id: UUID, answers: Sequence[Mapping[str, Any]], now: datetime) -> set[UUID] | None:
    """Save answers of a live attempt, each unless one with the same or a higher number is saved; return whose were.

    One statement, so that calls at the same time leave the highest number of each item, whatever their order.

    Args:
        answers: `{"item": UUID, "sequence": int, "response": canonical, "seconds": float or None}`, each item once.

    Returns:
        The items whose answer was saved; None, and nothing is written, when the attempt is closed.
    """
    ((is_live, saved),) = run_prepared(_SAVE, [attempt_id, now, to_json(answers).decode()])
    return set(saved) if is_live else None


def use_attempt(*, quiz_id: UUID, learner_id: UUID, limit: int) -> int | None:
    """Count one attempt of the learner at the quiz; return its number, from 1, or None when no attempt is left.

    One statement, so that calls at the same time cannot exceed the limit. The allowance's row is locked until the
    transaction ends.

    Args:
        limit: attempts that the quiz allows; what was granted to the learner is added.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO assessments_attemptallowance AS allowance (quiz_id, learner_id, used) VALUES (%s, %s, 1)
            ON CONFLICT (quiz_id, learner_id) DO UPDATE SET used = allowance.used + 1
                WHERE allowance.used < %s + allowance.granted
            RETURNING used
            """,
            [quiz_id, learner_id, limit],
        )
        counted = cursor.fetchone()
    return counted[0] if counted else None


def count_exposures(*, quiz_id: UUID, item_ids: Sequence[UUID]) -> None:
    """Count an attempt of a certification and its items.

    The counters are locked until the transaction ends, in the order of the items' ids, so that two starts cannot
    deadlock. Call it last in the transaction: everybody who starts the quiz waits for these rows.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO assessments_itemexposure AS exposure (quiz_id, item_id, drawn)
            SELECT %s, item_id, 1 FROM unnest(%s::uuid[]) AS item_id ORDER BY item_id
            ON CONFLICT (quiz_id, item_id) DO UPDATE SET drawn = exposure.drawn + 1
            """,
            [quiz_id, [*sorted(item_ids), None]],
        )
