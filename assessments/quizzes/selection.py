"""Which items of a pool go first, by the quiz's mode. Pure: no Django, no clock.

An item is right with probability P = c + (1-c) s(θ - b): θ the ability in logits (mean over the item's skills), b its
difficulty, c its rate of blind guessing, s the logistic (three-parameter logistic model with discrimination 1: Birnbaum in
Lord and Novick, Statistical Theories of Mental Test Scores, 1968). It tells of θ the Fisher information
I = (1-c) s² (1-s) / P (Lord, Applications of Item Response Theory, 1980).

- practice: the success that is expected of the learner nearest to .75, what is uncertain of ability and item included;
- placement: the most information at the learner's present ability, skill after skill in turn;
- certification: the most information at the cut of the certified level, by lot among the five best (randomesque: Kingsbury
  and Zara, Applied Measurement in Education 2(4), 1989); an item that has come in its share of the attempts waits until
  others have (restricted maximum information: Revuelta and Ponsoda, Journal of Educational Measurement 35(4), 1998);
- assessment: by lot, every item with the same chance.

In every mode, items that the learner has seen come last. The order is a function of the seed and of the inputs, on every
machine: what is compared is rounded, and ties go by hash. `docs/decisions/0055` says why so.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Protocol, TypeVar
from uuid import UUID

RULE = "selection-1"
PRACTICE_TARGET = 0.75
AMONG_BEST = 5
_DIGITS = 9


class Choosable(Protocol):
    """An item as choosing sees it; `guess` is the rate of blind guessing."""

    @property
    def item_id(self) -> UUID: ...
    @property
    def skills(self) -> tuple[str, ...]: ...
    @property
    def guess(self) -> float: ...


C = TypeVar("C", bound=Choosable)


@dataclass(frozen=True)
class Estimate:
    """Mean and variance in logits."""

    mean: float
    variance: float


@dataclass(frozen=True)
class Exposure:
    """How often items were drawn in how many attempts of the quiz, and in what share of them one may come at most."""

    attempts: int
    drawn: Mapping[UUID, int]
    most: float

    def is_used_up(self, item_id: UUID) -> bool:
        """Whether the item has to wait; so it comes in at most most * attempts, rounded up."""
        return self.drawn.get(item_id, 0) >= self.most * (self.attempts + 1)


@dataclass(frozen=True)
class Inputs:
    """All that a choice follows from, beside the items themselves.

    Args:
        ability: of the learner, by skill.
        difficulties: of items; `stated` stands for those that are missing.
        seen: items that the learner was asked before.
        cut: ability in logits from which the certified level holds; certification only.
    """

    mode: str
    seed: int
    ability: Callable[[str], Estimate]
    difficulties: Mapping[UUID, Estimate]
    seen: Collection[UUID] = frozenset()
    cut: float | None = None
    exposure: Exposure | None = None
    stated: Estimate = field(default=Estimate(0.0, 1.15))


def rank(seed: int, purpose: str, thing: str) -> bytes:
    """Return a number that is as good as random, and the same for the same seed on every machine and version."""
    return sha256(f"{seed}\x1f{purpose}\x1f{thing}".encode()).digest()


def logit(share: float) -> float:
    """Return the ability at which a reference item (difficulty 0, no guessing) is right in this share of cases."""
    return math.log(share / (1.0 - share))


def success(ability: Estimate, difficulty: Estimate, guess: float) -> float:
    """Return the probability of a right answer, uncertainty of both included (MacKay's approximation)."""
    spread = math.sqrt(1.0 + math.pi * (ability.variance + difficulty.variance) / 8.0)
    return guess + (1.0 - guess) * _logistic((ability.mean - difficulty.mean) / spread)


def information(at: float, difficulty: float, guess: float) -> float:
    """Return the Fisher information of an answer about an ability `at`, in 1/logit²."""
    s = _logistic(at - difficulty)
    return (1.0 - guess) * s * s * (1.0 - s) / (guess + (1.0 - guess) * s)


def worth(inputs: Inputs, item: Choosable) -> float:
    """Return what an item is chosen by, more is better, rounded: see the module; 0 in assessments, where lots decide."""
    difficulty = inputs.difficulties.get(item.item_id, inputs.stated)
    if inputs.mode == "practice":
        found = -abs(success(_ability(inputs, item), difficulty, item.guess) - PRACTICE_TARGET)
    elif inputs.mode == "placement":
        found = information(_ability(inputs, item).mean, difficulty.mean, item.guess)
    elif inputs.mode == "certification" and inputs.cut is not None:
        found = information(inputs.cut, difficulty.mean, item.guess)
    else:
        found = 0.0
    return round(found, _DIGITS)


def in_order(inputs: Inputs, purpose: str, items: Sequence[C]) -> list[C]:
    """Return the items of a pool in the order in which they are to be drawn.

    Args:
        purpose: names the pool: what one pool passes over has the same chance as the rest in the next.
    """

    def lot(item: Choosable) -> bytes:
        return rank(inputs.seed, f"draw {purpose}", str(item.item_id))

    exposure = inputs.exposure if inputs.mode == "certification" else None
    groups: dict[tuple[bool, bool], list[C]] = {}
    for item in sorted(items, key=lambda item: (-worth(inputs, item), lot(item))):
        waits = exposure is not None and exposure.is_used_up(item.item_id)
        groups.setdefault((item.item_id in inputs.seen, waits), []).append(item)
    listed: list[C] = []
    for key in sorted(groups):
        group = groups[key]
        if inputs.mode == "placement":
            group = _in_turn(group)
        elif inputs.mode == "certification":
            group = _among_best(group, lot)
        listed += group
    return listed


def _ability(inputs: Inputs, item: Choosable) -> Estimate:
    """The ability that an item asks: the mean over its skills."""
    of = [inputs.ability(skill) for skill in item.skills]
    return Estimate(
        math.fsum(entry.mean for entry in of) / len(of), math.fsum(entry.variance for entry in of) / len(of)
    )


def _in_turn(items: Sequence[C]) -> list[C]:
    """The best item of each first skill, then the second best of each …; skills by their best item."""
    by_skill: dict[str, list[C]] = {}
    for item in items:
        by_skill.setdefault(item.skills[0], []).append(item)
    longest = max((len(listed) for listed in by_skill.values()), default=0)
    return [listed[turn] for turn in range(longest) for listed in by_skill.values() if turn < len(listed)]


def _among_best(items: Sequence[C], lot: Callable[[C], bytes]) -> list[C]:
    """One after the other, by lot among the best that are left."""
    left, listed = list(items), []
    while left:
        chosen = min(range(min(AMONG_BEST, len(left))), key=lambda place: lot(left[place]))
        listed.append(left.pop(chosen))
    return listed


def _logistic(x: float) -> float:
    if x >= 0:
        return 1.0 / (1.0 + math.exp(-x)) if x < 700 else 1.0
    grown = math.exp(x) if x > -700 else 0.0
    return grown / (1.0 + grown)
