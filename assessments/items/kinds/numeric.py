"""A number, within a tolerance."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from decimal import Context, Decimal, Inexact, InvalidOperation
from typing import Any

from assessments.items.kinds.base import (
    NO_CONTENT,
    NO_TEXT,
    Content,
    Issue,
    ItemKind,
    ResponseRefused,
    Text,
    only_members,
)
from assessments.items.kinds.writing import normalised

# Locale-free: digits and a point; a comma would mean thousands to some and decimals to others.
_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,20}(?:\.[0-9]{0,20})?|\.[0-9]{1,20})(?:[eE][+-]?[0-9]{1,3})?")
_LARGEST = 10**20
_LONGEST = 200
# Minus signs and hyphens as keyboards and typography have them; the Arabic decimal separator.
_SIGNS = str.maketrans({"\u2212": "-", "\u2010": "-", "\u2011": "-", "\u2013": "-", "\u066b": "."})
_SHORTEST = Context(prec=60)
# Places for the product of any two numbers that `_NUMBER` lets through: a mistake in this is an error, never rounding.
_EXACT = Context(prec=10_000, traps=[Inexact, InvalidOperation])


class Numeric(ItemKind):
    """key {"value": 42, "tolerance": 0.5} or {"value": 42, "tolerance_percent": 5}, per cent of the value.

    Response 42, 42.0, 4.2e1, "42.0", "๔๒" or "42 kg" when kg is the item's unit; kept as its shortest decimal text. Right
    when |response - value| <= tolerance, in exact arithmetic on the decimals as written.
    """

    name, label, has_options = "numeric", "number", False
    fewest_options = 0
    key_example = "42 ± 0.5"
    key_hint = "or “42”, or “42 ± 5 %”"
    response_schema = {
        "oneOf": [{"type": "number"}, {"type": "string"}],
        "description": "numeric: a number, or its decimal text with a point, in the digits of any script; "
        "the item's unit may follow",
    }

    def key_issues(
        self, key: Mapping[str, Any], options: Sequence[str], content: Content = NO_CONTENT
    ) -> Iterator[Issue]:
        yield from only_members(key, "value", "tolerance", "tolerance_percent")
        value = _decimal(key.get("value"))
        if value is None:
            yield Issue("/key/value", "must be a number")
        for name in ("tolerance", "tolerance_percent"):
            tolerance = _decimal(key.get(name, 0))
            if tolerance is None or tolerance < 0:
                yield Issue(f"/key/{name}", "must be a number, 0 or more")
        if "tolerance_percent" in key:
            if "tolerance" in key:
                yield Issue("/key/tolerance_percent", "contradicts the tolerance: state one of them")
            if value == 0:
                yield Issue("/key/tolerance_percent", "of 0 is nothing: state the tolerance as a number")

    def guess_range(self, key: Mapping[str, Any], options: int, text: Text = NO_TEXT) -> tuple[float, float]:
        return 0.0, 0.1

    def read(self, raw: Any, options: Sequence[str], text: Text = NO_TEXT) -> str:
        if isinstance(raw, bool) or not isinstance(raw, int | float | str):
            raise ResponseRefused("not_a_number")
        number = _written(raw, str(text.get("unit", ""))) if isinstance(raw, str) else _decimal(raw)
        if number is None:
            raise ResponseRefused("not_a_number")
        if abs(number) >= _LARGEST:
            raise ResponseRefused("number_out_of_range")
        return str(number.normalize(_SHORTEST)) if number else "0"

    def score(self, key: Mapping[str, Any], response: Any, *, language: str | None = None) -> float:
        value, given = _decimal(key["value"]), _decimal(response)
        absolute, percent = _decimal(key.get("tolerance", 0)), _decimal(key.get("tolerance_percent", 0))
        if value is None or given is None or absolute is None or percent is None:
            return 0.0
        # All of it times 100, so that nothing is divided.
        tolerance = _EXACT.add(_EXACT.multiply(absolute, 100), _EXACT.multiply(value.copy_abs(), percent))
        off = _EXACT.multiply(_EXACT.subtract(given, value).copy_abs(), 100)
        return 1.0 if off <= tolerance else 0.0

    def key_text(self, key: Mapping[str, Any]) -> str:
        text = str(key.get("value", ""))
        if key.get("tolerance_percent"):
            return f"{text} ± {key['tolerance_percent']} %"
        return f"{text} ± {key['tolerance']}" if key.get("tolerance") else text

    def key_from_text(self, text: str) -> dict[str, Any]:
        value, _, tolerance = text.replace("+-", "±").partition("±")
        key: dict[str, Any] = {"value": _plain(value)}
        tolerance = tolerance.strip()
        if tolerance.endswith("%"):
            key["tolerance_percent"] = _plain(tolerance.removesuffix("%"))
        elif tolerance:
            key["tolerance"] = _plain(tolerance)
        return key


def _written(raw: str, unit: str) -> Decimal | None:
    """Return the number that a learner typed: digits of any script, full-width forms, a sign as typography has it, and
    the item's own unit behind it.
    """
    text, unit = _ascii(raw[:_LONGEST]), _ascii(unit)
    number = _decimal(text)
    # The unit is taken off only where the text is no number with it: the unit may begin with a digit or an e.
    if number is None and unit and text.endswith(unit):
        number = _decimal(text.removesuffix(unit).rstrip())
    return number


def _ascii(text: str) -> str:
    plain = normalised(text)
    if plain.isascii():
        return plain
    plain = plain.translate(_SIGNS)
    # Every decimal digit of Unicode (category Nd): Thai, Khmer, Lao, Burmese, Arabic-Indic, Javanese, …
    return "".join(str(unicodedata.digit(char)) if char.isdecimal() else char for char in plain)


def _decimal(value: Any) -> Decimal | None:
    """Return the decimal that `value` is written as, or None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return Decimal(value) if abs(value) < _LARGEST else Decimal(_LARGEST)
    if isinstance(value, float):
        # The shortest text that reads back as the same float is what was written. NaN and infinities are no numbers.
        return Decimal(repr(value)) if value - value == 0 else None
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip(" ")):
        return Decimal(value.strip(" "))
    return None


def _plain(text: str) -> Any:
    """Return an int or a float where `text` is one, else the text, for `key_faults` to refuse."""
    number = _decimal(text.strip())
    if number is None:
        return text.strip()
    return int(number) if number == number.to_integral_value() else float(number)
