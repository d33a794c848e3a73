"""What applies in a state on a day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, TypedDict

from common.caches import ProcessCache
from common.schemas import Keywords
from member_states.models import MemberState, PolicyDefault, RegisterLoad, Rule, StateLanguage

# Where a point of law and its strict default have different names: rule key -> (key of the default, its unit).
DEFAULTS: Mapping[str, tuple[str, str]] = {
    "own_consent_min_age": ("own_consent_min_age", "years"),
    "breach_authority_hours": ("breach_authority_hours", "hours"),
    "breach_individual_hours": ("breach_individual_hours", "hours"),
    "consent_withdrawal_hours": ("consent_withdrawal_hours", "hours"),
    "access_days": ("access_calendar_days", "calendar_days"),
    "correction_days": ("correction_calendar_days", "calendar_days"),
    "erasure_days": ("erasure_calendar_days", "calendar_days"),
    "dsr_acknowledge_days": ("dsr_acknowledge_working_days", "working_days"),
    "automated_decision_right": ("human_review_of_score", ""),
    "appeal_due_days": ("appeal_due_days", "calendar_days"),
    "education_data_sensitive": ("treat_learning_records_as_sensitive", ""),
    "retention_learning_events_months": ("retention_learning_events_months", "months"),
    "retention_account_inactive_months": ("retention_account_inactive_months", "months"),
}
_RULE_OF_DEFAULT = {default: key for key, (default, _) in DEFAULTS.items()}


@dataclass(frozen=True)
class RuleInForce:
    """What applies in a state on a day: the law's value, or the strict default where the law sets none or is unknown.

    `value` is None where neither says anything.
    """

    state: str
    key: str
    value: Any
    standing: str  # value | no_rule | unknown: what the register says of the law
    from_default: bool
    confidence: str
    unit: str = ""


@dataclass(frozen=True)
class RegisteredAgency:
    """An agency as the register names it; `state` is a code, `role` may be empty."""

    state: str
    name: str
    role: str


@dataclass(frozen=True)
class _Snapshot:
    zones: Mapping[str, str]  # by code
    rules: Mapping[tuple[str, str], list[Rule]]  # newest first
    keys: frozenset[str]
    defaults: Mapping[str, Any]


_CURRENT = "current"
_snapshot: ProcessCache[str, _Snapshot] = ProcessCache(most=1, for_s=60.0)


def _register() -> _Snapshot:
    known = _snapshot.get(_CURRENT)
    if known is not None:
        return known
    rules: dict[tuple[str, str], list[Rule]] = {}
    for row in Rule.objects.order_by("state_id", "key", "-valid_from"):
        rules.setdefault((row.state_id, row.key), []).append(row)
    known = _Snapshot(
        zones={code: zones[0] for code, zones in MemberState.objects.values_list("code", "time_zones")},
        rules=rules,
        keys=frozenset(key for _, key in rules),
        defaults=dict(PolicyDefault.objects.values_list("key", "value")),
    )
    # An empty register is one that is about to be loaded: not worth remembering.
    if known.zones:
        _snapshot.put({_CURRENT: known})
    return known


def codes() -> frozenset[str]:
    """ISO 3166-1 alpha-2 codes of the member states; no query but one a minute."""
    return frozenset(_register().zones)


def time_zone(state: str) -> str:
    """Return the IANA name of the zone in which deadlines of `state` are counted, its first; no query but one a minute.

    Raises:
        KeyError: no such state.
    """
    return _register().zones[state]


def languages(state: str) -> Sequence[str]:
    """BCP 47 tags of the languages of `state`, its main language first; one query. Empty where there is no such state."""
    return list(StateLanguage.objects.filter(state=state).order_by("position").values_list("tag", flat=True))


def names() -> dict[str, str]:
    """English names of the member states by code; one query."""
    return dict(MemberState.objects.values_list("code", "name"))


def registered_agencies() -> list[RegisteredAgency]:
    """The agencies that the register names, by state; one query."""
    return [
        RegisteredAgency(code, agency["name"], agency.get("role", ""))
        for code, facts in MemberState.objects.order_by("code").values_list("code", "facts")
        for agency in facts.get("agencies", ())
    ]


def rule(state: str, key: str, *, on: date | None = None) -> RuleInForce:
    """Return what applies in `state` today, or on the day `on`; a key may be the rule's or the default's name.

    Before the first reading of the register, and on a point it does not list for the state, the law is `unknown`.

    Raises:
        KeyError: no such state, or a key that neither the register nor the defaults know.
    """
    register = _register()
    key = _RULE_OF_DEFAULT.get(key, key)
    default, unit = DEFAULTS.get(key, (key, ""))
    if state not in register.zones:
        raise KeyError(state)
    if key not in register.keys and default not in register.defaults:
        raise KeyError(key)
    row = _on(register.rules.get((state, key), []), on)
    if row is not None and row.standing == Rule.Standing.VALUE:
        return RuleInForce(state, key, row.value, row.standing, False, row.confidence, row.unit)
    standing = row.standing if row is not None else Rule.Standing.UNKNOWN.value
    confidence = row.confidence if row is not None else "none"
    if default in register.defaults:
        return RuleInForce(state, key, register.defaults[default], standing, True, confidence, unit)
    return RuleInForce(state, key, None, standing, False, confidence)


def _on(rows: list[Rule], day: date | None) -> Rule | None:
    # Today's law is the open row, also where this computer's clock runs behind the register's day.
    for row in rows:
        if row.valid_to is None if day is None else row.valid_from <= day and (not row.valid_to or day < row.valid_to):
            return row
    return None


def register_version() -> str:
    """Return the SHA-256 of the file loaded last; empty when none is."""
    return RegisterLoad.objects.order_by("-pk").values_list("sha256", flat=True).first() or ""


class StateLanguageView(TypedDict):
    """A language of a state."""

    tag: Annotated[str, Keywords("BCP 47")]
    script: Annotated[str, Keywords("ISO 15924")]
    role: str
    direction: Annotated[str, Keywords(enum=["ltr", "rtl"])]
    population_percent: float | None


class StateRuleView(TypedDict):
    """A point of a state's law."""

    key: str
    standing: Annotated[
        str,
        Keywords(
            "What the register says of the law: a value, that it sets none, or that it is not established.",
            enum=["value", "no_rule", "unknown"],
        ),
    ]
    value: Annotated[
        Any,
        Keywords(
            "What applies: the law's value, else the strict default, else null.",
            type=["boolean", "number", "string", "array", "null"],
            items={"type": "string"},
        ),
    ]
    from_default: bool
    unit: str
    note: str
    sources: list[str]
    confidence: str
    checked_on: date
    valid_from: date


