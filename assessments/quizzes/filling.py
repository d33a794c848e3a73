"""Whether a bank can fill pools that overlap in any way, and keeping it so while one draws. Pure: no Django, no clock.

Items of the same first skill, level and difficulty are one class: for the pools they are interchangeable. Filling pools
from classes without using an item twice is a flow problem (transportation): it can be done exactly when the largest flow
from the pools through the classes has the size of all that the pools ask. The flow is found along shortest augmenting
paths (Edmonds and Karp, Journal of the ACM 19(2), 1972, pages 248-264); there are a few dozen classes at most.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence

from assessments.items.kinds import Issue
from assessments.quizzes.rules import Pool

# First skill, level, stated difficulty.
ItemClass = tuple[str, int, str]


class Filling:
    """A largest assignment of classes to pools; `missing` says how many items each pool lacks in it.

    Narrow pools are served first, so what is missing is missing in the wider ones. While nothing is missing, `take` may
    be called until every pool has its items.
    """

    def __init__(self, pools: Sequence[Pool], held: Mapping[ItemClass, int], *, scale: int = 1) -> None:
        """Assign the classes of a bank to `pools`.

        Args:
            held: how many items of each class there are, in units of 1/scale.
        """
        classes = sorted(held)
        self._free = dict(held)
        self._takes = [
            [entry for entry in classes if pool.takes(skill=entry[0], level=entry[1], difficulty=entry[2])]
            for pool in pools
        ]
        self._flow: list[Counter[ItemClass]] = [Counter() for _ in pools]
        self.missing = [0] * len(pools)
        for index in sorted(range(len(pools)), key=lambda index: pools[index].breadth):
            wanted = pools[index].count * scale
            self.missing[index] = wanted - self._push(index, wanted)

    def within(self, index: int) -> int:
        """Units of the classes that a pool takes and that other pools have, by this assignment."""
        return sum(
            flow[entry] for other, flow in enumerate(self._flow) if other != index for entry in self._takes[index]
        )

    def take(self, index: int, item_class: ItemClass) -> bool:
        """Use one item of a class for a pool, if all pools can still be filled then; returns whether they can."""
        mine = self._flow[index]
        if not mine[item_class]:
            # Whatever the pool was to have instead becomes free; then somebody gives up one of this class.
            instead = next(entry for entry in self._takes[index] if mine[entry])
            mine[instead] -= 1
            self._free[instead] += 1
            if not self._free[item_class] and not self._release(item_class):
                mine[instead] += 1
                self._free[instead] -= 1
                return False
            self._free[item_class] -= 1
            return True
        mine[item_class] -= 1
        return True

    def _release(self, item_class: ItemClass) -> bool:
        """Make one item of a class free by moving what pools are to have; returns whether it could be done."""
        came_from: dict[ItemClass, tuple[int, ItemClass]] = {}
        waiting = deque([item_class])
        while waiting:
            at = waiting.popleft()
            for index, flow in enumerate(self._flow):
                if not flow[at]:
                    continue
                for other in self._takes[index]:
                    if other == item_class or other in came_from:
                        continue
                    came_from[other] = (index, at)
                    if self._free[other]:
                        self._move(other, item_class, came_from)
                        return True
                    waiting.append(other)
        return False

    def _move(self, free: ItemClass, end: ItemClass, came_from: Mapping[ItemClass, tuple[int, ItemClass]]) -> None:
        """Along a path, let each pool have the class it was found by instead of the one it held: so `end` becomes free."""
        self._free[free] -= 1
        at = free
        while at != end:
            index, before = came_from[at]
            self._flow[index][at] += 1
            self._flow[index][before] -= 1
            at = before
        self._free[end] += 1

    def _push(self, start: int, wanted: int) -> int:
        """Give a pool as much as possible of what it wants; returns how much that is."""
        pushed = 0
        while pushed < wanted:
            found = self._path(start)
            if found is None:
                break
            end, came_from = found
            amount, at = min(wanted - pushed, self._free[end]), end
            while came_from[at][1] is not None:
                pool, before = came_from[at]
                assert before is not None
                amount, at = min(amount, self._flow[pool][before]), before
            self._free[end] -= amount
            at = end
            while True:
                pool, before = came_from[at]
                self._flow[pool][at] += amount
                if before is None:
                    break
                self._flow[pool][before] -= amount
                at = before
            pushed += amount
        return pushed

    def _path(self, start: int) -> tuple[ItemClass, dict[ItemClass, tuple[int, ItemClass | None]]] | None:
        """Find a class that is free and how a pool gets to it: over which pools, giving up which classes."""
        came_from: dict[ItemClass, tuple[int, ItemClass | None]] = {}
        waiting: deque[ItemClass] = deque()
        for entry in self._takes[start]:
            came_from[entry] = (start, None)
            waiting.append(entry)
        while waiting:
            at = waiting.popleft()
            if self._free[at]:
                return at, came_from
            for index, flow in enumerate(self._flow):
                if flow[at]:
                    for other in self._takes[index]:
                        if other not in came_from:
                            came_from[other] = (index, at)
                            waiting.append(other)
        return None


def shortages(pools: Iterable[Pool], bank: Iterable[ItemClass]) -> list[Issue]:
    """Return which pools a bank cannot fill without drawing an item twice; empty exactly when `draw` succeeds.

    Args:
        bank: the class of each item.
    """
    pools, held = list(pools), Counter(bank)
    filling = Filling(pools, held)
    found = []
    for (pointer, index), pool in zip(_pointers(pools), pools, strict=True):
        if filling.missing[index]:
            within = sum(
                n for entry, n in held.items() if pool.takes(skill=entry[0], level=entry[1], difficulty=entry[2])
            )
            taken = filling.within(index)
            left = f", {taken} of them for other pools" if taken else ""
            found.append(Issue(pointer, f"{pool} asks for {pool.count} items, the bank has {within}{left}"))
    return found


def overexposures(pools: Iterable[Pool], bank: Iterable[ItemClass], *, most: float) -> list[Issue]:
    """Return which pools are too small for every item to come in a share of at most `most` of the attempts.

    Over many attempts each item yields `most` of an item per attempt; so this is the same flow, with those shares.
    """
    pools, scale = list(pools), 1000
    held = {entry: round(n * most * scale) for entry, n in Counter(bank).items()}
    filling = Filling(pools, held, scale=scale)
    return [
        Issue(
            pointer,
            f"{pool} has too few items for an exposure of at most {most:g}: add items, or allow more (max_exposure)",
        )
        for (pointer, index), pool in zip(_pointers(pools), pools, strict=True)
        if filling.missing[index]
    ]


def _pointers(pools: Sequence[Pool]) -> list[tuple[str, int]]:
    """Where each pool stands in its blueprint, and its place in `pools`."""
    counted: Counter[int] = Counter()
    found = []
    for index, pool in enumerate(pools):
        place = counted[pool.section]
        counted[pool.section] += 1
        at = f"/sections/{pool.section - 1}/pools/{place}" if pool.section else f"/pools/{place}"
        found.append((at, index))
    return found
