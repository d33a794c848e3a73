"""SQL by hand: an upsert with conditions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from common.database import run_prepared
from learners.progress.rules import Report


def merge_reports(enrolment_id: UUID, reports: Sequence[Report], now: datetime) -> bool:
    """Merge reports, at most one of each lesson, into the enrolment's progress by one statement; return whether any changed.

    The furthest part and the earliest completion stay. Rows that would not change are not written.
    """
    changed = run_prepared(
        """
        INSERT INTO learners_lessonprogress AS stored (enrolment_id, lesson_id, furthest, done_at, updated_at)
        SELECT %s::uuid, report.lesson_id, report.furthest, report.done_at, %s::timestamptz
        FROM unnest(%s::uuid[], %s::smallint[], %s::timestamptz[]) AS report(lesson_id, furthest, done_at)
        ON CONFLICT (enrolment_id, lesson_id) DO UPDATE
        SET furthest = GREATEST(stored.furthest, EXCLUDED.furthest),
            done_at = LEAST(stored.done_at, EXCLUDED.done_at),  -- LEAST passes over NULL
            updated_at = EXCLUDED.updated_at
        WHERE EXCLUDED.furthest > stored.furthest
           OR EXCLUDED.done_at < stored.done_at
           OR stored.done_at IS NULL AND EXCLUDED.done_at IS NOT NULL
        RETURNING lesson_id
        """,
        [
            enrolment_id,
            now,
            [report.lesson_id for report in reports],
            [report.furthest for report in reports],
            [report.done_at for report in reports],
        ],
    )
    return bool(changed)
