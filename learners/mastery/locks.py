"""The locks under which mastery changes: the chain of snapshots first, then learners in the order of their ids."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from learners.mastery import certification, rules, snapshot_statements, state_statements
from learners.mastery.snapshots import STATED

# Both rules that a stored state follows from.
RULES = f"{rules.RULE}+{certification.RULE}"


def share_chain() -> None:
    """Keep snapshots from being published until this transaction ends."""
    snapshot_statements.share_chain_lock()


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
    """Lock the learners' abilities in order, creating those that are missing; learners that do not exist are left out."""
    ids = sorted(learner_ids)
    state_statements.insert_abilities(ids, variance=rules.V_G0, rule_version=RULES, snapshot=STATED)
    return {learner: Held(*ability) for learner, *ability in state_statements.lock_abilities(ids)}
