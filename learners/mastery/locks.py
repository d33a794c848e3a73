"""The locks under which mastery changes: the chain of snapshots first, then learners in the order of their ids."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import connection

from common import arrays
from common.database import rows
from learners.mastery import certification, rules
from learners.mastery.snapshots import STATED

# Publishing a snapshot holds this lock alone, absorbing answers shares it: no answer is judged by a snapshot older than
# the one that was published before it was given.
CHAIN_LOCK = 0x43_48_41_49_4E
# Both rules that a stored state follows from.
RULES = f"{rules.RULE}+{certification.RULE}"


def share_chain() -> None:
    """Let nobody publish a snapshot before this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [CHAIN_LOCK])


def lock(learner_ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Lock the learners' abilities in order, making those that miss; learners that do not exist are missing."""
    ids = arrays.ids(sorted(learner_ids))
    with connection.cursor() as cursor:
        # KEY SHARE waits for an erasure under way, and keeps a later one waiting: no state outlives its learner.
        cursor.execute(
            """
            INSERT INTO learners_ability (learner_id, mean, variance, count, rule_version, snapshot)
            SELECT user_id, 0, %s, 0, %s, %s
            FROM (
                SELECT user_id FROM learners_learner WHERE user_id = ANY(%s::uuid[]) ORDER BY user_id FOR KEY SHARE
            ) AS learner
            ON CONFLICT (learner_id) DO NOTHING
            """,
            [rules.V_G0, RULES, STATED, ids],
        )
    found = rows(
        "SELECT learner_id::text, mean, variance, count, last_at::text, rule_version, snapshot FROM learners_ability "
        "WHERE learner_id = ANY(%s::uuid[]) ORDER BY learner_id FOR UPDATE",
        [ids],
    )
    return {
        row["learner_id"]: {**row, "last_at": row["last_at"] and datetime.fromisoformat(row["last_at"])}
        for row in found
    }
