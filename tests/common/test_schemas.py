"""Schemas of Python types: what JSON is made of a value is what its schema takes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal, NamedTuple, NotRequired, Required, TypedDict
from uuid import UUID

import jsonschema_rs
import pytest

from common.pagination import Page
from common.rendering import to_json
from common.schemas import DayText, Keywords, object_schema, schema_of
from common.value_schemas import component_name


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Place(TypedDict):
    x: int
    name: str | None


class Pair(NamedTuple):
    x: int
    y: int


class Partial(TypedDict, total=False):
    note: str
    always: Required[int]


class Whole(Partial):
    colour: Colour
    when: NotRequired[date]


@dataclass
class Base:
    id: UUID


@dataclass
class ThingView(Base):
    places: list[Place]
    parts: Mapping[str, Whole]
    state: Literal["open", "closed"] | None
    day: Annotated[DayText | None, Keywords("A day.")]


THING = ThingView(UUID(int=1), [{"x": 1, "name": None}], {"a": {"colour": Colour.RED, "always": 1}}, None, "2026-01-01")


def _fits(kind: Any, value: Any) -> bool:
    validator = jsonschema_rs.Draft202012Validator(schema_of(kind), validate_formats=True)
    return validator.is_valid(json.loads(to_json(value)))


@pytest.mark.parametrize(
    ("kind", "fitting", "differing"),
    [
        (ThingView, THING, {"id": "no uuid"}),
        (Whole, {"colour": Colour.BLUE, "always": 1, "when": date(2026, 1, 1)}, {"colour": "green", "always": 1}),
        (Whole, {"colour": Colour.BLUE, "always": 1}, {"colour": Colour.BLUE, "note": "without `always`"}),
        (Literal["open", "closed"] | None, None, "ajar"),
        (Annotated[float, Keywords(minimum=0)], 0.5, -0.5),
        (Sequence[datetime], [datetime(2026, 1, 1, tzinfo=UTC)], ["soon"]),
        (tuple[int, ...], (1, 2), ["1"]),
        (Page[ThingView], {"items": [THING], "next": None}, {"items": [1], "next": None}),
        (UUID | int, 5, "five"),
    ],
)
def test_a_value_fits_the_schema_of_its_type(kind: Any, fitting: Any, differing: Any) -> None:
    assert _fits(kind, fitting)
    assert not _fits(kind, differing)


def test_required_is_what_is_always_there() -> None:
    assert set(object_schema(Whole)["required"]) == {"always", "colour"}
    assert list(object_schema(ThingView)["properties"]) == ["id", "places", "parts", "state", "day"]


def test_classes_within_are_referred_to_by_name() -> None:
    def refer(kind: Any) -> dict[str, Any]:
        return {"$ref": component_name(kind)}

    assert object_schema(Page[ThingView], refer)["properties"]["items"]["items"] == {"$ref": "ThingOutput"}
    assert schema_of(ThingView | None, refer) == {"oneOf": [{"$ref": "ThingOutput"}, {"type": "null"}]}
    assert (component_name(Whole), component_name(Page[ThingView])) == ("Whole", "ThingPage")


@pytest.mark.parametrize(("kind", "value"), [(bytes, b"1"), (Pair, Pair(1, 2))])
def test_what_is_not_rendered_has_no_schema(kind: Any, value: Any) -> None:
    with pytest.raises(TypeError):
        to_json(value)
    with pytest.raises(TypeError, match="no schema is known"):
        schema_of(kind)
