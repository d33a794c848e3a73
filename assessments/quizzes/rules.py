"""What makes a blueprint sound. Pure: no Django, no clock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from assessments.items.kinds import Fault

MOST_ITEMS = 200
SHORTEST_S, LONGEST_S = 60, 86_400
MODES = ("assessment", "practice")


@dataclass(frozen=True)
class Pool:
    """So many items whose first skill is `skill` and, if given, whose level is `level`."""

    skill: str
    level: int | None
    count: int

    def takes(self, *, skill: str, level: int) -> bool:
        """Whether an item of this first skill and level belongs to the pool."""
        return skill == self.skill and self.level in (None, level)

    def __str__(self) -> str:
        return self.skill if self.level is None else f"{self.skill} level {self.level}"


@dataclass(frozen=True)
class Blueprint:
    """A quiz as its author states it; the shape of `pools` stands at `Quiz`."""

    titles: Mapping[str, Any]
    mode: str
    pools: Any
    attempt_limit: int
    time_limit_s: int
    pass_share: Decimal


def read_pools(pools: Any) -> tuple[Pool, ...]:
    """Return the pools of a sound blueprint."""
    return tuple(Pool(entry["skill"], entry.get("level"), entry["count"]) for entry in pools)


def faults(blueprint: Blueprint, *, languages: Iterable[str]) -> list[Fault]:
    """Return what is wrong with a blueprint as such, whatever the bank holds."""
    return [*_pool_faults(blueprint.pools), *_other_faults(blueprint, languages)]


def shortages(pools: Iterable[Pool], bank: Iterable[tuple[str, int]]) -> list[Fault]:
    """Return which pools a bank of (first skill, level) cannot fill without drawing an item twice.

    A pool with a level lies within the pool of its skill without one, so counting is enough: each pool with a level
    needs its items, and the pool around them what these leave over.
    """
    pools, held = list(pools), list(bank)
    found = []
    for index, pool in enumerate(pools):
        within = sum(1 for skill, level in held if pool.takes(skill=skill, level=level))
        taken = 0 if pool.level is not None else sum(
            other.count for other in pools if other.skill == pool.skill and other.level is not None
        )  # fmt: skip
        if pool.count > within - taken:
            left = f", {taken} of them for narrower pools" if taken else ""
            found.append(Fault(f"/pools/{index}", f"{pool} asks for {pool.count} items, the bank has {within}{left}"))
    return found


def _whole(value: Any, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _pool_faults(pools: Any) -> Iterator[Fault]:
    if not isinstance(pools, list) or not pools:
        yield Fault("/pools", "must be a list of pools")
        return
    seen = set()
    total = 0
    for index, pool in enumerate(pools):
        at = f"/pools/{index}"
        if not isinstance(pool, Mapping):
            yield Fault(at, "must be an object with skill, level (or not) and count")
            continue
        for name in sorted(set(pool) - {"skill", "level", "count"}):
            yield Fault(f"{at}/{name}", "is not part of a pool")
        skill, level, count = pool.get("skill"), pool.get("level"), pool.get("count")
        if not isinstance(skill, str) or not skill:
            yield Fault(f"{at}/skill", "must be a skill's code")
        if level is not None and not _whole(level, 1, 6):
            yield Fault(f"{at}/level", "must be a whole number from 1 to 6")
        if not _whole(count, 1, MOST_ITEMS):
            yield Fault(f"{at}/count", f"must be a whole number from 1 to {MOST_ITEMS}")
        else:
            total += int(count or 0)
        if (str(skill), str(level)) in seen:
            yield Fault(at, "is there twice")
        seen.add((str(skill), str(level)))
    if total > MOST_ITEMS:
        yield Fault("/pools", f"draw {total} items, {MOST_ITEMS} are allowed")


def _other_faults(blueprint: Blueprint, languages: Iterable[str]) -> Iterator[Fault]:
    if blueprint.mode not in MODES:
        yield Fault("/mode", f"must be one of {', '.join(MODES)}")
    if not _whole(blueprint.attempt_limit, 1, 1000):
        yield Fault("/attempt_limit", "must be a whole number from 1 to 1000")
    if not _whole(blueprint.time_limit_s, SHORTEST_S, LONGEST_S):
        yield Fault("/time_limit_s", f"must be {SHORTEST_S} to {LONGEST_S} seconds")
    share = blueprint.pass_share
    if not share.is_finite() or not 0 <= share <= 1 or share != round(share, 3):
        yield Fault("/pass_share", "must be a number from 0 to 1 with at most three decimals")
    if not isinstance(blueprint.titles, Mapping):
        yield Fault("/titles", "must hold a title for each language")
        return
    for language in languages:
        if not isinstance(blueprint.titles.get(language), str) or not blueprint.titles[language].strip():
            yield Fault(f"/titles/{language}", "is missing: the edition is offered in this language")
