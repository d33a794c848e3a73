"""How authors write options and titles in a text box: one a line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def options_from(text: str) -> list[dict[str, str]]:
    """Read `a: text` lines; a line without a colon has no id, which the item's rules refuse."""
    options = []
    for line in lines(text):
        identifier, colon, words = line.partition(":")
        options.append({"id": identifier.strip(), "text": words.strip()} if colon else {"id": "", "text": line})
    return options


def options_text(options: Sequence[Mapping[str, Any]]) -> str:
    return "\n".join(f"{option.get('id', '')}: {option.get('text', '')}" for option in options)


def titles_from(text: str) -> dict[str, str]:
    """Read `en: Title` lines.

    Raises:
        ValueError: a line has no colon, or a language is there twice.
    """
    titles: dict[str, str] = {}
    for line in lines(text):
        language, colon, title = line.partition(":")
        if not colon or language.strip() in titles:
            raise ValueError(f"“{line}” is not a title: write “en: Title”, one language a line")
        titles[language.strip()] = title.strip()
    return titles


def titles_text(titles: Mapping[str, str]) -> str:
    return "\n".join(f"{language}: {title}" for language, title in titles.items())
