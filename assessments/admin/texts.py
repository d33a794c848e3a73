"""How authors write titles in a text box: one a line."""

from __future__ import annotations

from collections.abc import Mapping

from assessments.items.kinds.base import head_and_text, language_tag, lines


def titles_from(text: str) -> dict[str, str]:
    """Read `en: Title` lines.

    Raises:
        ValueError: a line has no colon, or a language is there twice.
    """
    titles: dict[str, str] = {}
    for line in lines(text):
        head, title = head_and_text(line)
        language = language_tag(head)
        if title is None or language in titles:
            raise ValueError(f"“{line}” is not a title: write “en: Title”, one language a line")
        titles[language] = title
    return titles


def titles_text(titles: Mapping[str, str]) -> str:
    return "\n".join(f"{language}: {title}" for language, title in titles.items())
