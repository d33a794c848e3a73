"""What may be published of a count of learners. Pure.

The floor of 10 and the base of 5 are the register's strict defaults (`policy_default.small_cell_min`, `rounding_base`).

Complementary suppression is not needed, because nothing is published from which a suppressed cell could be worked out:
the cells of a state and skill are disjoint (a learner is at one level of a skill), each is rounded and suppressed by
itself, and no total over levels, skills or states is published anywhere. Zero and one to nine look the same, so that
not even the existence of a single learner shows.
"""

from __future__ import annotations

from collections.abc import Iterable

SMALLEST = 10
BASE = 5

Cell = tuple[str, str, int]


def published(count: int) -> int | None:
    """Return `count` rounded to the nearest 5, or None where it is below 10."""
    if count < SMALLEST:
        return None
    return BASE * ((count + BASE // 2) // BASE)


def cells(
    counts: Iterable[tuple[str, str, int, int]], *, states: Iterable[str], skills: Iterable[str], levels: Iterable[int]
) -> dict[Cell, int | None]:
    """Return the figure of each (state, skill, level): the whole grid, with None where there are fewer than 10 or none.

    `counts` are (state, skill, level, learners). A cell outside the grid (a skill of an older framework) is told only
    when it is large enough.
    """
    skills, levels = list(skills), list(levels)
    figures: dict[Cell, int | None] = {
        (state, skill, level): None for state in sorted(states) for skill in skills for level in levels
    }
    for state, skill, level, learners in counts:
        figure = published(learners)
        if figure is not None or (state, skill, level) in figures:
            figures[state, skill, level] = figure
    return figures


def permitted(requested: str | None, granted: Iterable[str]) -> frozenset[str] | None:
    """Return the states to answer for; None where the requested one is not granted, or nothing is."""
    allowed = frozenset(granted)
    if requested is not None:
        allowed &= {requested}
    return allowed or None
