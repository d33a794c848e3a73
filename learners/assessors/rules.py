"""When assessors give a level, and when they refuse it.

So many assessors have to agree as the level asks (levels 4, 5 and 6: one, two, a panel of three; data of the rubric). Each
judges alone. Whichever side the needed number is first on, decides; until then a further assessor is asked, so that a
disagreement is settled by one more person and never by a rule or by either of the two: at most one less than twice the
needed number are ever asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Criterion:
    """One question of a rubric; `of` names the part of the framework's statement that it is about, None for none."""

    code: str
    name: str
    question: str
    of: str | None


@dataclass(frozen=True, slots=True)
class Rubric:
    """A version of the rubric: what the points 0, 1, … mean, how many each criterion needs, and who has to agree.

    agreeing: number of assessors that have to agree, by level; the levels that assessors give are those in it.
    """

    version: str
    points: tuple[str, ...]
    needed: int
    criteria: tuple[Criterion, ...]
    agreeing: Mapping[int, int]


def is_complete(rubric: Rubric, points: Mapping[str, int]) -> bool:
    """Whether every criterion of the rubric, and nothing else, has points that it knows."""
    return points.keys() == {criterion.code for criterion in rubric.criteria} and all(
        0 <= given < len(rubric.points) for given in points.values()
    )


def contradicts(rubric: Rubric, points: Mapping[str, int], *, recommended: bool) -> bool:
    """Whether a recommendation does not follow from its points: yes needs every criterion shown, no needs one that is not."""
    return recommended != all(given >= rubric.needed for given in points.values())


def outcome(verdicts: Sequence[bool], *, agreeing: int) -> bool | None:
    """Return True (given), False (refused), or None: a further assessor has to look."""
    for side in (True, False):
        if sum(verdict is side for verdict in verdicts) >= agreeing:
            return side
    return None


def may_ask_for(*, level: int, current: int, span: tuple[int, int], max_jump: int) -> bool:
    """Whether a learner at level `current` may ask for `level`: of the skill's range, higher, and at most a jump above.

    The lowest level of a skill may be asked for by anybody.
    """
    lowest, highest = span
    return lowest <= level <= highest and current < level <= max(current + max_jump, lowest)
