"""The level in effect: what evidence reached, what people decided, and what is frozen during a dispute.

Evidence only raises. A decision sets the level from its instant on: as a floor, above which evidence may still rise, or,
where it is below what evidence had given when the person decided, as a cap, which holds until somebody decides again.
While a freeze is open the level is what it was when the freeze began; on release everything that happened meanwhile counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

EVIDENCE = "evidence"
HIGHEST = 6


@dataclass(frozen=True, slots=True)
class Decided:
    """A level that people decided. `computed` is what evidence had given, as they saw it (0 to 3)."""

    id: UUID
    level: int
    computed: int
    cause: str
    at: datetime

    @property
    def is_cap(self) -> bool:
        """Whether it took away what evidence had given: then only people lift it."""
        return self.level < self.computed


@dataclass(frozen=True, slots=True)
class EffectiveLevel:
    """A level, since when, and why: `evidence`, or the cause of the decision `decision_id`. Level 0 is none yet."""

    level: int = 0
    since: datetime | None = None
    cause: str = EVIDENCE
    decision_id: UUID | None = None


def is_capped(decisions: Sequence[Decided]) -> bool:
    """Whether the last of a learner's decisions on a skill is a cap, so that evidence raises the level no further."""
    return bool(decisions) and max(decisions, key=lambda decision: (decision.at, decision.id)).is_cap


def effective_level(
    reached: Sequence[tuple[int, datetime]], decisions: Sequence[Decided], frozen: EffectiveLevel | None = None
) -> EffectiveLevel:
    """Return the level in effect; order and repetition of the arguments' elements have no effect.

    Args:
        reached: (level, instant) that evidence gave, all of them.
        decisions: all that were ever made on this learner and skill.
        frozen: the level in effect when an open freeze began; None when there is no open freeze.
    """
    if frozen is not None:
        return frozen
    # At the same instant evidence comes first: whoever decided had seen it.
    happened: list[tuple[datetime, int, UUID | int, Decided | None]] = [(at, 0, level, None) for level, at in reached]
    happened += [(decision.at, 1, decision.id, decision) for decision in decisions]
    now, computed, capped = EffectiveLevel(), 0, False
    for at, _, given, decided in sorted(happened, key=lambda event: event[:3]):
        if decided is None:
            assert isinstance(given, int)
            computed = max(computed, given)
            if given > now.level and not capped:
                now = EffectiveLevel(given, at)
            continue
        capped = decided.is_cap
        # Evidence that turned up late, older than the decision but not seen by it, is not taken away by it.
        level = decided.level if capped else max(decided.level, computed)
        if level == decided.level:
            since = now.since if level == now.level else at
            now = EffectiveLevel(level, since, decided.cause, decided.id)
        elif level != now.level:
            now = EffectiveLevel(level, at)
    return now
