"""The values behind hints, and how long reading a question takes at least. Pure: no Django, no clock."""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

RULE_VERSION = "integrity-1"
RULE_FILE = Path(__file__).parent / "data" / "rule.toml"

FAST, SHARED = "fast_answers", "shared_answers"
KINDS = (FAST, SHARED)
OPEN, DISMISSED, NOTED = "open", "dismissed", "noted"
STATES = (OPEN, DISMISSED, NOTED)

# Seconds below which an answer was not given to the question's text, by its length in letters: Wise and Kong (2005),
# Applied Measurement in Education 18, 163-183.
_FLOORS = ((200, 3.0), (1000, 5.0))
_FLOOR_OF_LONG = 10.0
# One ideograph or kana is read in the time of so many Latin letters: 987 a minute in English, 357 in Japanese
# (Trauzettel-Klosinski and Dietz 2012, Invest. Ophthalmol. Vis. Sci. 53, 5452-5461).
_LETTERS_OF_IDEOGRAPH = 2.8
_DENSE = ("CJK UNIFIED", "HIRAGANA", "KATAKANA", "HANGUL SYLLABLE")


class RuleInvalid(ValueError):
    """data/rule.toml is not a rule; the message names the place."""


@dataclass(frozen=True)
class Rule:
    """The values of data/rule.toml."""

    version: str
    window_days: int
    smallest_cohort: int
    largest_cohort: int
    least_common_items: int
    least_same_wrong: int
    least_timed_answers: int
    least_times_of_item: int
    least_hasty_share: float
    false_discovery_rate: float
    kept_days: int
    kept_days_noted: int


def read_rule(text: str) -> Rule:
    """Return the rule that the text of a rule.toml states.

    Raises:
        RuleInvalid: a value is missing, unknown or out of its range.
    """
    given = tomllib.loads(text)
    if set(given) != set(Rule.__dataclass_fields__):
        raise RuleInvalid(f"members: {sorted(set(given) ^ set(Rule.__dataclass_fields__))}")
    if given["version"] != RULE_VERSION:
        raise RuleInvalid(f"version: {given['version']} is not {RULE_VERSION}")
    for name, value in given.items():
        if name != "version" and not value > 0:
            raise RuleInvalid(f"{name}: must be above 0")
    if given["false_discovery_rate"] > 0.05 or given["least_hasty_share"] > 1:
        raise RuleInvalid("false_discovery_rate: at most .05; least_hasty_share: at most 1")
    return Rule(**given)


@lru_cache(maxsize=1)
def rule() -> Rule:
    """The rule in force."""
    return read_rule(RULE_FILE.read_text())


def letters(text: str) -> float:
    """Return the length of a text in Latin letters' worth of reading."""
    return sum(
        _LETTERS_OF_IDEOGRAPH if unicodedata.name(character, "").startswith(_DENSE) else 1.0 for character in text
    )


def reading_floor(texts: Iterable[str]) -> float:
    """Return the seconds below which these texts cannot have been read."""
    length = sum(map(letters, texts))
    return next((seconds for limit, seconds in _FLOORS if length < limit), _FLOOR_OF_LONG)


def texts_of(content: Mapping[str, Any]) -> list[str]:
    """Every text that a question shows in one language: prompt, and all lists of texts beside it."""
    found, waiting = [], [value for name, value in content.items() if name != "feedback"]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            found.append(value)
        elif isinstance(value, Mapping):
            waiting += [inner for name, inner in value.items() if name != "id"]
        elif isinstance(value, list):
            waiting += value
    return found
