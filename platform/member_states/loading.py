"""Writing the register into the database."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.db import models, transaction

from common import caches
from common.database import lock_for_transaction
from member_states.models import (
    Instrument,
    MemberState,
    PolicyDefault,
    RegisterLoad,
    Rule,
    Source,
    StateLanguage,
)
from member_states.register import Register, RegisterInvalid, RuleEntry, read

REGISTER_FILE = Path(__file__).parent / "data" / "member_states.toml"


def load_register(path: Path = REGISTER_FILE) -> None:
    """Bring the database to what the file at `path` says; a second call with the same file changes nothing.

    A rule that reads differently closes the open row on the register's day and opens another; so a changed file needs a
    later `meta.as_of`.

    Raises:
        RegisterInvalid: the file is not valid, older than what is loaded, or drops a state; nothing was written.
    """
    content = path.read_bytes()
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise RegisterInvalid(f"not UTF-8: {error}") from error
    _write(read(text), hashlib.sha256(content).hexdigest())
    caches.forget()


@transaction.atomic
def _write(register: Register, sha256: str) -> None:
    # Two loads at a time would both see a rule as changed; the second waits and then finds nothing to do.
    lock_for_transaction("loading the register")
    last = RegisterLoad.objects.order_by("-pk").first()
    if last is not None and register.as_of < last.as_of:
        raise RegisterInvalid(f"meta.as_of: {register.as_of} is older than the register loaded, {last.as_of}")
    gone = set(MemberState.objects.values_list("code", flat=True)) - {state.code for state in register.states}
    if gone:
        raise RegisterInvalid(f"states.{min(gone)}: is loaded and missing in the file; a state cannot be dropped")
    if last is not None and last.sha256 == sha256:
        return
    _upsert(Source, "key", [Source(**vars(source)) for source in register.sources])
    _upsert(
        Instrument,
        "key",
        [
            Instrument(**{**vars(instrument), "sources": list(instrument.sources)})
            for instrument in register.instruments
        ],
    )
    _upsert(PolicyDefault, "key", [PolicyDefault(key=key, value=value) for key, value in register.defaults.items()])
    PolicyDefault.objects.exclude(key__in=list(register.defaults)).delete()
    _upsert(MemberState, "code", _states(register))
    StateLanguage.objects.all().delete()
    StateLanguage.objects.bulk_create(
        StateLanguage(state_id=state.code, position=position, **vars(language))
        for state in register.states
        for position, language in enumerate(state.languages)
    )
    _write_rules(register)
    RegisterLoad.objects.create(sha256=sha256, as_of=register.as_of)


def _upsert(model: type[models.Model], key: str, rows: list[Any]) -> None:
    rest = [field.name for field in model._meta.concrete_fields if field.name != key]
    model._default_manager.bulk_create(rows, update_conflicts=True, unique_fields=[key], update_fields=rest)


def _states(register: Register) -> list[MemberState]:
    return [
        MemberState(
            code=state.code,
            alpha3=state.alpha3,
            numeric=state.numeric,
            name=state.name,
            asean=state.asean,
            since=state.since,
            calling_code=state.calling_code,
            time_zones=list(state.time_zones),
            first_day_of_week=state.first_day_of_week,
            calendars=list(state.calendars),
            currency=state.currency,
            facts=dict(state.facts),
            sources=list(state.sources),
            confidence=state.confidence,
            register_as_of=register.as_of,
        )
        for state in register.states
    ]


def _write_rules(register: Register) -> None:
    named = {(state.code, rule.key): rule for state in register.states for rule in state.rules}
    stored = {(rule.state_id, rule.key): rule for rule in Rule.objects.filter(valid_to=None)}
    same = {
        state_and_key
        for state_and_key, rule in stored.items()
        if state_and_key in named and _stored_content(rule) == _content(named[state_and_key])
    }
    closed = [rule for state_and_key, rule in stored.items() if state_and_key not in same]
    for old in closed:
        if old.valid_from >= register.as_of:
            raise RegisterInvalid(
                f"states.{old.state_id}.privacy.{old.key}: changed, but meta.as_of is still {register.as_of}"
            )
    _of(closed).update(valid_to=register.as_of)
    _of(stored[state_and_key] for state_and_key in same).update(checked_on=register.as_of)
    Rule.objects.bulk_create(
        Rule(
            state_id=state,
            key=key,
            standing=rule.standing,
            value=rule.value,
            unit=rule.unit,
            note=rule.note,
            sources=list(rule.sources),
            confidence=rule.confidence,
            checked_on=register.as_of,
            valid_from=register.as_of,
        )
        for (state, key), rule in named.items()
        if (state, key) not in same
    )


def _of(rules: Iterable[Rule]) -> models.QuerySet[Rule]:
    return Rule.objects.filter(pk__in=[rule.pk for rule in rules])


def _stored_content(rule: Rule) -> tuple[Any, ...]:
    # The type belongs to the comparison: 1 and true are equal in Python.
    return (
        rule.standing,
        type(rule.value),
        rule.value,
        rule.unit,
        rule.note,
        tuple(rule.sources),
        rule.confidence,
    )


def _content(rule: RuleEntry) -> tuple[Any, ...]:
    return (
        rule.standing,
        type(rule.value),
        rule.value,
        rule.unit,
        rule.note,
        rule.sources,
        rule.confidence,
    )
