"""Which groups are compared and when a difference is an alert. Pure: no Django, no clock.

The values stand in data/rule.toml. Overall, a person counts once, with their first attempt of the window, and groups are
compared within each quiz and then pooled: otherwise a group that took the harder quizzes would seem to be treated worse.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

from assessments.fairness.statistics import Tally, benjamini_hochberg, ratio_of, wilson

RULE_VERSION = "fairness-1"
RULE_FILE = Path(__file__).parent / "data" / "rule.toml"

PASS_RATE, APPEALS_UPHELD = "pass_rate", "appeals_upheld"
MEASURES = (PASS_RATE, APPEALS_UPHELD)
GENDERS = ("female", "male", "another")
DEVICES = ("phone", "tablet", "computer")
INSUFFICIENT, REFERENCE, WITHIN, WATCH, ALERT = "insufficient", "reference", "within", "watch", "alert"
VERDICTS = (INSUFFICIENT, REFERENCE, WITHIN, WATCH, ALERT)


class RuleInvalid(ValueError):
    """data/rule.toml is not a rule; the message names the place."""


@dataclass(frozen=True)
class Rule:
    """The values of data/rule.toml."""

    version: str
    window_days: int
    smallest_group: int
    least_ratio: float
    false_discovery_rate: float
    age_bands: tuple[tuple[int, int], ...]

    def age_band(self, age: int) -> str | None:
        """The band's name ("25-34", "under 25", "55 and over"); None outside of all."""
        return next((name_of(band) for band in self.age_bands if band[0] <= age <= band[1]), None)


def name_of(band: tuple[int, int]) -> str:
    """Return how a band of ages is called."""
    first, last = band
    return f"under {last + 1}" if first == 0 else f"{first} and over" if last >= 100 else f"{first}-{last}"


def read_rule(text: str) -> Rule:
    """Return the rule that the text of a rule.toml states.

    Raises:
        RuleInvalid: a value is missing, unknown or out of its range.
    """
    given = tomllib.loads(text)
    if set(given) != set(Rule.__dataclass_fields__):
        raise RuleInvalid(f"members: {sorted(set(given) ^ set(Rule.__dataclass_fields__))}")
    rule = Rule(**{**given, "age_bands": tuple((first, last) for first, last in given["age_bands"])})
    if rule.version != RULE_VERSION:
        raise RuleInvalid(f"version: {rule.version} is not {RULE_VERSION}")
    if rule.smallest_group < 30:
        raise RuleInvalid("smallest_group: smaller groups are never shown")
    if not (0 < rule.least_ratio < 1 and 0 < rule.false_discovery_rate < 1 and rule.window_days > 0):
        raise RuleInvalid("least_ratio, false_discovery_rate: between 0 and 1; window_days: above 0")
    edges = [edge for band in rule.age_bands for edge in band]
    if edges != sorted(set(edges)) or any(a[1] + 1 != b[0] for a, b in pairwise(rule.age_bands)):
        raise RuleInvalid("age_bands: must follow one another without a gap")
    return rule


@lru_cache(maxsize=1)
def rule() -> Rule:
    """The rule in force."""
    return read_rule(RULE_FILE.read_text())


@dataclass(frozen=True)
class Observation:
    """One outcome of one person: favourable or not, at which quiz (None for appeals), and their group by dimension."""

    quiz_id: UUID | None
    favourable: bool
    groups: Mapping[str, str]


@dataclass(frozen=True)
class Figure:
    """One group of a comparison. An insufficient one shows nothing, not even whether there is anybody.

    `people` is rounded to the nearest 5 and shares to whole percents, after the verdict was found with the exact ones.
    An empty `group` means a whole dimension in which no two groups are large enough.
    """

    measure: str
    quiz_id: UUID | None
    dimension: str
    group: str
    verdict: str
    people: int | None = None
    share: float | None = None
    share_low: float | None = None
    share_high: float | None = None
    ratio: float | None = None
    ratio_low: float | None = None
    ratio_high: float | None = None
    p_value: float | None = None
    q_value: float | None = None


