"""Which lessons a learner may skip. Pure: no Django, no clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

# A lesson is waived when every skill it teaches is held at the level it leads to, or above.
RULE = "waiver-1"


class Lesson(Protocol):
    """What the rule needs to know of a lesson: `levels` says which level of which skill it leads to."""

    @property
    def id(self) -> UUID: ...
    @property
    def levels(self) -> Mapping[str, int]: ...


@dataclass(frozen=True)
class Held:
    """A level that a learner holds: with which probability, by which answer and rule, as far as that is known."""

    level: int
    probability: float
    evidence: str | None
    rule: str | None


@dataclass(frozen=True)
class Ground:
    """One skill of a waived lesson: the level it leads to, and the one that is held."""

    skill: str
    level: int
    held: Held


def counts(levels: Mapping[str, int], held: Mapping[str, int]) -> bool:
    """Whether a lesson that leads to `levels` may be skipped by who holds `held`; never one that names no skill."""
    return bool(levels) and all(held.get(code, 0) >= level >= 1 for code, level in levels.items())


def waived(lessons: Iterable[Lesson], held: Mapping[str, Held]) -> dict[UUID, list[Ground]]:
    """Return the lessons that may be skipped, each with its grounds by skill; never one that names no skill."""
    levels = {code: by.level for code, by in held.items()}
    found = {}
    for lesson in lessons:
        if counts(lesson.levels, levels):
            found[lesson.id] = [Ground(code, level, held[code]) for code, level in sorted(lesson.levels.items())]
    return found
