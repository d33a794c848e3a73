"""The cards' files, checked when they are read."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "data"
APPEALS_FILE = Path(__file__).parent / "appeal.toml"
# What people wrote; texts in other languages are machine drafts until somebody has reviewed them.
SOURCE_LANGUAGE = "en"
_LISTS = ("inputs", "not_used", "decides", "does_not_decide", "limits", "sources")
# Not every rule claims something that could be measured.
_MAY_BE_EMPTY = ("claims",)
_TEXTS = ("purpose", "people", "data_kept")


class CardInvalid(ValueError):
    """A card's file is not a card; the message names file and place."""


@dataclass(frozen=True)
class Card:
    """What a scoring rule is for, what it uses and decides, and where its limits are.

    After the model cards of Mitchell et al. (2019), Proc. FAT*, 220-229. title, summary and appeal are texts by language;
    the rest is in English. `version` is that of the code: a test holds it. `claims` are what was measured of the rule, each with
    the worlds (simulations whose truth is known) or data in which it was shown.
    """

    rule: str
    version: str
    title: Mapping[str, str]
    summary: Mapping[str, str]
    appeal: Mapping[str, str]
    purpose: str
    inputs: Sequence[str]
    not_used: Sequence[str]
    decides: Sequence[str]
    does_not_decide: Sequence[str]
    people: str
    claims: Sequence[str]
    limits: Sequence[str]
    data_kept: str
    sources: Sequence[str]

    @property
    def languages(self) -> list[str]:
        """Those that title and summary are there in, sorted."""
        return sorted(self.title)


@lru_cache(maxsize=1)
def cards() -> Mapping[str, Card]:
    """Every card by its rule, in the order of the files' names.

    Raises:
        CardInvalid: a file is not a card.
    """
    return {path.stem: read_card(path) for path in sorted(FOLDER.glob("*.toml"))}


def read_card(path: Path) -> Card:
    """Return the card in the file.

    Raises:
        CardInvalid: a member is missing, unknown, empty or of the wrong kind, or the file is named otherwise.
    """
    given: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    names = {field.name for field in fields(Card)}
    if set(given) != names:
        raise CardInvalid(f"{path.name}: members {sorted(set(given) ^ names)}")
    if given["rule"] != path.stem:
        raise CardInvalid(f"{path.name}: rule is {given['rule']}")
    appeals = tomllib.loads(APPEALS_FILE.read_text(encoding="utf-8"))
    if given["appeal"] not in appeals:
        raise CardInvalid(f"{path.name}: appeal is none of {sorted(appeals)}")
    given["appeal"] = appeals[given["appeal"]]
    for name in ("version", *_TEXTS):
        _check_text(path, name, given[name])
    for name in (*_LISTS, *_MAY_BE_EMPTY):
        if not isinstance(given[name], list) or not (given[name] or name in _MAY_BE_EMPTY):
            raise CardInvalid(f"{path.name}: {name} is no list, or empty")
        for index, text in enumerate(given[name]):
            _check_text(path, f"{name}[{index}]", text)
    for name in ("title", "summary", "appeal"):
        if not isinstance(given[name], dict) or set(given[name]) != set(given["title"]):
            raise CardInvalid(f"{path.name}: {name} is not there in every language of the title")
        for language, text in given[name].items():
            _check_text(path, f"{name}.{language}", text)
    if SOURCE_LANGUAGE not in given["title"]:
        raise CardInvalid(f"{path.name}: there is no English")
    return Card(**given)


def _check_text(path: Path, place: str, value: Any) -> None:
    if not isinstance(value, str) or not value.strip():
        raise CardInvalid(f"{path.name}: {place} is no text, or empty")
