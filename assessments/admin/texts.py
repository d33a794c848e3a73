"""How authors write options, pools and titles in a text box: one a line."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

_POOL = re.compile(r"(?P<skill>\S+)(?:\s+level\s+(?P<level>\d+))?\s*(?:×|x|:|\s)\s*(?P<count>\d+)", re.IGNORECASE)


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def options_from(text: str) -> list[dict[str, str]]:
    """Read `a: text` lines; a line without a colon has no id, which the item's rules refuse."""
    options = []
    for line in _lines(text):
        identifier, colon, words = line.partition(":")
        options.append({"id": identifier.strip(), "text": words.strip()} if colon else {"id": "", "text": line})
    return options


def options_text(options: Sequence[Mapping[str, Any]]) -> str:
    return "\n".join(f"{option.get('id', '')}: {option.get('text', '')}" for option in options)


def pools_from(text: str) -> list[dict[str, Any]]:
    """Read `AIS-A1 x 3` and `AIS-B1 level 2 x 4` lines.

    Raises:
        ValueError: a line is neither; the message quotes it.
    """
    pools = []
    for line in _lines(text):
        read = _POOL.fullmatch(line)
        if read is None or len(read["count"]) > 6 or len(read["level"] or "") > 6:
            raise ValueError(f"“{line}” is not a pool: write “AIS-A1 x 3” or “AIS-B1 level 2 x 4”, one a line")
        pool: dict[str, Any] = {"skill": read["skill"], "count": int(read["count"])}
        if read["level"]:
            pool["level"] = int(read["level"])
        pools.append(pool)
    return pools


def pools_text(pools: Sequence[Mapping[str, Any]]) -> str:
    return "\n".join(
        f"{pool['skill']} level {pool['level']} x {pool['count']}"
        if pool.get("level")
        else f"{pool['skill']} x {pool['count']}"
        for pool in pools
    )


def titles_from(text: str) -> dict[str, str]:
    """Read `en: Title` lines.

    Raises:
        ValueError: a line has no colon, or a language is there twice.
    """
    titles: dict[str, str] = {}
    for line in _lines(text):
        language, colon, title = line.partition(":")
        if not colon or language.strip() in titles:
            raise ValueError(f"“{line}” is not a title: write “en: Title”, one language a line")
        titles[language.strip()] = title.strip()
    return titles


def titles_text(titles: Mapping[str, str]) -> str:
    return "\n".join(f"{language}: {title}" for language, title in titles.items())
