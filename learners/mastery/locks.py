"""The locks under which mastery changes: the chain of snapshots first, then learners in the order of their ids."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from common import binary
from common.database import run_prepared
from learners.mastery import certification, rules
from learners.mastery.snapshots import STATED

# Publishing a snapshot holds this lock alone, absorbing answers shares it: no answer is judged by a snapshot older than
# the one that was published before it was given.
CHAIN_LOCK = 0x43_48_41_49_4E
# Both rules that a stored state follows from.
RULES = f"{rules.RULE}+{certification.RULE}"


def share_chain() -> None:
    """Let nobody publish a snapshot before this transaction ends."""
    run_prepared("SELECT pg_advisory_xact_lock_shared(%s::bigint)", [CHAIN_LOCK])


# KEY SHARE waits for an erasure under way, and keeps a later one waiting: no state outlives its learner.
_MAKE_ABILITIES = """
INSERT INTO learners_ability (learner_id, mean, variance, count, rule_version, snapshot)
SELECT user_id, 0, %s::float8, 0, %s::text, %s::text
FROM (
    SELECT user_id FROM learners_learner WHERE user_id = ANY(%s::uuid[]) ORDER BY user_id FOR KEY SHARE
) AS learner
ON CONFLICT (learner_id) DO NOTHING
"""
_LOCK_ABILITIES = """
SELECT learner_id::text, mean, variance, count, last_at, rule_version, snapshot FROM learners_ability
WHERE learner_id = ANY(%s::uuid[]) ORDER BY learner_id FOR UPDATE
"""


@dataclass(frozen=True, slots=True)
class Held:
    """A locked learner's ability as it is stored."""

    mean: float
    variance: float
    count: int
    last_at: datetime | None
    rule_version: str
    snapshot: str


def lock(learner_ids: Iterable[str]) -> dict[str, Held]:
    """Lock the learners' abilities in order, making those that miss; learners that do not exist are missing."""
    ids = binary.uuids(sorted(learner_ids))
    run_prepared(_MAKE_ABILITIES, [rules.V_G0, RULES, STATED, ids])
    return {learner: Held(*ability) for learner, *ability in run_prepared(_LOCK_ABILITIES, [ids])}
