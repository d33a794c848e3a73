"""What a design may say and how names are laid out. Pure: no clock, no database."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Final

# What a statement may leave open, and nothing else.
PLACEHOLDERS: Final = ("name", "achievement", "issuer", "issued_on", "valid_until")
# Fields of a design's texts in each language, with their greatest lengths in characters.
TEXT_LENGTHS: Final[Mapping[str, int]] = {"heading": 60, "statement": 240, "signatory": 100, "office": 140}
DEFAULT_ACCENT: Final = "#1b2a41"
_ACCENT = re.compile(r"#[0-9a-f]{6}")
# WCAG 2.2, success criterion 1.4.3: of text to its ground.
_MIN_CONTRAST: Final = 4.5
_OPEN = re.compile(r"\{([^{}]*)\}")
# A line of the smallest letters holds more than this; a longer text without a break point is given some.
_MAX_RUN_LENGTH: Final = 40
ZERO_WIDTH_SPACE: Final = "\u200b"


class TextRefused(ValueError):
    """A text or a colour of a design cannot stand on a certificate; the message is for whoever wrote it."""


def require_statement(text: str) -> None:
    """Check that a text leaves nothing open but `PLACEHOLDERS`.

    Raises:
        TextRefused: it has a brace of another use.
    """
    unknown = [name for name in _OPEN.findall(text) if name not in PLACEHOLDERS]
    if unknown or re.search(r"[{}]", _OPEN.sub("", text)):
        listed = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
        raise TextRefused(f"may have these placeholders only: {listed}")


def require_line(text: str) -> None:
    """Check that a text has no control characters, line breaks among them.

    Raises:
        TextRefused: it has.
    """
    if any(unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") for letter in text):
        raise TextRefused("must be one line, without control characters")


def require_accent(colour: str) -> None:
    """Check a colour: `#` and six hexadecimal digits in lower case, dark enough to be read on white.

    Raises:
        TextRefused: it is neither.
    """
    if not _ACCENT.fullmatch(colour):
        raise TextRefused("must be written like #1b2a41")
    if contrast_to_white(colour) < _MIN_CONTRAST:
        raise TextRefused("is too light to be read on white paper")


def contrast_to_white(colour: str) -> float:
    """The contrast ratio of `#rrggbb` to white, 1 to 21 (WCAG 2.2, relative luminance)."""
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (
        channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4 for channel in channels
    )
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)


def filled(statement: str, values: Mapping[str, str]) -> str:
    """The statement with its placeholders replaced, once: braces in a value are text."""
    return _OPEN.sub(lambda found: values.get(found[1], found[0]), statement)


def runs_right_to_left(text: str) -> bool:
    """Whether a text's first letter with a direction goes from right to left (Unicode Bidirectional Algorithm, P2)."""
    for character in text:
        kind = unicodedata.bidirectional(character)
        if kind in ("R", "AL"):
            return True
        if kind == "L":
            return False
    return False


def clusters(text: str, *, joining: frozenset[int]) -> Iterator[str]:
    """Each character with the marks and the `joining` characters behind it, which need one font together."""
    cluster = ""
    for character in text:
        if cluster and (unicodedata.category(character).startswith("M") or ord(character) in joining):
            cluster += character
            continue
        if cluster:
            yield cluster
        cluster = character
    if cluster:
        yield cluster


def breakable(name: str) -> str:
    """The name with break points in letters that run on for longer than a line.

    Only scripts that are broken at spaces need it: typesetting finds the break points of the others by their words.
    """
    parts = re.split(r"(\s+)", name)
    return "".join(_broken(part) if len(part) > _MAX_RUN_LENGTH and _breaks_at_spaces(part) else part for part in parts)


def _broken(run: str) -> str:
    pieces = list(clusters(run, joining=frozenset()))
    return ZERO_WIDTH_SPACE.join("".join(pieces[at : at + 10]) for at in range(0, len(pieces), 10))


def _breaks_at_spaces(run: str) -> bool:
    return unicodedata.name(run[0], "").startswith(("LATIN", "TAMIL"))
