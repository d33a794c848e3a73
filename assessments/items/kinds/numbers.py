"""How people write numbers, by language. Pure: no Django, no clock.

Which sign parts off decimals follows from the language (Unicode CLDR, by way of Babel); digits may be those of any script.
What has two readings is refused with both, never read as one of them without a word.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Context, Decimal
from functools import lru_cache

from babel import Locale, UnknownLocaleError

from assessments.items.kinds.scripts import wa_as_zero
from assessments.items.kinds.writing import in_plain_forms, normalised, with_ascii_digits

_LONGEST = 200
LARGEST = 10**20
# The language-free form, as JSON and course files have it.
_CANONICAL = re.compile(r"[+-]?(?:[0-9]{1,120}(?:\.[0-9]{0,60})?|\.[0-9]{1,60})(?:[eE][+-]?[0-9]{1,3})?")
_SHORTEST = Context(prec=200)
# A number longer than this is kept with an exponent.
_LONGEST_PLAIN = 60
# Languages of the member states that CLDR does not know, and whose signs they use: Tetum is written beside Portuguese.
_SIGNS_OF = {"tet": "pt_TL"}
_PARTS = re.compile(r"([+-]?) ?([0-9., '\u066b\u066c]*[0-9][0-9., '\u066b\u066c]*)([eE][+-]?[0-9]{1,3})?")
_GROUPED = r"[1-9][0-9]{{0,2}}(?:{sign}[0-9]{{3}})+|[1-9][0-9]?(?:{sign}[0-9]{{2}})+{sign}[0-9]{{3}}"
_BY_THOUSANDS = {sign: re.compile(_GROUPED.format(sign=re.escape(sign))) for sign in ".,"}
_BY_SPACES = re.compile(r"[1-9][0-9]{0,2}(?:([ '\u066c])[0-9]{3}(?:\1[0-9]{3})*)(?![0-9 '\u066c])")
# Chinese and Japanese count by ten thousands, and some write the comma so.
_BY_TEN_THOUSANDS = re.compile(r"[1-9][0-9]{0,3}(?:,[0-9]{4})+")
# Keys of Japanese, Chinese and Burmese keyboards that stand where others have the point and the comma.
_SIGN_OF_KEYBOARD = re.compile("(?<=\\d)[\u3001\u3002\u104a](?=\\d)")
_ENDS = ".\u3002\u104b\u17d4\u17d5"
# Letters that are typed for the digit that they look like (UTS #39, confusables.txt).
_LOOKS_LIKE = {
    "O": "0",
    "o": "0",
    "Ο": "0",
    "О": "0",
    "〇": "0",
    "○": "0",
    "l": "1",
    "I": "1",
    "ဝ": "၀",
    "ရ": "၇",
    "க": "௧",
    "உ": "௨",
    "ச": "௪",
    "எ": "௭",
    "அ": "௮",
}


class NumberRefused(Exception):
    """A text is no number, or no one number.

    Args:
        reason: `not_a_number`, `number_ambiguous` (values: written, first, second; either of them, written so, is read) or
            `letter_for_digit` (values: letter, digit).
    """

    def __init__(self, reason: str, **values: str) -> None:
        super().__init__(reason)
        self.reason, self.values = reason, values

    def __str__(self) -> str:
        """What is wrong, in English, for authors."""
        match self.reason:
            case "number_ambiguous":
                return (
                    f"“{self.values['written']}” can be read as {self.values['first']} or as {self.values['second']}: "
                    "write it as one of these"
                )
            case "letter_for_digit":
                return f"“{self.values['letter']}” is a letter: write the digit {self.values['digit']}"
        return "is not a number"


def canonical(value: object) -> Decimal | None:
    """Return the decimal that a JSON number, or a text in the language-free form, says exactly; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return Decimal(value) if abs(value) < LARGEST else Decimal(LARGEST)
    if isinstance(value, float):
        # The shortest text that reads back as the same float is what was written. NaN and infinities are no numbers.
        return Decimal(repr(value)) if value - value == 0 else None
    if isinstance(value, str) and _CANONICAL.fullmatch(value.strip(" ")):
        return Decimal(value.strip(" "))
    return None


def plain_text(number: Decimal, language: str | None = None) -> str:
    """Return the shortest text of a number, without exponent or thousands; `10000`, never `1E+4`. `read_number` reads it
    back as the same number in that language.
    """
    if not number:
        return "0"
    number = number.normalize(_SHORTEST)
    text = format(number, "f")
    text = text if len(text) <= _LONGEST_PLAIN else str(number)
    return text if language is None else text.replace(".", decimal_sign(language))


@lru_cache(maxsize=256)
def decimal_sign(language: str | None) -> str:
    """Return what parts off decimals in a language, `.` or `,`; a point for no language and for one that CLDR lacks."""
    if language is None:
        return "."
    tag = language.replace("-", "_")
    try:
        locale = Locale.parse(_SIGNS_OF.get(tag.partition("_")[0].lower(), tag))
    except (UnknownLocaleError, ValueError):
        return "."
    return "," if locale.number_symbols.get("latn", {}).get("decimal") == "," else "."