def compare(
    observations: Iterable[Observation],
    *,
    measure: str,
    quiz_id: UUID | None,
    dimensions: Mapping[str, Sequence[str]],
    rule: Rule,
    briefly: bool = False,
) -> list[Figure]:
    """Return the figures of every group that `dimensions` lists; verdicts are final only after `settle`.

    Args:
        dimensions: all groups that could be there, by dimension: an empty group looks like a small one.
        briefly: one figure for a dimension in which no two groups are large enough.
    """
    counted: dict[str, dict[str, dict[UUID | None, list[int]]]] = {dimension: {} for dimension in dimensions}
    for observation in observations:
        for dimension, group in observation.groups.items():
            if dimension in counted:
                cell = counted[dimension].setdefault(group, {}).setdefault(observation.quiz_id, [0, 0])
                cell[0] += observation.favourable
                cell[1] += 1
    figures: list[Figure] = []
    for dimension, groups in dimensions.items():
        tables = {
            group: {stratum: Tally(*cell) for stratum, cell in counted[dimension].get(group, {}).items()}
            for group in groups
        }
        figures += _of_dimension(measure, quiz_id, dimension, tables, rule, briefly)
    return figures


def _of_dimension(
    measure: str,
    quiz_id: UUID | None,
    dimension: str,
    tables: Mapping[str, Mapping[UUID | None, Tally]],
    rule: Rule,
    briefly: bool,
) -> list[Figure]:
    totals = {group: _sum(table) for group, table in tables.items()}
    enough = [group for group, total in totals.items() if total.n >= rule.smallest_group]
    if briefly and len(enough) < 2:
        return [Figure(measure, quiz_id, dimension, "", INSUFFICIENT)]
    reference = max(enough, key=lambda group: totals[group].n, default=None)
    figures = []
    for group, table in tables.items():
        figure = Figure(measure, quiz_id, dimension, group, INSUFFICIENT)
        if group in enough and reference is not None:
            low, high = wilson(totals[group])
            figure = replace(
                figure,
                verdict=REFERENCE,
                people=5 * round(totals[group].n / 5),
                share_low=low,
                share_high=high,
                share=totals[group].favourable / totals[group].n,
            )
            if group != reference:
                figure = _compared_with(figure, table, tables[reference], rule)
        figures.append(figure)
    return figures


def _sum(table: Mapping[UUID | None, Tally]) -> Tally:
    return Tally(sum(tally.favourable for tally in table.values()), sum(tally.n for tally in table.values()))


def _compared_with(
    figure: Figure, table: Mapping[UUID | None, Tally], reference: Mapping[UUID | None, Tally], rule: Rule
) -> Figure:
    """The figure compared with the reference, where both have enough people in the same quizzes."""
    common = [(table[stratum], reference[stratum]) for stratum in sorted(set(table) & set(reference), key=str)]
    found = ratio_of(common)
    if (
        found is None
        or min(sum(entry.n for entry, _ in common), sum(other.n for _, other in common)) < rule.smallest_group
    ):
        return Figure(figure.measure, figure.quiz_id, figure.dimension, figure.group, INSUFFICIENT)
    return replace(
        figure, verdict=WITHIN, ratio=found.value, ratio_low=found.low, ratio_high=found.high, p_value=found.p_value
    )


def settle(figures: Sequence[Figure], *, rule: Rule) -> list[Figure]:
    """Give every comparison of a report its final verdict, and round what is kept.

    An alert is a ratio beyond four fifths, either way, that is also clear of chance over all comparisons; beyond four
    fifths alone is something to watch.
    """
    compared = [index for index, figure in enumerate(figures) if figure.p_value is not None]
    q_values = dict(
        zip(compared, benjamini_hochberg([figures[index].p_value or 0.0 for index in compared]), strict=True)
    )
    return [_settled(figure, q_values.get(index), rule) for index, figure in enumerate(figures)]


def _settled(figure: Figure, q_value: float | None, rule: Rule) -> Figure:
    verdict = figure.verdict
    if q_value is not None and figure.ratio is not None:
        beyond = min(figure.ratio, 1 / figure.ratio) < rule.least_ratio if figure.ratio > 0 else True
        verdict = (ALERT if q_value <= rule.false_discovery_rate else WATCH) if beyond else WITHIN
    shares: dict[str, Any] = {
        name: None if getattr(figure, name) is None else round(getattr(figure, name), 2)
        for name in ("share", "share_low", "share_high", "ratio", "ratio_low", "ratio_high")
    }
    return replace(figure, verdict=verdict, q_value=q_value, **shares)
