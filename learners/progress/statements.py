"""SQL by hand: an upsert with conditions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from common.database import run_prepared
from learners.progress.rules import Report


def merge_reports(enrolment_id: UUID, reports: Sequence[Report], now: datetime) -> bool:
    """Merge reports, at most one of each lesson, into the enrolment's progress by one statement; return whether any changed.

    The furthest part, the earliest completion and the version done last stay. Rows that would not change are not written.
    """
    changed = run_prepared(
        """
        INSERT INTO learners_lessonprogress AS stored
            (enrolment_id, lesson_id, furthest, done_at, version, language, seen_at, updated_at)
        SELECT %s::uuid, report.*, %s::timestamptz
        FROM unnest(%s::uuid[], %s::smallint[], %s::timestamptz[], %s::text[], %s::text[], %s::timestamptz[]) AS report
        ON CONFLICT (enrolment_id, lesson_id) DO UPDATE
        SET furthest = GREATEST(stored.furthest, EXCLUDED.furthest),
            done_at = LEAST(stored.done_at, EXCLUDED.done_at),  -- LEAST passes over NULL
            (version, language, seen_at) = (
                SELECT last.version, last.language, last.seen_at
                FROM (VALUES (stored.version, stored.language, stored.seen_at),
                             (EXCLUDED.version, EXCLUDED.language, EXCLUDED.seen_at)) AS last(version, language, seen_at)
                ORDER BY last.seen_at DESC NULLS LAST, last.version COLLATE "C" DESC, last.language COLLATE "C" DESC
                LIMIT 1
            ),
            updated_at = EXCLUDED.updated_at
        WHERE EXCLUDED.furthest > stored.furthest
           OR EXCLUDED.done_at < stored.done_at
           OR stored.done_at IS NULL AND EXCLUDED.done_at IS NOT NULL
           OR EXCLUDED.seen_at IS NOT NULL AND (
                stored.seen_at IS NULL
                OR (EXCLUDED.seen_at, EXCLUDED.version COLLATE "C", EXCLUDED.language COLLATE "C")
                    > (stored.seen_at, stored.version COLLATE "C", stored.language COLLATE "C"))
        RETURNING lesson_id
        """,
        [
            enrolment_id,
            now,
            [report.lesson_id for report in reports],
            [report.furthest for report in reports],
            [report.done_at for report in reports],
            [report.version for report in reports],
            [report.language for report in reports],
            [report.seen_at for report in reports],
        ],
    )
    return bool(changed)
