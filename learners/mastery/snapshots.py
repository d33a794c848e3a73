"""Snapshots: named, versioned parameters of items and skills, and which of them an answer is judged by. Pure.

A snapshot holds from an instant on. An answer given at an instant is judged by the newest snapshot that held then, for
good: so what an answer did follows from the learner's evidence and the published snapshots alone, whatever was
published since, and in whatever order the answers arrived (docs/decisions/0030).
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Generic, TypeVar

K = TypeVar("K")
P = TypeVar("P")

# Before any answers are known: stated difficulties (easy -1, medium 0, hard +1), a base rate of .7, and no gain by practice.
STATED = "stated-1"
# Variances of difficulty, log of discrimination, offset and slope.
V_B0, V_A0, V_D0, V_S0 = 1.15, 0.06, 0.37, 0.3
BASE_RATE = 0.7

# An item's revision: another wording may be of another difficulty. Ids are texts here: they hash ten times as fast.
ItemKey = tuple[str, int]


@dataclass(frozen=True, slots=True)
class ItemCalibration:
    """What is known of an item after `count` answers: mean and variance of its difficulty, in logits, and of its discrimination.

    The discrimination multiplies ability minus difficulty; kept is its logarithm. The variances are those of an online
    filter: they say how far the means may still move, and are no standard errors.
    """

    mean: float
    variance: float
    count: int = 0
    log_discrimination: float = 0.0
    log_discrimination_variance: float = V_A0

    @property
    def discrimination(self) -> float:
        """By how much ability minus difficulty is multiplied: the median, 1 before any answers are known."""
        return math.exp(self.log_discrimination)


@dataclass(frozen=True, slots=True)
class SkillCalibration:
    """What is known of a skill after `count` answers: mean and variance of its offset, in logits, and of its slope.

    The slope is how much practice helps: by so many logits a learner is abler for each ln(1 + answers in earlier sittings).
    Variances as in `ItemCalibration`.
    """

    mean: float
    variance: float
    count: int = 0
    slope: float = 0.0
    slope_variance: float = V_S0


@lru_cache(maxsize=256)
def stated_difficulty(stated: float) -> ItemCalibration:
    """What is known of an item that nobody answered, from the difficulty that its trainer stated."""
    return ItemCalibration(stated, V_B0)


UNSEEN_SKILL = SkillCalibration(math.log(BASE_RATE / (1.0 - BASE_RATE)), V_D0)


@dataclass(slots=True)
class Line(Generic[P]):
    """One item's or skill's parameters over time: `held_from` ascending, `parameters` beside it."""

    held_from: list[datetime] = field(default_factory=list)
    parameters: list[P] = field(default_factory=list)

    def at(self, instant: datetime) -> P | None:
        """The parameters that held at an instant, or None when there were none yet."""
        if self.held_from and self.held_from[-1] <= instant:
            return self.parameters[-1]
        count = bisect_right(self.held_from, instant)
        return self.parameters[count - 1] if count else None


class Chain:
    """The snapshots of a period, with the parameters of some items and skills."""

    def __init__(
        self,
        *,
        versions: Iterable[tuple[datetime, str]] = (),
        items: Iterable[tuple[ItemKey, datetime, ItemCalibration]] = (),
        skills: Iterable[tuple[str, datetime, SkillCalibration]] = (),
    ) -> None:
        """Take rows in ascending order of the instants they hold from."""
        self._held_from: list[datetime] = []
        self._versions: list[str] = []
        for held_from, version in versions:
            self._held_from.append(held_from)
            self._versions.append(version)
        self._items = _lines(items)
        self._skills = _lines(skills)

    def version(self, instant: datetime) -> str:
        """Name of the newest snapshot that held at an instant."""
        count = bisect_right(self._held_from, instant)
        return self._versions[count - 1] if count else STATED

    def item(self, key: ItemKey, stated: float, instant: datetime) -> ItemCalibration:
        """What is known of an item's revision at an instant; the trainer's `stated` difficulty until there are answers."""
        line = self._items.get(key)
        return (line.at(instant) if line is not None else None) or stated_difficulty(stated)

    def skill(self, code: str, instant: datetime) -> SkillCalibration:
        """Offset and slope of a skill at an instant."""
        line = self._skills.get(code)
        return (line.at(instant) if line is not None else None) or UNSEEN_SKILL


def _lines(rows: Iterable[tuple[K, datetime, P]]) -> dict[K, Line[P]]:
    lines: dict[K, Line[P]] = {}
    for key, held_from, parameters in rows:
        line = lines.setdefault(key, Line())
        line.held_from.append(held_from)
        line.parameters.append(parameters)
    return lines
