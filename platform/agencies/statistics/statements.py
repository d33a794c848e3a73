"""SQL of the rollup of statistics."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import connection

from agencies.statistics.rules import Cell

_PUT = """
INSERT INTO agencies_statisticcell AS kept (member_state_id, skill_code, level, learners, refreshed_at)
SELECT *, %s::timestamptz FROM unnest(%s::text[], %s::text[], %s::smallint[], %s::int[])
ON CONFLICT (member_state_id, skill_code, level) DO UPDATE
SET learners = EXCLUDED.learners, refreshed_at = EXCLUDED.refreshed_at
WHERE kept.learners IS DISTINCT FROM EXCLUDED.learners
"""

_DROP = """
DELETE FROM agencies_statisticcell AS kept WHERE NOT EXISTS (
    SELECT FROM unnest(%s::text[], %s::text[], %s::smallint[]) AS given (state, skill, level)
    WHERE (given.state, given.skill, given.level) = (kept.member_state_id, kept.skill_code, kept.level)
)
"""


def try_to_lock(key: int) -> bool:
    """Take the advisory lock until the transaction ends; False if another transaction holds it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [key])
        return bool(cursor.fetchone()[0])


def replace_cells(figures: Mapping[Cell, int | None], *, now: datetime) -> int:
    """Make the table hold these numbers of learners (None: suppressed) and no other cell; return how many cells changed.

    Two statements. The caller holds the lock.
    """
    states, skills, levels = (list(column) for column in zip(*figures, strict=True)) if figures else ([], [], [])
    with connection.cursor() as cursor:
        cursor.execute(_PUT, [now, states, skills, levels, list(figures.values())])
        changed = cursor.rowcount
        cursor.execute(_DROP, [states, skills, levels])
        return int(changed + cursor.rowcount)