class MemberStateView(TypedDict):
    """A member state with its languages and its law."""

    code: Annotated[str, Keywords("ISO 3166-1 alpha-2")]
    alpha3: str
    name: str
    asean: bool
    since: date | None
    calling_code: str
    time_zones: Annotated[list[str], Keywords("IANA names")]
    first_day_of_week: str
    calendars: list[str]
    currency: Annotated[str, Keywords("ISO 4217")]
    sources: list[str]
    confidence: str
    register_as_of: date
    languages: list[StateLanguageView]
    rules: list[StateRuleView]


class MemberStatesView(TypedDict):
    """The register."""

    items: list[MemberStateView]


class MemberStateChoiceView(TypedDict):
    """A member state as a form offers it."""

    code: Annotated[str, Keywords("ISO 3166-1 alpha-2")]
    name: str
    asean: bool
    calling_code: str
    languages: Annotated[list[str], Keywords("BCP 47, the main ones first")]


class MemberStateChoicesView(TypedDict):
    """The states to choose from."""

    items: list[MemberStateChoiceView]


def state_choices() -> list[MemberStateChoiceView]:
    """Every state with its English name and its languages, without its law; two queries."""
    return [
        {
            "code": state.code,
            "name": state.name,
            "asean": state.asean,
            "calling_code": state.calling_code,
            "languages": [language.tag for language in state.languages.all()],
        }
        for state in MemberState.objects.prefetch_related("languages").order_by("code")
    ]


def describe_states() -> list[MemberStateView]:
    """Every state, with its languages and the rules in force; four queries, whatever their number."""
    rules: dict[str, list[StateRuleView]] = {}
    defaults = dict(PolicyDefault.objects.values_list("key", "value"))
    for row in Rule.objects.filter(valid_to=None).order_by("state_id", "key"):
        has_value = row.standing == Rule.Standing.VALUE
        default, unit = DEFAULTS.get(row.key, (row.key, ""))
        from_default = not has_value and default in defaults
        rules.setdefault(row.state_id, []).append(
            {
                "key": row.key,
                "standing": row.standing,
                "value": row.value if has_value else defaults.get(default),
                "from_default": from_default,
                "unit": unit if from_default else row.unit,
                "note": row.note,
                "sources": row.sources,
                "confidence": row.confidence,
                "checked_on": row.checked_on,
                "valid_from": row.valid_from,
            }
        )
    return [
        {
            "code": state.code,
            "alpha3": state.alpha3,
            "name": state.name,
            "asean": state.asean,
            "since": state.since,
            "calling_code": state.calling_code,
            "time_zones": state.time_zones,
            "first_day_of_week": state.first_day_of_week,
            "calendars": state.calendars,
            "currency": state.currency,
            "sources": state.sources,
            "confidence": state.confidence,
            "register_as_of": state.register_as_of,
            "languages": [
                {
                    "tag": language.tag,
                    "script": language.script,
                    "role": language.role,
                    "direction": language.direction,
                    "population_percent": language.population_percent,
                }
                for language in state.languages.all()
            ],
            "rules": rules.get(state.code, []),
        }
        for state in MemberState.objects.prefetch_related("languages")
    ]
