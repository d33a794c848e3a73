"""Reading the register's file: TOML into values, or an error that names the place. Pure: no database, no clock."""

from __future__ import annotations

import re
import tomllib
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

SCHEMA = "member_states/1"
# A statement that rests on no document names this key in place of a source.
UNVERIFIED = "unverified"
UNITS = frozenset({"", "years", "months", "hours", "calendar_days", "working_days"})
DAYS = frozenset({"mon", "tue", "wed", "thu", "fri", "sat", "sun"})
_FACTS = (
    "names",
    "address",
    "qualifications",
    "workforce",
    "connectivity",
    "agencies",
    "utc_offsets",
    "dst",
    "hour_cycle",
    "admin1_count",
    "messaging_channels",
)


class RegisterInvalid(ValueError):
    """The register's file says something it may not say; the message names the place, and nothing was written."""


@dataclass(frozen=True)
class SourceEntry:
    key: str
    title: str
    where: str
    kind: str
    document_seen: bool


@dataclass(frozen=True)
class InstrumentEntry:
    key: str
    title: str
    binding: bool
    demands: str
    sources: tuple[str, ...]
    confidence: str


@dataclass(frozen=True)
class LanguageEntry:
    tag: str
    script: str
    role: str
    direction: str
    population_percent: float | None


@dataclass(frozen=True)
class RuleEntry:
    """What the law says on one point: `standing` is value, no_rule or unknown; `value` is None unless it is `value`."""

    key: str
    standing: str
    value: Any
    unit: str
    note: str
    sources: tuple[str, ...]
    confidence: str


@dataclass(frozen=True)
class StateEntry:
    code: str
    alpha3: str
    numeric: str
    name: str
    asean: bool
    since: date | None
    calling_code: str
    time_zones: tuple[str, ...]
    first_day_of_week: str
    calendars: tuple[str, ...]
    currency: str
    facts: Mapping[str, Any]
    sources: tuple[str, ...]
    confidence: str
    languages: tuple[LanguageEntry, ...]
    rules: tuple[RuleEntry, ...]


@dataclass(frozen=True)
class Register:
    as_of: date
    states: tuple[StateEntry, ...]
    sources: tuple[SourceEntry, ...]
    instruments: tuple[InstrumentEntry, ...]
    defaults: Mapping[str, Any]


