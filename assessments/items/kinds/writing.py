"""How what people typed is compared, in every script of the member states. Pure: no Django, no clock.

Two texts are the same answer where they differ only in what a reader does not see, or in what a phone puts for the reader:
width, case, white space, curly quotes, the kind of dash, the digits of a script, the order in which marks were typed. The
classes are listed, with their sources, in docs/decisions/0059; what belongs to one script stands in `scripts`.

Sources: Unicode Standard Annex #15 (normalisation forms), #44 (categories, Default_Ignorable_Code_Point, decompositions);
The Unicode Standard 17, chapters 6 (dashes, apostrophes), 12 (Tamil), 16 (Thai, Lao, Khmer, Myanmar).
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from assessments.items.kinds.scripts import UNSPACED, in_one_spelling

# Seen by nobody, and no part of a word: joiners of graphemes, fillers, variation selectors, Khmer's inherent vowels.
_IGNORED = (
    *(0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164),
    *range(0x180B, 0x1810),
    *range(0xFE00, 0xFE10),
    *range(0xE0100, 0xE01F0),
)
_SAME_SIGN = {
    # Phones write ’ for ', and “ ” for ".
    **dict.fromkeys(map(ord, "‘’‛ʹʻʼ′"), "'"),
    **dict.fromkeys(map(ord, "“”„‟″"), '"'),
    # Hyphens, dashes, the minus sign, and the line that Japanese keyboards offer among them.
    **dict.fromkeys(map(ord, "‐‑‒–—―−⁃˗─━"), "-"),
    **dict.fromkeys(map(ord, "〜∼"), "~"),
    # What Portuguese keyboards have where a degree is meant.
    **dict.fromkeys(map(ord, "º˚"), "°"),
    # Eth and African D look like D with stroke in capitals.
    **dict.fromkeys(map(ord, "ÐƉ"), "Đ"),
    **dict.fromkeys(map(ord, "ðɖ"), "đ"),
    # Voiced sound marks that stand alone combine with the kana before them.
    0x309B: "\u3099",
    0x309C: "\u309a",
    **dict.fromkeys(_IGNORED, None),
}
# Between letters a grave or an acute accent is an apostrophe; alone it may be what was asked for.
_ACCENT_FOR_APOSTROPHE = re.compile(r"(?<=[^\W\d_])[`´](?=[^\W\d_])")
_SPACE_BESIDE = re.compile(f"(?<=[{UNSPACED}]) | (?=[{UNSPACED}])")
_OTHER_DIGIT = re.compile("[^\\D0-9]")
# Compatibility characters that say something else than what they are made of: 10² is no 102, ½ no 12, ① no 1.
_KEPT = frozenset({"<super>", "<sub>", "<circle>", "<fraction>"})
# Latin letters with a stroke have no decomposition.
_STROKED = str.maketrans({"đ": "d", "ø": "o", "ł": "l", "ħ": "h", "ı": "i"})
# The end of a sentence in the scripts of the member states, which keyboards put by themselves.
_CLOSING = frozenset(".。\u104b\u17d4\u17d5")
MIN_LENGTH_WITH_TYPO = 5


def normalised(text: str, *, keep_lines: bool = False) -> str:
    """Return `text` in NFC, without what cannot be seen (category C: zero-width, controls, unassigned), each run of white
    space one space; with `keep_lines` each line so.
    """
    if keep_lines:
        return "\n".join(_one_line(line) for line in text.splitlines()).strip()
    return _one_line(text)


def _one_line(text: str) -> str:
    if text.isascii() and text.isprintable():
        # Nothing to compose and nothing that cannot be seen.
        return " ".join(text.split())
    previous = None
    # What a removal brings together may compose anew: until nothing changes, so that a second reading changes nothing.
    while text != previous:
        previous = text
        text = unicodedata.normalize("NFC", text)
        if not text.isprintable():
            text = "".join(char for char in text if char.isspace() or unicodedata.category(char)[0] != "C")
        text = " ".join(text.split())
    return text


@lru_cache(maxsize=4096)
def folded(text: str, *, ignore_diacritics: bool = False) -> str:
    """Return what of `text` counts when it is compared; equal for two texts that are the same answer. Folding twice
    changes nothing.

    Diacritics are ignored on Latin letters only: in the other scripts marks are vowels and tones, and a different word.
    """
    if text.isascii() and text.isprintable() and "`" not in text:
        return " ".join(text.casefold().split())
    previous = None
    while text != previous:
        previous = text
        text = _folded_once(text)
        if ignore_diacritics:
            text = _without_diacritics(text)
    return text


def _folded_once(text: str) -> str:
    # First what cannot be seen, so that it parts nothing below.
    text = _one_line(text.translate(_SAME_SIGN))
    if "`" in text or "´" in text:
        text = _ACCENT_FOR_APOSTROPHE.sub("'", text)
    text = in_plain_forms(text).casefold()
    text = in_one_spelling(_one_line(text))
    text = with_ascii_digits(text)
    return _SPACE_BESIDE.sub("", text)


def in_plain_forms(text: str) -> str:
    """Return `text` with one form for each sign: half or full width, ligatures and presentation forms, quotes, dashes.

    What NFKC does, but for superscripts, subscripts, fractions and numbers in circles or brackets.
    """
    text = text.translate(_SAME_SIGN)
    plain = "".join(map(_plain_form, text))
    return text if plain == text else plain.translate(_SAME_SIGN)


@lru_cache(maxsize=2048)
def _plain_form(char: str) -> str:
    tag, *parts = unicodedata.decomposition(char).split() or ("",)
    if not tag.startswith("<") or tag in _KEPT or unicodedata.category(char) == "No":
        return char
    return "".join(_plain_form(chr(int(part, 16))) for part in parts)


def with_ascii_digits(text: str) -> str:
    """Return `text` with every decimal digit (category Nd: Thai, Lao, Khmer, Burmese, Tamil, …) as 0 to 9."""
    return _OTHER_DIGIT.sub(lambda digit: str(unicodedata.digit(digit[0])), text)


def without_closing(text: str) -> str:
    """Return folded `text` without the one sign at its end that ends a sentence; dots that are more than one stay."""
    if len(text) > 1 and text[-1] in _CLOSING and text[-2] not in _CLOSING:
        return text[:-1].rstrip()
    return text


def is_closed(text: str) -> bool:
    """Whether folded `text` ends like a sentence."""
    return text[-1:] in _CLOSING


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
    if not all(_is_latin(char) or char in " -'" for char in given + right):
        return False
    start = 0
    while start < min(len(given), len(right)) and given[start] == right[start]:
        start += 1
    a, b = given[start:], right[start:]
    if len(a) == len(b):
        return a[1:] == b[1:] or (len(a) > 1 and a[0] == b[1] and a[1] == b[0] and a[2:] == b[2:])
    return a[1:] == b or a == b[1:]
