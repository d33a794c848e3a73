"""How many marks a letter of a name may bear."""

from __future__ import annotations

import unicodedata

# Burmese stacks up to nine on a consonant. Unicode's stream-safe format allows 30 (UAX #15, UAX15-D4): more than any name.
MAX_MARKS = 10


def has_too_many_marks(text: str) -> bool:
    """Whether more than `MAX_MARKS` characters of the category Mark follow each other."""
    return "M" * (MAX_MARKS + 1) in "".join(unicodedata.category(character)[0] for character in text)
