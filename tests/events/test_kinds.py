"""What is stored of an event is what is read, and nothing else is read."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config import flow
from events import models, registry, services
from events.kinds import Event, UnreadableEvent, Value, decode, encode
from learners.events import ProfileChanged
from tests.events.conftest import Counted, FormerlyCounted, Unheard

SIMPLE: dict[Any, st.SearchStrategy[Any]] = {
    UUID: st.uuids(),
    str: st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    int: st.integers(-(2**63), 2**63 - 1),
    float: st.floats(allow_nan=False, allow_infinity=False),
    bool: st.booleans(),
    datetime: st.datetimes(timezones=st.just(UTC)),
    NoneType: st.none(),
}


def any_of(annotation: Any) -> st.SearchStrategy[Any]:
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return any_of(inner[0])
    if origin is tuple:
        return st.lists(any_of(inner[0]), max_size=3).map(tuple)
    if origin in (Union, UnionType):
        return st.one_of(*map(any_of, inner))
    if origin is Literal:
        return st.sampled_from(inner)
    if issubclass(annotation, Value):
        members = msgspec.structs.fields(annotation)
        return st.builds(annotation, **{member.name: any_of(member.type) for member in members})
    return SIMPLE[annotation]


def stored(event: Event) -> dict[str, Any]:
    (payload,) = json.loads(encode([event]))
    return payload


def _values(payload: Any) -> list[dict[str, Any]]:
    """The payload and every object in it."""
    if isinstance(payload, list):
        return [found for inner in payload for found in _values(inner)]
    if isinstance(payload, dict):
        return [payload, *(found for inner in payload.values() for found in _values(inner))]
    return []


@pytest.mark.parametrize("form", flow.EVENTS, ids=[form.kind for form in flow.EVENTS])
@given(data=st.data())
def test_what_is_stored_is_read_as_it_was_and_nothing_more_or_less(form: type[Event], data: st.DataObject) -> None:
    event = data.draw(any_of(form))
    text = json.dumps(stored(event))
    assert decode(form, text) == event
    which = data.draw(st.integers(0, len(_values(json.loads(text))) - 1))

    def refuses(change: Any) -> None:
        payload = json.loads(text)
        change(_values(payload)[which])
        with pytest.raises(UnreadableEvent):
            decode(form, json.dumps(payload))

    name = data.draw(st.sampled_from(sorted(_values(json.loads(text))[which])))
    refuses(lambda value: value.update(unknown=1))
    refuses(lambda value: value.update({name: {"an": "object"}}))
    refuses(lambda value: value.pop(name))


@pytest.mark.parametrize(
    ("payload", "cause"),
    [
        ('{"learner_id": "山田", "member_state": "JP"}', "Invalid UUID - at `$.learner_id`"),
        ('{"learner_id": null, "member_state": "JP"}', "Expected `uuid`, got `null` - at `$.learner_id`"),
        ('{"learner_id": "00000000-0000-0000-0000-000000000001"}', "Object missing required field `member_state`"),
        ("[]", "Expected `object`, got `array`"),
        ("{", "Input data was truncated"),
    ],
)
def test_the_cause_names_the_place_and_quotes_nothing(payload: str, cause: str) -> None:
    with pytest.raises(UnreadableEvent) as refused:
        decode(ProfileChanged, payload)
    assert str(refused.value) == cause


def test_an_instant_without_a_time_zone_is_refused() -> None:
    (form,) = (form for form in flow.EVENTS if form.kind == "assessments.appeal_overdue")
    known = {"learner_id": str(UUID(int=1)), "appeal_id": str(UUID(int=2))}
    assert decode(form, json.dumps(known | {"due_at": "2026-03-01T09:00:00Z"}))
    with pytest.raises(UnreadableEvent, match="timezone"):
        decode(form, json.dumps(known | {"due_at": "2026-03-01T09:00:00"}))


@pytest.mark.django_db
def test_in_the_suite_whoever_records_what_nobody_could_read_hears_of_it() -> None:
    wrong: Any = "no id"
    registry.install((), (Unheard,))
    with pytest.raises(UnreadableEvent, match="Expected `int`, got `str`"):
        services.record(Unheard(number=wrong))
    assert not models.Event.objects.exists()


def test_what_is_recorded_together_is_of_one_class() -> None:
    with pytest.raises(ValueError, match="several classes"):
        encode([Counted(number=1), Unheard(number=2)])


def test_a_former_version_is_read_as_the_present_one() -> None:
    assert decode(FormerlyCounted, '{"words": "a b c"}') == Counted(number=3)
    with pytest.raises(UnreadableEvent, match="unknown field `number`"):
        decode(FormerlyCounted, '{"number": 3}')


def test_an_event_does_not_change() -> None:
    event: Any = Counted(number=1)
    with pytest.raises(AttributeError):
        event.number = 2