def language_name(language: str | None) -> str:
    """Return the English name of a language with its tag, the tag alone where CLDR has no name for it."""
    try:
        name = Locale.parse((language or "en").replace("-", "_")).english_name
    except (UnknownLocaleError, ValueError):
        name = None
    return f"{name} ({language})" if name and language else language or "English"


def read_number(written: str, *, language: str | None = None, unit: str = "") -> Decimal:
    """Return the number that somebody typed: digits of any script, signs as typography has them, thousands parted or not,
    the item's own unit before or behind it.

    Args:
        language: BCP 47; decides what `.` and `,` mean. None: the language-free form, a point for decimals.

    Raises:
        NumberRefused: it is no number, or can be read in two ways.
    """
    # A whole number, or a number in the language-free form where that is the language's too, has one reading.
    if written.isascii() and (written.isdecimal() or decimal_sign(language) == "."):
        number = canonical(written)
        if number is not None:
            return number
    text, unit = _plain(written[:_LONGEST]), _plain(unit)
    candidates = [text, text[:-1].rstrip()] if text[-1:] in _ENDS and len(text) > 1 else [text]
    # The unit is taken off only where the text is no number with it: the unit may begin with a digit or an e.
    candidates += [rest for rest in (_without_unit(candidate, unit) for candidate in candidates) if rest is not None]
    for candidate in candidates:
        number = _parsed(candidate, language)
        if number is not None:
            return number
    for candidate in candidates:
        _refuse_letters(candidate, language)
    raise NumberRefused("not_a_number")


def _plain(text: str) -> str:
    text = in_plain_forms(normalised(text))
    if text.isascii():
        return text
    text = _SIGN_OF_KEYBOARD.sub(lambda sign: "." if sign[0] == "\u3002" else ",", text)
    # The sound mark of kana is what Japanese keyboards have where the minus sign is.
    return with_ascii_digits(wa_as_zero(text)).replace("\u30fc", "-")


def _without_unit(text: str, unit: str) -> str | None:
    if not unit:
        return None
    if text.endswith(unit):
        return text.removesuffix(unit).rstrip()
    return text.removeprefix(unit).lstrip() if text.startswith(unit) else None


def _parsed(text: str, language: str | None) -> Decimal | None:
    """Return the one number that a plain text says; None where it says none.

    Raises:
        NumberRefused: it says two.
    """
    if language is None:
        return canonical(text.replace("\u066b", "."))
    parts = _PARTS.fullmatch(text)
    if parts is None:
        return None
    sign, body, exponent = parts[1], parts[2].strip(), parts[3] or ""
    found = [reading for reading in _readings(body, decimal_sign(language)) if _CANONICAL.fullmatch(reading)]
    values = [Decimal(f"{sign}{reading}{exponent}") for reading in found]
    if len(set(values)) > 1:
        first, second = (plain_text(value, language) for value in values[:2])
        raise NumberRefused("number_ambiguous", written=text, first=first, second=second)
    return values[0] if values else None


def _readings(body: str, decimal: str) -> list[str]:
    """Return what the digits and signs of `body` can mean, in the language-free form; most say one thing."""
    grouped = _BY_SPACES.match(body)
    if grouped is not None:
        body = re.sub("[ '\u066c]", "", grouped[0]) + body[grouped.end() :]
    if "\u066b" in body:
        return [body.replace("\u066b", ".")] if not {".", ","} & set(body) else []
    used = {char for char in body if char in ".,"}
    if not used:
        return [body]
    last = max(used, key=body.rindex)
    if len(used) == 2:
        whole, _, fraction = body.rpartition(last)
        other = (used - {last}).pop()
        return [f"{whole.replace(other, '')}.{fraction}"] if _BY_THOUSANDS[other].fullmatch(whole) else []
    as_decimal = body.replace(last, ".") if body.count(last) == 1 else None
    as_whole = body.replace(last, "") if _BY_THOUSANDS[last].fullmatch(body) else None
    if last == "," and decimal == "." and _BY_TEN_THOUSANDS.fullmatch(body):
        as_whole = body.replace(last, "")
        return [as_decimal, as_whole] if as_decimal else [as_whole]
    if as_decimal is None or as_whole is None:
        return [reading for reading in (as_decimal, as_whole) if reading is not None]
    if last == decimal:
        # Nobody types a nought at the end of decimals: with a comma, 10,000 is rather ten thousand in English writing.
        return [as_decimal, as_whole] if last == "," and body.endswith("0") else [as_decimal]
    # The point that groups by thousands is also the point of calculators and programs; the comma has no second meaning.
    return [as_decimal, as_whole] if last == "." else [as_whole]


def _refuse_letters(text: str, language: str | None) -> None:
    """Refuse a text that would be a number if a letter in it were the digit that it looks like.

    Raises:
        NumberRefused: it is such a text.
    """
    letters = [char for char in text if char in _LOOKS_LIKE]
    if not letters:
        return
    meant: Mapping[int, str] = {ord(letter): with_ascii_digits(digit) for letter, digit in _LOOKS_LIKE.items()}
    try:
        number = _parsed(text.translate(meant), language)
    except NumberRefused:
        number = Decimal(0)
    if number is not None:
        raise NumberRefused("letter_for_digit", letter=letters[0], digit=_LOOKS_LIKE[letters[0]])
