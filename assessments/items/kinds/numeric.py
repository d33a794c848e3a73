"""A number, within a tolerance."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Context, Decimal
from fractions import Fraction
from typing import Any

from assessments.items.kinds.base import Fault, ItemKind, ResponseRefused, only_members

# Locale-free: ASCII digits and a point; a comma would mean thousands to some and decimals to others.
_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,20}(?:\.[0-9]{0,20})?|\.[0-9]{1,20})(?:[eE][+-]?[0-9]{1,3})?")
_LARGEST = 10**20
_EXACT = Context(prec=60)


class Numeric(ItemKind):
    """key {"value": 42, "tolerance": 0.5}; response 42, 42.0, 4.2e1 or "42.0", kept as its shortest decimal text.

    Right when |response - value| <= tolerance, in exact arithmetic on the decimals as written.
    """

    name, label, has_options = "numeric", "number", False
    fewest_options = 0
    key_example = "42 ± 0.5"
    response_schema = {
        "oneOf": [{"type": "number"}, {"type": "string"}],
        "description": "numeric: a number, or its decimal text with a point",
    }  # fmt: skip

    def key_faults(self, key: Mapping[str, Any], options: Sequence[str]) -> Iterator[Fault]:
        yield from only_members(key, "value", "tolerance")
        if _decimal(key.get("value")) is None:
            yield Fault("/key/value", "must be a number")
        tolerance = _decimal(key.get("tolerance", 0))
        if tolerance is None or tolerance < 0:
            yield Fault("/key/tolerance", "must be a number, 0 or more")

    def guess_range(self, key: Mapping[str, Any], options: int) -> tuple[float, float]:
        return 0.0, 0.1

    def read(self, raw: Any, options: Sequence[str]) -> str:
        if isinstance(raw, bool) or not isinstance(raw, int | float | str):
            raise ResponseRefused("not_a_number")
        number = _decimal(raw)
        if number is None:
            raise ResponseRefused("not_a_number")
        if abs(number) >= _LARGEST:
            raise ResponseRefused("number_out_of_range")
        return str(number.normalize(_EXACT)) if number else "0"

    def score(self, key: Mapping[str, Any], response: Any) -> float:
        value, tolerance, given = (_decimal(part) for part in (key["value"], key.get("tolerance", 0), response))
        if value is None or tolerance is None or given is None:
            return 0.0
        return 1.0 if abs(Fraction(given) - Fraction(value)) <= Fraction(tolerance) else 0.0

    def key_text(self, key: Mapping[str, Any]) -> str:
        text = str(key.get("value", ""))
        return f"{text} ± {key['tolerance']}" if key.get("tolerance") else text

    def key_from_text(self, text: str) -> dict[str, Any]:
        value, _, tolerance = text.replace("+-", "±").partition("±")
        key: dict[str, Any] = {"value": _plain(value)}
        if tolerance.strip():
            key["tolerance"] = _plain(tolerance)
        return key


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
