"""Statements about appeals for which the ORM has no words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection


def grant_try(*, learner_id: UUID, quiz_ids: Sequence[UUID], now: datetime) -> None:
    """Give the learner one attempt more than the limit of each quiz, without waiting for a cool-down.

    The rows of the allowances are locked until the transaction ends, in the order of the quizzes' ids.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO assessments_attemptallowance AS allowance (quiz_id, learner_id, used, granted, granted_at)
            SELECT quiz_id, %s, 0, 1, %s::timestamptz FROM unnest(%s::uuid[]) AS quiz_id ORDER BY quiz_id
            ON CONFLICT (quiz_id, learner_id) DO UPDATE SET granted = allowance.granted + 1, granted_at = excluded.granted_at
            """,
            [learner_id, now, list(quiz_ids)],
        )


def upheld_by_revision() -> Mapping[tuple[UUID, int], int]:
    """How many appeals found each item revision's score wrong, by (item id, revision number); one query.

    Revisions without an upheld appeal are missing. Nothing is locked.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT revision.item_id, revision.number, count(*)
            FROM assessments_appealdecision AS decision
            CROSS JOIN unnest(decision.revisions) AS found (revision_id)
            JOIN assessments_itemrevision AS revision ON revision.id = found.revision_id
            GROUP BY revision.item_id, revision.number
            """
        )
        return {(item_id, number): count for item_id, number, count in cursor.fetchall()}


def note_overdue_batch(*, now: datetime, actor: str, limit: int) -> list[tuple[UUID, UUID, datetime]]:
    """Note, for at most `limit` open appeals, that they are overdue; return (appeal id, learner id, due date) of each.

    Appeals that were noted before are left out. The others are locked until the transaction ends; those that another
    transaction has locked are skipped. Of two calls at the same time, only one notes and returns an appeal.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH late AS (
                SELECT id, learner_id, due_at FROM assessments_appeal AS appeal
                WHERE closed_at IS NULL AND due_at < %s AND NOT EXISTS (
                    SELECT FROM assessments_appealstep AS step WHERE step.appeal_id = appeal.id AND what = 'overdue'
                )
                ORDER BY due_at, id LIMIT %s FOR NO KEY UPDATE SKIP LOCKED
            ), noted AS (
                INSERT INTO assessments_appealstep (appeal_id, learner_id, what, actor, reviewer_name, at)
                SELECT id, learner_id, 'overdue', %s, '', %s FROM late
                ON CONFLICT DO NOTHING RETURNING appeal_id
            )
            SELECT late.id, late.learner_id, late.due_at FROM late JOIN noted ON noted.appeal_id = late.id
            """,
            [now, limit, actor, now],
        )
        return [(appeal_id, learner_id, due_at) for appeal_id, learner_id, due_at in cursor.fetchall()]