def read(text: str) -> Register:
    """Return the register that `text`, a TOML document of the schema member_states/1, holds.

    Raises:
        RegisterInvalid: the text is not TOML, or a place in it is missing, unknown or of the wrong kind.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RegisterInvalid(f"not TOML: {error}") from error
    root = _Place("", document)
    meta = root.table("meta")
    if meta.text("schema") != SCHEMA:
        raise meta.wrong("schema", f"must be {SCHEMA!r}")
    as_of = meta.day("as_of")
    scale = meta.texts("confidence_scale")
    sources = tuple(
        SourceEntry(
            key,
            entry.text("title"),
            entry.text("where", ""),
            entry.text("kind", ""),
            entry.flag("document_seen", False),
        )
        for key, entry in root.table("sources").tables()
    )
    reader = _Reader(frozenset(source.key for source in sources) | {UNVERIFIED}, frozenset(scale))
    instruments = tuple(
        InstrumentEntry(
            key,
            entry.text("title"),
            entry.flag("binding"),
            entry.text("demands"),
            reader.sources(entry, "source"),
            reader.confidence(entry),
        )
        for key, entry in root.table("instruments").tables()
    )
    states = tuple(reader.state(code, entry) for code, entry in root.table("states").tables())
    for name in ("code", "alpha3", "numeric"):
        seen = [getattr(state, name) for state in states]
        twice = sorted({value for value in seen if seen.count(value) > 1})
        if twice:
            raise RegisterInvalid(f"states: {name} {twice[0]} stands twice")
    if not states:
        raise RegisterInvalid("states: there is none")
    return Register(as_of, states, sources, instruments, dict(root.table("policy_default").value))


class _Place:
    """A table of the document with the path to it, so that errors can name places."""

    def __init__(self, path: str, value: Any) -> None:
        if not isinstance(value, dict):
            raise RegisterInvalid(f"{path}: must be a table")
        self.path, self.value = path, value

    def wrong(self, key: str, what: str) -> RegisterInvalid:
        return RegisterInvalid(f"{self.path}.{key}: {what}".lstrip("."))

    def _get(self, key: str, kind: type | tuple[type, ...], name: str, default: Any) -> Any:
        value = self.value.get(key, default)
        if value is _REQUIRED:
            raise self.wrong(key, "is missing")
        # bool is an int in Python and not one in the register.
        if value is not None and (not isinstance(value, kind) or (kind is not bool and isinstance(value, bool))):
            raise self.wrong(key, f"must be {name}")
        return value

    def text(self, key: str, default: Any = ...) -> str:
        value = self._get(key, str, "text", _REQUIRED if default is ... else default)
        if value == "" and default is ...:
            raise self.wrong(key, "is empty")
        return str(value)

    def flag(self, key: str, default: Any = ...) -> bool:
        return bool(self._get(key, bool, "true or false", _REQUIRED if default is ... else default))

    def number(self, key: str) -> float | None:
        value = self._get(key, (int, float), "a number", None)
        return None if value is None else float(value)

    def texts(self, key: str) -> tuple[str, ...]:
        values = self._get(key, list, "a list of texts", _REQUIRED)
        if not all(isinstance(value, str) for value in values):
            raise self.wrong(key, "must be a list of texts")
        return tuple(values)

    def day(self, key: str) -> date:
        try:
            return date.fromisoformat(self.text(key))
        except ValueError as error:
            raise self.wrong(key, "must be a date, YYYY-MM-DD") from error

    def matching(self, key: str, pattern: str) -> str:
        value = self.text(key)
        if not re.fullmatch(pattern, value):
            raise self.wrong(key, f"{value!r} does not match {pattern}")
        return value

    def table(self, key: str) -> _Place:
        if key not in self.value:
            raise self.wrong(key, "is missing")
        return _Place(f"{self.path}.{key}".lstrip("."), self.value[key])

    def tables(self) -> list[tuple[str, _Place]]:
        return [(key, self.table(key)) for key in self.value]


_REQUIRED = object()


@dataclass(frozen=True)
class _Reader:
    known_sources: frozenset[str]
    scale: frozenset[str]

    def sources(self, place: _Place, key: str) -> tuple[str, ...]:
        values = place.texts(key)
        unknown = sorted(set(values) - self.known_sources)
        if unknown:
            raise place.wrong(key, f"no such source: {unknown[0]}")
        if not values:
            raise place.wrong(key, "names no source; say 'unverified' where there is none")
        return values

    def confidence(self, place: _Place) -> str:
        value = place.text("confidence")
        if value not in self.scale:
            raise place.wrong("confidence", f"{value!r} is not on the scale {sorted(self.scale)}")
        return value

    def state(self, code: str, place: _Place) -> StateEntry:
        if place.matching("alpha2", "[A-Z]{2}") != code:
            raise place.wrong("alpha2", f"differs from its table's name {code}")
        zones = place.texts("time_zones")
        for zone in zones:
            try:
                zoneinfo.ZoneInfo(zone)
            except (zoneinfo.ZoneInfoNotFoundError, ValueError) as error:
                raise place.wrong("time_zones", f"no such time zone: {zone}") from error
        if not zones:
            raise place.wrong("time_zones", "there is none")
        if place.text("first_day_of_week") not in DAYS:
            raise place.wrong("first_day_of_week", f"must be one of {sorted(DAYS)}")
        languages = place.value.get("languages")
        if not isinstance(languages, list) or not languages:
            raise place.wrong("languages", "there is none")
        entries = tuple(
            self._language(_Place(f"{place.path}.languages[{index}]", language))
            for index, language in enumerate(languages)
        )
        tags = [entry.tag for entry in entries]
        if len(set(tags)) != len(tags):
            raise place.wrong("languages", "a tag stands twice")
        return StateEntry(
            code=code,
            alpha3=place.matching("alpha3", "[A-Z]{3}"),
            numeric=place.matching("numeric", "[0-9]{3}"),
            name=place.text("name_en"),
            asean=place.flag("asean"),
            # A partner of the programme that is no member of the association has no day of accession.
            since=place.day("since") if place.flag("asean") else None,
            calling_code=place.matching("calling", r"\+[0-9]{1,4}"),
            time_zones=zones,
            first_day_of_week=place.text("first_day_of_week"),
            calendars=place.texts("calendars"),
            currency=place.matching("currency", "[A-Z]{3}"),
            facts={key: place.value[key] for key in _FACTS if key in place.value},
            sources=self.sources(place, "sources"),
            confidence=self.confidence(place),
            languages=entries,
            rules=tuple(self._rule(key, entry) for key, entry in place.table("privacy").tables()),
        )

    def _language(self, place: _Place) -> LanguageEntry:
        direction = place.text("direction", "ltr")
        if direction not in ("ltr", "rtl"):
            raise place.wrong("direction", "must be ltr or rtl")
        return LanguageEntry(
            tag=place.matching("tag", "[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?"),
            script=place.matching("script", "[A-Z][a-z]{3}"),
            role=place.text("role"),
            direction=direction,
            population_percent=place.number("population_percent"),
        )

    def _rule(self, key: str, place: _Place) -> RuleEntry:
        unknown = sorted(set(place.value) - {"value", "status", "unit", "note", "source", "confidence"})
        if unknown:
            raise place.wrong(unknown[0], "is not known")
        if ("value" in place.value) == ("status" in place.value):
            raise RegisterInvalid(f"{place.path}: has either a value or a status")
        standing, value = "value", place.value.get("value")
        if "status" in place.value:
            standing = place.text("status")
            if standing not in ("no_rule", "unknown"):
                raise place.wrong("status", "must be no_rule or unknown")
        elif not (
            isinstance(value, bool | int | float | str)
            or (isinstance(value, list) and all(isinstance(entry, str) for entry in value))
        ):
            raise place.wrong("value", "must be true or false, a number, a text or a list of texts")
        unit = place.text("unit", "")
        if unit not in UNITS:
            raise place.wrong("unit", f"{unit!r} is not one of {sorted(UNITS - {''})}")
        sources, confidence = self.sources(place, "source"), self.confidence(place)
        if set(sources) == {UNVERIFIED} and confidence == "high":
            raise place.wrong("confidence", "what no document was seen for is medium at most")
        return RuleEntry(key, standing, value, unit, place.text("note", ""), sources, confidence)
