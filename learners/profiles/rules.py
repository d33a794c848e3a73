"""What a name, a language tag and an age may be."""

from __future__ import annotations

import re
import unicodedata

from common.languages import canonical
from common.marks import has_too_many_marks

MAX_LANGUAGES = 8
EARLIEST_BIRTH_YEAR = 1900

# Embeddings, overrides and isolates: they reorder what stands around a name. Marks and joiners, which many scripts
# need, are no such characters.
_BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Letters by their category that show nothing (Hangul fillers), the byte order mark, and tag characters: with them a name
# can look empty, or like another one.
_INVISIBLE = frozenset("\u115f\u1160\u3164\uffa0\ufeff") | frozenset(map(chr, range(0xE0000, 0xE0080)))
_REFUSED_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})
# RFC 5646, section 2.1, without extensions, grandfathered and private tags, which name no language of a course.
_TAG = re.compile(r"[a-z]{2,3}(-[a-z]{4})?(-([a-z]{2}|[0-9]{3}))?(-([a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*", re.IGNORECASE)


# Characters that canonical normalisation turns into another ideograph, though people tell them apart in names (U+FA19 and
# U+795E): the blocks CJK Compatibility Ideographs and their supplement.
_COMPATIBILITY_IDEOGRAPHS = re.compile("([\uf900-\ufaff\U0002f800-\U0002fa1f])")


class BadName(ValueError):
    """The text cannot be a name; `args[0]` is the reason's code: characters, marks or empty."""


def clean_name(text: str) -> str:
    """Return the name without white space around it, otherwise as written, in any script: nothing is normalised.

    Raises:
        BadName: it holds control characters, bidirectional controls or invisible letters (characters), too many marks in a row
            (marks), or no letter (empty).
    """
    name = text.strip()
    if any(
        character in _BIDI_CONTROLS
        or character in _INVISIBLE
        or unicodedata.category(character) in _REFUSED_CATEGORIES
        or (ord(character) & 0xFFFE) == 0xFFFE  # noncharacters
        or 0xFDD0 <= ord(character) <= 0xFDEF
        for character in name
    ):
        raise BadName("characters")
    if has_too_many_marks(name):
        raise BadName("marks")
    if not any(unicodedata.category(character).startswith("L") for character in name):
        raise BadName("empty")
    return name


def is_same_name(one_name: str, other_name: str) -> bool:
    """Whether two names are the same text, however it was typed: equal in Unicode's Normalization Form C (UAX #15).

    Ideographs that this form would replace by others count as themselves, and so do letter case, width and variants.
    """
    return _comparable(one_name) == _comparable(other_name)


def _comparable(name: str) -> str:
    parts = _COMPATIBILITY_IDEOGRAPHS.split(name)
    # Every second part is such an ideograph.
    return "".join(part if index % 2 else unicodedata.normalize("NFC", part) for index, part in enumerate(parts))


def clean_language(tag: str) -> str | None:
    """Return a BCP 47 tag in its conventional case; None when it is not one."""
    return canonical(tag) if _TAG.fullmatch(tag) and len(tag) <= 20 else None


def surely_of_age(*, birth_year: int, year: int, minimum: int) -> bool:
    """Whether whoever was born in `birth_year` is at least `minimum` years old on any day of `year`.

    Only the year is known, so a person counts as born on its last day.
    """
    return year - birth_year - 1 >= minimum


def is_latin(name: str) -> bool:
    """Whether every letter of the name is a Latin one."""
    return all(
        unicodedata.name(character, "").startswith(("LATIN ", "MODIFIER LETTER", "FEMININE ORD", "MASCULINE ORD"))
        for character in name
        if unicodedata.category(character).startswith("L")
    )
