"""The rubric of a task: criteria with levels in words, frozen with the item's revision. Pure: no Django, no clock."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from assessments.items.kinds.base import (
    Issue,
    half_width,
    head_and_text,
    id_issues,
    is_words,
    language_tag,
    lines,
    only_members,
)

MAX_CRITERIA, MAX_LEVELS, MAX_POINTS = 10, 8, 100
DEFAULT_TOLERANCE = 20
_HEADING = re.compile(r"\[(.*)\]")
_TOLERANCE = re.compile(r"tolerance\s*:?\s*(\S+?)\s*%?", re.IGNORECASE)
_LEVEL = re.compile(r"([0-9]{1,4})\s+([A-Za-z0-9-]+)")
_LANGUAGE = re.compile(r"[A-Za-z0-9-]+")


@dataclass(frozen=True)
class Criterion:
    """One thing that is looked at: its title and what each number of points means, by language."""

    id: str
    title: Mapping[str, str]
    levels: Mapping[int, Mapping[str, str]]

    @property
    def most(self) -> int:
        return max(self.levels)


@dataclass(frozen=True)
class Rubric:
    """The criteria, and how many hundredths of the whole two markers may be apart before a third decides."""

    criteria: tuple[Criterion, ...]
    tolerance: int

    @property
    def most(self) -> int:
        return sum(criterion.most for criterion in self.criteria)

    def share(self, points: Mapping[str, int]) -> Fraction:
        """Return the points as a share of all that can be had.

        Raises:
            ValueError: a criterion is missing or unknown, or a number of points is none of its levels.
        """
        if set(points) != {criterion.id for criterion in self.criteria}:
            raise ValueError("points are given for other criteria than the rubric has")
        for criterion in self.criteria:
            given = points[criterion.id]
            if isinstance(given, bool) or not isinstance(given, int) or given not in criterion.levels:
                raise ValueError(f"{criterion.id}: {given!r} is none of the levels")
        return Fraction(sum(points.values()), self.most)

    @classmethod
    def of(cls, key: Mapping[str, Any]) -> Rubric:
        """Return the rubric that a valid key holds."""
        return cls(
            tuple(
                Criterion(
                    criterion["id"],
                    criterion["title"],
                    {level["points"]: level["text"] for level in criterion["levels"]},
                )
                for criterion in key["criteria"]
            ),
            key.get("tolerance", DEFAULT_TOLERANCE),
        )


def rubric_issues(key: Mapping[str, Any], languages: Sequence[str]) -> Iterator[Issue]:
    """Yield what is wrong with a rubric; each of `languages` must have every title and level."""
    yield from only_members(key, "criteria", "tolerance")
    tolerance = key.get("tolerance", DEFAULT_TOLERANCE)
    if isinstance(tolerance, bool) or not isinstance(tolerance, int) or not 0 <= tolerance <= 100:
        yield Issue("/key/tolerance", "must be a whole number of per cent, 0 to 100")
    criteria = key.get("criteria")
    if not isinstance(criteria, list) or not 1 <= len(criteria) <= MAX_CRITERIA:
        yield Issue("/key/criteria", f"must be 1 to {MAX_CRITERIA} criteria")
        return
    seen: set[str] = set()
    for index, criterion in enumerate(criteria):
        at = f"/key/criteria/{index}"
        if not isinstance(criterion, Mapping) or set(criterion) != {"id", "title", "levels"}:
            yield Issue(at, "must be an object with id, title and levels")
            continue
        yield from id_issues(criterion["id"], f"{at}/id", seen)
        yield from _words_issues(criterion["title"], f"{at}/title", languages)
        yield from _level_issues(criterion["levels"], f"{at}/levels", languages)


def _level_issues(levels: Any, at: str, languages: Sequence[str]) -> Iterator[Issue]:
    if not isinstance(levels, list) or not 2 <= len(levels) <= MAX_LEVELS:
        yield Issue(at, f"must be 2 to {MAX_LEVELS} levels")
        return
    before = -1
    for index, level in enumerate(levels):
        here = f"{at}/{index}"
        if not isinstance(level, Mapping) or set(level) != {"points", "text"}:
            yield Issue(here, "must be an object with points and text")
            continue
        points = level["points"]
        if isinstance(points, bool) or not isinstance(points, int) or not before < points <= MAX_POINTS:
            yield Issue(f"{here}/points", f"must rise from level to level, up to {MAX_POINTS}")
        elif index == 0 and points != 0:
            yield Issue(f"{here}/points", "must be 0 at the lowest level")
        else:
            before = points
        yield from _words_issues(level["text"], f"{here}/text", languages)


def _words_issues(by_language: Any, at: str, languages: Sequence[str]) -> Iterator[Issue]:
    if not isinstance(by_language, Mapping) or not by_language:
        yield Issue(at, "must be there in each language")
        return
    for language in [entry for entry in languages if entry not in by_language]:
        yield Issue(at, f"is missing in {language}")
    for language, text in by_language.items():
        if not is_words(text):
            yield Issue(f"{at}/{language}", "says nothing or is too long")


def rubric_text(key: Mapping[str, Any]) -> str:
    """Return a rubric as its author writes it; see `rubric_from`."""
    written = []
    for criterion in key.get("criteria", ()):
        written += ["", f"[{criterion['id']}]", *(f"{tag}: {text}" for tag, text in criterion["title"].items())]
        for level in criterion["levels"]:
            written += [f"{level['points']} {tag}: {text}" for tag, text in level["text"].items()]
    if "tolerance" in key:
        written.insert(0, f"tolerance {key['tolerance']} %")
    return "\n".join(written).strip()


def rubric_from(text: str) -> dict[str, Any]:
    """Read `tolerance 20 %`, and for each criterion `[id]`, `en: title` and `0 en: what 0 points mean` lines.

    A line that is none of these becomes a criterion without levels, which `rubric_faults` refuses.
    """
    key: dict[str, Any] = {"criteria": []}
    criteria: list[dict[str, Any]] = key["criteria"]
    for line in lines(text):
        plain, (head, said) = half_width(line), head_and_text(line)
        if heading := _HEADING.fullmatch(plain):
            criteria.append({"id": heading[1].strip(), "title": {}, "levels": []})
        elif not criteria and (tolerance := _TOLERANCE.fullmatch(plain)):
            key["tolerance"] = int(tolerance[1]) if tolerance[1].isdecimal() else tolerance[1]
        elif criteria and said is not None and (level := _LEVEL.fullmatch(head)):
            _level(criteria[-1]["levels"], int(level[1]))["text"][language_tag(level[2])] = said
        elif criteria and said is not None and _LANGUAGE.fullmatch(head):
            criteria[-1]["title"][language_tag(head)] = said
        else:
            criteria.append({"id": line, "title": {}, "levels": []})
    return key


def _level(levels: list[dict[str, Any]], points: int) -> dict[str, Any]:
    for level in levels:
        if level["points"] == points:
            return level
    levels.append({"points": points, "text": {}})
    return levels[-1]
