"""One spelling for what is typed in several ways and looks the same, script by script. Pure: no Django, no clock.

Marks are put into one order and look-alike sequences are joined; no tone or vowel is taken away. Texts come in composed
(NFC), in lower case and without invisible characters. Each rule names what says so; docs/decisions/0059 lists them all.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping

# Scripts that put no spaces between words (The Unicode Standard, chapters 16 and 18): a space there, or at a border with
# other letters or digits, is a habit and no answer.
UNSPACED = (
    "\u0e01-\u0e5b\u0e81-\u0edf"  # Thai, Lao
    "\u1000-\u109f\uaa60-\uaa7f\ua9e0-\ua9fe"  # Myanmar
    "\u1780-\u17ff\u19e0-\u19ff"  # Khmer
    "\u3001-\u301f\u3041-\u30ff\u31f0-\u31ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # kana, Han, their signs
)


def in_one_spelling(text: str) -> str:
    """Return `text` in the one spelling that stands for all that look the same."""
    # Half blocks of Unicode: a rule is asked only where a letter of its script is.
    blocks = {ord(char) >> 7 for char in text}
    for of_script, rule in _RULES:
        if not of_script.isdisjoint(blocks):
            text = rule(text)
    return text


def _ordered(ranks: Mapping[str, int]) -> Callable[[re.Match[str]], str]:
    return lambda run: "".join(sorted(run[0], key=lambda mark: (ranks[mark], mark)))


def _ranks(*groups: str) -> dict[str, int]:
    return {mark: rank for rank, group in enumerate(groups) for mark in group}


# --- Thai and Lao: WTT 2.0 (Thai API Consortium) and The Unicode Standard 16.1, 16.2. A vowel above or below comes before the
# tone mark; phones let the tone come first, and SARA AM, which is NIKHAHIT and SARA AA, on either side of it.
_THAI_RANKS = _ranks(
    "\u0e3a", "\u0e38\u0e39\u0e31\u0e34\u0e35\u0e36\u0e37\u0e47", "\u0e4d", "\u0e48\u0e49\u0e4a\u0e4b", "\u0e4c\u0e4e"
)
_LAO_RANKS = _ranks(
    "\u0eba\u0ebc",
    "\u0eb1\u0eb4\u0eb5\u0eb6\u0eb7\u0eb8\u0eb9\u0ebb",
    "\u0ecd",
    "\u0ec8\u0ec9\u0eca\u0ecb",
    "\u0ecc\u0ece",
)
_THAI_MARKS = re.compile(f"[{''.join(_THAI_RANKS)}]{{2,}}")
_LAO_MARKS = re.compile(f"[{''.join(_LAO_RANKS)}]{{2,}}")
_TONE_BEHIND_AM = re.compile("(\u0e4d\u0e32)([\u0e48-\u0e4b])|(\u0ecd\u0eb2)([\u0ec8-\u0ecb])")
_AA_AFTER_VOCALIC = re.compile("(?<=[\u0e24\u0e26])\u0e32")


def _thai_and_lao(text: str) -> str:
    # SARA AE is typed as two SARA E, LAKKHANGYAO as SARA AA.
    text = text.replace("\u0e40\u0e40", "\u0e41").replace("\u0ec0\u0ec0", "\u0ec1")
    text = _AA_AFTER_VOCALIC.sub("\u0e45", text)
    text = _TONE_BEHIND_AM.sub(lambda am: f"{(am[1] or am[3])[0]}{am[2] or am[4]}{(am[1] or am[3])[1]}", text)
    text = _THAI_MARKS.sub(_ordered(_THAI_RANKS), text)
    return _LAO_MARKS.sub(_ordered(_LAO_RANKS), text)


# --- Khmer: The Unicode Standard 16.4 (order of a cluster), L2/21-241 “Khmer Encoding Structure” (what is typed in several
# ways and drawn alike): base, subscripts with RO last, ROBAT, shifter, vowels, signs.
_KHMER_CLUSTER = re.compile("([\u1780-\u17b3])((?:\u17d2[\u1780-\u17b3]|[\u17b6-\u17d1\u17d3\u17dd])+)")
_KHMER_UNIT = re.compile("\u17d2[\u1780-\u17b3]|.")
_KHMER_RANKS = {
    **dict.fromkeys(map(chr, range(0x17B6, 0x17C6)), 4),
    **dict.fromkeys(map(chr, range(0x17C6, 0x17DE)), 5),
    **_ranks("", "\u17d2", "\u17cc", "\u17c9\u17ca"),
    **dict.fromkeys("\u17c7\u17c8", 6),
}
# Under a vowel above, a shifter is drawn like the vowel U, and typed as it. Which it is follows from the consonant's series;
# BA takes both and stays as typed.
_FIRST_SERIES = "\u1780-\u1783\u1785-\u1788\u178a-\u178d\u178f-\u1792\u1795-\u1797\u179e-\u17a0\u17a2"
_SECOND_SERIES = "\u1784\u178e\u1793\u1798-\u179d\u17a1"
_ABOVE = "(?=[\u17b7-\u17ba\u17be\u17d0])"
_U_FOR_TRIISAP = re.compile(f"(?<=[{_FIRST_SERIES}])\u17bb{_ABOVE}")
_U_FOR_MUUSIKATOAN = re.compile(f"(?<=[{_SECOND_SERIES}])\u17bb{_ABOVE}")
_U_BEFORE_ABOVE = re.compile("([\u17b7-\u17ba])\u17bb")


def _khmer(text: str) -> str:
    # Discouraged independent vowels (The Unicode Standard, table 16-8), and the two forms of QOO.
    text = text.replace("\u17a3", "\u17a2").replace("\u17a4", "\u17a2\u17b6").replace("\u17b2", "\u17b1")
    return _KHMER_CLUSTER.sub(_khmer_cluster, text)


def _khmer_cluster(found: re.Match[str]) -> str:
    units = _KHMER_UNIT.findall(found[2])
    # Subscripts of DA and TA are one shape.
    units = ["\u17d2\u178f" if unit == "\u17d2\u178a" else unit for unit in units]
    subscripts = [unit for unit in units if len(unit) == 2]
    signs = sorted((unit for unit in units if len(unit) == 1), key=lambda sign: (_KHMER_RANKS[sign], sign))
    # Where two subscripts stand in a word, their order is the word's; RO is drawn in front of all of them.
    subscripts.sort(key=lambda subscript: subscript == "\u17d2\u179a")
    marks = _khmer_vowels("".join(signs))
    if subscripts:
        # With subscripts the series follows from all of the consonants: as typed.
        return found[1] + "".join(subscripts) + marks
    return _U_FOR_MUUSIKATOAN.sub("\u17c9", _U_FOR_TRIISAP.sub("\u17ca", found[1] + marks))


def _khmer_vowels(signs: str) -> str:
    """Join the vowels that were typed in two parts; the marks come sorted."""
    if "\u17c1" in signs and "\u17b8" in signs:
        signs = signs.replace("\u17c1", "", 1).replace("\u17b8", "\u17be", 1)
    elif "\u17c1" in signs and "\u17b6" in signs:
        signs = signs.replace("\u17c1", "", 1).replace("\u17b6", "\u17c4", 1)
    signs = "".join(sorted(signs, key=lambda sign: (_KHMER_RANKS[sign], sign)))
    # The shifter that U stands for comes before the vowel above.
    return _U_BEFORE_ABOVE.sub("\u17bb\\1", signs)


# --- Burmese: Unicode Technical Note #11 “Representing Myanmar in Unicode” (order of a syllable) and UTS #39 (confusables).
_BURMESE_RANKS = _ranks(
    *("\u103b", "\u103c", "\u103d", "\u103e", "\u1031", "\u102d", "\u102e", "\u1032", "\u102f", "\u1030"),
    *("\u102b", "\u102c", "\u1036", "\u1037", "\u103a", "\u1038"),
)
_BURMESE_MARK = "\u102b-\u1032\u1036-\u103e"
_BURMESE_MARKS = re.compile(f"[{''.join(_BURMESE_RANKS)}]{{2,}}")
# A mark behind it, or a closed syllable, shows that a letter is meant.
_IS_LETTER = f"(?=[{_BURMESE_MARK}]|[\u1000-\u1021]\u1037?\u103a)"
_DIGITS_WITH_WA = re.compile(
    f"[0-9\u1040-\u1049](?:[0-9\u1040-\u1049]|\u101d(?!{_IS_LETTER}))+|(?<![\u1000-\u109f])\u101d(?!{_IS_LETTER})(?=[0-9\u1040-\u1049])"
)
_LETTERS_TYPED_AS_DIGITS = (
    (re.compile(f"(?<![0-9\u1040-\u1049])\u1040{_IS_LETTER}"), "\u101d"),  # zero for WA
    (re.compile(f"(?<![0-9\u1040-\u1049])\u1047{_IS_LETTER}"), "\u101b"),  # seven for RA
    (re.compile("(?<![0-9\u1040-\u1049])\u1044(?=\u1004\u103a\u1038)"), "\u104e"),  # four for AFOREMENTIONED
)
_U_FOR_NYA = re.compile("\u1025(?=\u102c|\u1037?\u103a|\u1039)")


def _burmese(text: str) -> str:
    text = _BURMESE_MARKS.sub(_ordered(_BURMESE_RANKS), text)
    for pattern, letter in _LETTERS_TYPED_AS_DIGITS:
        text = pattern.sub(letter, text)
    text = wa_as_zero(text)
    # The letter U never carries AA, ASAT or VIRAMA, NYA never II; the letter O is drawn like SA with medial RA.
    text = _U_FOR_NYA.sub("\u1009", text).replace("\u1009\u102e", "\u1026")
    return text.replace("\u102a", "\u101e\u103c\u1031\u102c\u103a").replace("\u1029", "\u101e\u103c")


def wa_as_zero(text: str) -> str:
    """Return `text` with the Burmese letter WA as 0 where it stands in a row of digits."""
    return _DIGITS_WITH_WA.sub(lambda run: run[0].replace("\u101d", "0"), text)


# --- Tamil: The Unicode Standard 12.6. The right half of AU is drawn like the letter LLA; SRI is written with SA or SHA.
_LLA_FOR_AU = re.compile("\u0bc6\u0bb3(?![\u0bbe-\u0bcd\u0bd7])")


def _tamil(text: str) -> str:
    return _LLA_FOR_AU.sub("\u0bcc", text).replace("\u0bb8\u0bcd\u0bb0\u0bc0", "\u0bb6\u0bcd\u0bb0\u0bc0")


# --- Kana: JIS X 4051 and The Unicode Standard 18.4. The sound mark ー stands behind kana only, a dash hardly ever does.
_KANA = "\u3041-\u3096\u309d\u309e\u30a1-\u30fa\u30fc-\u30ff"
_DASH_AFTER_KANA = re.compile(f"(?<=[{_KANA}])-")
_SOUND_MARK_ELSEWHERE = re.compile(f"(?<![{_KANA}])\u30fc")
_MIDDLE_DOT = re.compile(
    "(?<=[\u3041-\u30ff\u3400-\u9fff])[\u00b7\u2022\u2027\u2219\u22c5](?=[\u3041-\u30ff\u3400-\u9fff])"
)
# HE, BE and PE have one shape in hiragana and katakana.
_ONE_SHAPE = str.maketrans("\u3078\u3079\u307a", "\u30d8\u30d9\u30da")


def _kana(text: str) -> str:
    text = _SOUND_MARK_ELSEWHERE.sub("-", text)
    text = _DASH_AFTER_KANA.sub("\u30fc", text)
    return _MIDDLE_DOT.sub("\u30fb", text).translate(_ONE_SHAPE)


# --- Vietnamese: the tone is the syllable's. Where two vowels stand together it is written on the first (hóa) or the second
# (hoá), and keyboards differ: Decision 1989/QĐ-BGDĐT of 2018 and the older school; behind QU and GI it is on the vowel.
_TONES = "\u0300\u0301\u0303\u0309\u0323"
_VOWEL_PAIRS = (
    *(
        (first, second)
        for first, seconds in (("o", "aăe"), ("u", "yêơô"), ("i", "ê"), ("y", "ê"), ("ư", "ơ"))
        for second in seconds
    ),
    *(("qu", second) for second in "aăâeêiyoơô"),
    *(("gi", second) for second in "aăâeêoôơuư"),
)
_TONE_ON_SECOND = {
    unicodedata.normalize("NFC", first + tone) + second: first + unicodedata.normalize("NFC", second + tone)
    for first, second in _VOWEL_PAIRS
    for tone in _TONES
}
# Some keyboards give the tone before the mark that makes the vowel; canonical order leaves these two as they come.
_TONE_ON_SECOND |= {
    unicodedata.normalize("NFC", vowel + tone) + mark: unicodedata.normalize("NFC", vowel + mark + tone)
    for vowel, marks in (("a", "\u0302\u0306"), ("e", "\u0302"), ("o", "\u0302"))
    for mark in marks
    for tone in "\u0300\u0301\u0303\u0309"
}
_TONE_ON_FIRST = re.compile("|".join(sorted(_TONE_ON_SECOND, key=len, reverse=True)))


def _vietnamese(text: str) -> str:
    return _TONE_ON_FIRST.sub(lambda pair: _TONE_ON_SECOND[pair[0]], text)


# --- Malay in Arabic letters (Jawi): The Unicode Standard 9.2 and the code charts. Keyboards for Arabic give KAF for KEHEH, and
# U+06AC for GAF, which U+0762 is preferred to; TATWEEL only stretches a line.
_JAWI = str.maketrans({"\u0643": "\u06a9", "\u06ac": "\u0762", "\u0640": None})


def _arabic(text: str) -> str:
    return text.translate(_JAWI)


_RULES = (
    (frozenset({0x0E00 >> 7, 0x0E80 >> 7}), _thai_and_lao),
    (frozenset({0x1780 >> 7}), _khmer),
    (frozenset({0x1000 >> 7}), _burmese),
    (frozenset({0x0B80 >> 7}), _tamil),
    (frozenset({0x3000 >> 7, 0x3080 >> 7, *(dot >> 7 for dot in (0x00B7, 0x2022, 0x2219, 0x22C5))}), _kana),
    (frozenset({0x0600 >> 7, 0x0680 >> 7}), _arabic),
    (frozenset({0x0080 >> 7, 0x0100 >> 7, 0x0180 >> 7, 0x1E80 >> 7}), _vietnamese),
)
