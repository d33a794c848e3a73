"""The rubric in force, and its criteria with the framework's words for one skill and level."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from courses import public as courses
from learners.assessors.rules import Criterion, Rubric

_FILE = Path(__file__).parent / "data" / "rubric.json"


@dataclass(frozen=True)
class Asked:
    """A criterion as an assessor reads it; `statement` is the framework's own words, empty where it is not about them."""

    code: str
    name: str
    question: str
    statement: str


@lru_cache(maxsize=1)
def rubric() -> Rubric:
    """The rubric in force, from its file."""
    content = json.loads(_FILE.read_bytes())
    return Rubric(
        version=content["version"],
        points=tuple(content["points"]),
        needed=content["needed"],
        criteria=tuple(Criterion(one["code"], one["name"], one["question"], one["of"]) for one in content["criteria"]),
        agreeing={int(level): number for level, number in content["agreeing"].items()},
    )


def asked(skill: str, level: int) -> list[Asked]:
    """The criteria for a level of a skill; no query once the framework's statement is cached."""
    said = courses.statement(skill, level)
    return [
        Asked(one.code, one.name, one.question, str(getattr(said, one.of)) if one.of and said is not None else "")
        for one in rubric().criteria
    ]
