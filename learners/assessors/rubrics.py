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
class CriterionText:
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
        criteria=tuple(
            Criterion(criterion["code"], criterion["name"], criterion["question"], criterion["of"])
            for criterion in content["criteria"]
        ),
        agreeing={int(level): number for level, number in content["agreeing"].items()},
    )


def criterion_texts(skill: str, level: int) -> list[CriterionText]:
    """The criteria for a level of a skill; no query once the framework's statement is cached."""
    statement = courses.statement(skill, level)
    return [
        CriterionText(
            criterion.code,
            criterion.name,
            criterion.question,
            str(getattr(statement, criterion.of)) if criterion.of and statement is not None else "",
        )
        for criterion in rubric().criteria
    ]
