"""How what people typed is compared, in every script of the member states. Pure: no Django, no clock.

Sources: Unicode Standard Annex #15 (normalisation forms) and #44 (categories); The Unicode Standard 17, chapter 16
(Thai, Lao, Khmer and Myanmar are written without spaces between words; ZERO WIDTH SPACE marks where a line may break).
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# Scripts that put no spaces between words: a space there, or none, is a habit and no answer.
_UNSPACED = (
    "\u0e01-\u0e5b\u0e81-\u0edf"  # Thai, Lao
    "\u1000-\u109f\uaa60-\uaa7f\ua9e0-\ua9fe"  # Myanmar
    "\u1780-\u17ff\u19e0-\u19ff"  # Khmer
    "\u3005-\u3007\u3041-\u30ff\u31f0-\u31ff\u3400-\u9fff\uf900-\ufaff"  # kana and Han
)
_SPACE_BETWEEN = re.compile(f"(?<=[{_UNSPACED}]) (?=[{_UNSPACED}])")
_THAI_LAO_AM = re.compile("([\u0e4d\u0ecd])([\u0e48-\u0e4b\u0ec8-\u0ecb])")
# What looks the same and is typed in two ways: SARA AE as two SARA E.
_TWICE_TYPED = (("\u0e40\u0e40", "\u0e41"), ("\u0ec0\u0ec0", "\u0ec1"))
# Latin letters with a stroke have no decomposition.
_STROKED = str.maketrans({"đ": "d", "ø": "o", "ł": "l", "ħ": "h", "ı": "i"})
MIN_LENGTH_WITH_TYPO = 5


def normalised(text: str, *, keep_lines: bool = False) -> str:
    """Return `text` in NFKC, without what cannot be seen (category C: zero-width, controls, unassigned), each run of white
    space one space; with `keep_lines` each line so, in NFC, for NFKC would change the look of prose.
    """
    if keep_lines:
        return "\n".join(_one_line(line, "NFC") for line in text.splitlines()).strip()
    return _one_line(text, "NFKC")


def _one_line(text: str, form: str) -> str:
    if text.isascii() and text.isprintable():
        # Nothing to compose and nothing that cannot be seen.
        return " ".join(text.split())
    previous = None
    # What a removal brings together may compose anew: until nothing changes, so that a second reading changes nothing.
    while text != previous:
        previous = text
        text = unicodedata.normalize(form, text)  # type: ignore[arg-type]
        text = " ".join(
            "".join(char for char in text if char.isspace() or unicodedata.category(char)[0] != "C").split()
        )
    return text


@lru_cache(maxsize=4096)
def folded(text: str, *, ignore_diacritics: bool = False) -> str:
    """Return what of `text` counts when it is compared: no case, no spaces where a script has none, one order of marks.

    Diacritics are ignored on Latin letters only: in the other scripts marks are vowels and tones, and a different word.
    """
    text = normalised(normalised(text).casefold())
    for twice, once in _TWICE_TYPED:
        text = text.replace(twice, once)
    # NFKC takes SARA AM apart, and its tone mark may have been typed before or after it.
    text = _THAI_LAO_AM.sub(r"\2\1", text)
    text = _SPACE_BETWEEN.sub("", text)
    if ignore_diacritics:
        text = _without_diacritics(text)
    return text


def _without_diacritics(text: str) -> str:
    kept = []
    on_latin = False
    for char in unicodedata.normalize("NFD", text):
        if unicodedata.category(char) == "Mn":
            if not on_latin:
                kept.append(char)
            continue
        on_latin = _is_latin(char)
        kept.append(char)
    return unicodedata.normalize("NFC", "".join(kept)).translate(_STROKED)


def _is_latin(char: str) -> bool:
    return char.isalpha() and unicodedata.name(char, "").startswith("LATIN")


def has_one_typo(given: str, right: str) -> bool:
    """Whether folded `given` is folded `right` with one letter too much, too few, wrong, or swapped with its neighbour.

    Only between words of Latin letters, and only from five characters on: in a short word, in digits, and in scripts where
    one character is a syllable or a word, one edit is another answer.
    """
    if len(right) < MIN_LENGTH_WITH_TYPO or abs(len(given) - len(right)) > 1 or given == right:
        return False
    if not all(_is_latin(char) or char in " -'’" for char in given + right):
        return False
    start = 0
    while start < min(len(given), len(right)) and given[start] == right[start]:
        start += 1
    a, b = given[start:], right[start:]
    if len(a) == len(b):
        return a[1:] == b[1:] or (len(a) > 1 and a[0] == b[1] and a[1] == b[0] and a[2:] == b[2:])
    return a[1:] == b or a == b[1:]
