"""A number, within a tolerance."""

from __future__ import annotations

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
    half_width,
    only_members,
)
from assessments.items.kinds.numbers import (
    LARGEST,
    NumberRefused,
    canonical,
    decimal_sign,
    language_name,
    plain_text,
    read_number,
)

# Places for the product of any two numbers that `canonical` lets through: a mistake in this is an error, never rounding.
_EXACT = Context(prec=10_000, traps=[Inexact, InvalidOperation])


class Numeric(ItemKind):
    """key {"value": 42, "tolerance": 0.5} or {"value": 42, "tolerance_percent": 5}, per cent of the value.

    Response 42, 42.0, 4.2e1, "42.0", "๔๒" or "42 kg" when kg is the item's unit; a text is read as the attempt's language
    writes numbers (`numbers.read_number`) and kept as its shortest decimal text, "10000". Right when |response - value|
    <= tolerance, in exact arithmetic on the decimals as written.
    """

    name, label, has_options = "numeric", "number", False
    fewest_options = 0
    key_example = "42 ± 0.5"
    key_hint = (
        "or “42”, or “42 ± 5 %”, as the edition's own language writes numbers: “3,5” in Indonesian, “3.5” in English"
    )
    response_schema = {
        "oneOf": [{"type": "number"}, {"type": "string"}],
        "description": "numeric: a number, or a text as the learner typed it: digits of any script, `.` and `,` as the "
        "attempt's language has them, the item's unit before or behind it; what has two readings is refused with both",
    }

    def key_issues(
        self, key: Mapping[str, Any], options: Sequence[str], content: Content = NO_CONTENT
    ) -> Iterator[Issue]:
        yield from only_members(key, "value", "tolerance", "tolerance_percent")
        value = canonical(key.get("value"))
        if value is None:
            yield Issue("/key/value", "must be a number")
        for name in ("tolerance", "tolerance_percent"):
            tolerance = canonical(key.get(name, 0))
            if tolerance is None or tolerance < 0:
                yield Issue(f"/key/{name}", "must be a number, 0 or more")
        for name, number in key.items():
            # In a file a text is read without a language; it must not be another number to those who write it.
            for language in content if isinstance(number, str) else ():
                if not _is_read_as(number, language):
                    yield Issue(f"/key/{name}", f"“{number}” is read otherwise in {language}: state it as a number")
        if "tolerance_percent" in key:
            if "tolerance" in key:
                yield Issue("/key/tolerance_percent", "contradicts the tolerance: state one of them")
            if value == 0:
                yield Issue("/key/tolerance_percent", "of 0 is nothing: state the tolerance as a number")

    def guess_range(self, key: Mapping[str, Any], options: int, text: Text = NO_TEXT) -> tuple[float, float]:
        return 0.0, 0.1

    def read(self, raw: Any, options: Sequence[str], text: Text = NO_TEXT, *, language: str | None = None) -> str:
        unit = str(text.get("unit", ""))
        if isinstance(raw, bool) or not isinstance(raw, int | float | str):
            raise ResponseRefused("not_a_number", values=_example(language, unit))
        number = _written(raw, language, unit) if isinstance(raw, str) else canonical(raw)
        if number is None:
            raise ResponseRefused("not_a_number", values=_example(language, unit))
        if abs(number) >= LARGEST:
            raise ResponseRefused("number_out_of_range")
        return plain_text(number)

    def score(self, key: Mapping[str, Any], response: Any, *, language: str | None = None) -> float:
        value, given = canonical(key["value"]), canonical(response)
        absolute, percent = canonical(key.get("tolerance", 0)), canonical(key.get("tolerance_percent", 0))
        if value is None or given is None or absolute is None or percent is None:
            return 0.0
        # All of it times 100, so that nothing is divided.
        tolerance = _EXACT.add(_EXACT.multiply(absolute, 100), _EXACT.multiply(value.copy_abs(), percent))
        off = _EXACT.multiply(_EXACT.subtract(given, value).copy_abs(), 100)
        return 1.0 if off <= tolerance else 0.0

    def key_text(self, key: Mapping[str, Any], *, language: str | None = None) -> str:
        text = _shown(key.get("value", ""), language)
        if key.get("tolerance_percent"):
            return f"{text} ± {_shown(key['tolerance_percent'], language)} %"
        return f"{text} ± {_shown(key['tolerance'], language)}" if key.get("tolerance") else text

    def key_from_text(self, text: str, *, language: str | None = None) -> dict[str, Any]:
        value, tolerance = _value_and_tolerance(text)
        key: dict[str, Any] = {"value": _stated(value, language)}
        if tolerance.endswith("%"):
            key["tolerance_percent"] = _stated(tolerance.removesuffix("%"), language)
        elif tolerance:
            key["tolerance"] = _stated(tolerance, language)
        return key

    def key_notes(self, text: str, *, language: str | None = None) -> Iterator[str]:
        for part in _value_and_tolerance(text):
            written = part.removesuffix("%").rstrip()
            if not written:
                continue
            number = read_number(written, language=language)
            if canonical(written) != number:
                yield f"“{written}” is kept as {plain_text(number)}, as numbers are written in {language_name(language)}."


def _value_and_tolerance(text: str) -> tuple[str, str]:
    """Return the two parts of a key as written, the second empty where there is none."""
    value, _, tolerance = half_width(text).replace("+-", "±").replace("+/-", "±").partition("±")
    return value.strip(), tolerance.strip()


def reading_of_numbers(language: str | None) -> str:
    """Return by example how a number's key is read in a language, for its author."""
    whole, decimals = (sample.replace(".", decimal_sign(language)) for sample in ("3.5", "1234.25"))
    examples = [f"{sample} is {plain_text(read_number(sample, language=language))}" for sample in (whole, decimals)]
    # The sign that is not the decimal one parts thousands.
    grouped = "1,234,567" if decimal_sign(language) == "." else "1.234.567"
    examples.append(f"{grouped} is {plain_text(read_number(grouped, language=language))}")
    return f"Read as in {language_name(language)}: {', '.join(examples)}."


def _written(raw: str, language: str | None, unit: str) -> Decimal:
    """Return the number that a learner typed.

    Raises:
        ResponseRefused: it is none, or has two readings.
    """
    try:
        return read_number(raw, language=language, unit=unit)
    except NumberRefused as refused:
        raise ResponseRefused(refused.reason, values=refused.values or _example(language, unit)) from refused


def _example(language: str | None, unit: str) -> dict[str, str]:
    return {"example": f"{plain_text(Decimal('12.5'), language)} {unit}".rstrip()}


def _is_read_as(number: str, language: str) -> bool:
    """Whether a number in the language-free form is no other one in a language."""
    try:
        return read_number(number, language=language) == canonical(number)
    except NumberRefused:
        return False


def _shown(number: Any, language: str | None) -> str:
    known = canonical(number)
    return str(number) if known is None else plain_text(known, language)


def _stated(text: str, language: str | None) -> Any:
    """Return an int or a float where `text` is a number, else the text, for `key_issues` to refuse.

    Raises:
        ValueError: it has two readings.
    """
    try:
        number = read_number(text.strip(), language=language)
    except NumberRefused as refused:
        if refused.reason == "not_a_number":
            return text.strip()
        raise ValueError(str(refused)) from refused
    return int(number) if number == number.to_integral_value() else float(number)
