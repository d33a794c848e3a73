"""JSON Schema (2020-12, as in OpenAPI 3.1) of Python types, so that what is rendered is what is documented."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from enum import Enum
from typing import (
    Annotated,
    Any,
    Literal,
    NotRequired,
    Required,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)
from uuid import UUID

Schema = dict[str, Any]


# Gives the schema of a class with members a place of its own, and returns a reference to it.
Refer = Callable[[Any], Schema]


class Keywords:
    """Keywords to add to a type's schema: `Annotated[float, Keywords("What it means.", minimum=0)]`.

    Args:
        description: for who calls the API, unlike the docstring of a class, which is for who reads the code.
    """

    def __init__(self, description: str | None = None, **keywords: Any) -> None:
        self.keywords = keywords if description is None else {**keywords, "description": description}


# Values that are texts already, as JSON has them.
IdText = Annotated[str, Keywords(format="uuid")]
DayText = Annotated[str, Keywords(format="date")]
MonthText = Annotated[str, Keywords(pattern="^[0-9]{4}-[0-9]{2}$")]
InstantText = Annotated[str, Keywords(format="date-time")]


_PLAIN: Mapping[Any, Schema] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number", "format": "double"},
    type(None): {"type": "null"},
    UUID: {"type": "string", "format": "uuid"},
    datetime: {"type": "string", "format": "date-time"},
    date: {"type": "string", "format": "date"},
    Any: {},
    object: {},
}


def schema_of(kind: Any, refer: Refer | None = None) -> Schema:
    """Return the schema of what `common.rendering.to_json` makes of a value of this type.

    Args:
        kind: a type as an annotation names it: a plain one, `X | None`, `Literal`, an Enum, a sequence, a mapping with
            texts as keys, a dataclass or a TypedDict. `Annotated[X, Keywords(…)]` adds to it. A NamedTuple is not
            rendered: its members would be written by position.
        refer: asked for every dataclass and TypedDict; without it they are written where they are used.

    Raises:
        TypeError: nothing is known of how such a value is rendered.
    """
    if kind in _PLAIN:
        return dict(_PLAIN[kind])
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        schema = schema_of(arguments[0], refer)
        for added in arguments[1:]:
            schema |= added.keywords
        return schema
    if origin in (NotRequired, Required):
        return schema_of(arguments[0], refer)
    if origin is Literal:
        return _choices(arguments)
    if origin in (Union, types.UnionType):
        return _union([schema_of(argument, refer) for argument in arguments])
    if has_members(kind):
        return refer(kind) if refer else object_schema(kind)
    if origin is tuple and len(arguments) == 2 and arguments[1] is Ellipsis:
        return {"type": "array", "items": schema_of(arguments[0], refer)}
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {"type": "object", "additionalProperties": schema_of(arguments[1], refer)}
    if isinstance(origin, type) and issubclass(origin, Sequence):
        return {"type": "array", "items": schema_of(arguments[0], refer)}
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _choices([member.value for member in kind])
    raise TypeError(f"no schema is known for {kind!r}")


def has_members(kind: Any) -> bool:
    """Whether it is a dataclass or a TypedDict, which are rendered as objects; or a generic one of given types."""
    kind = get_origin(kind) or kind
    return isinstance(kind, type) and (dataclasses.is_dataclass(kind) or is_typeddict(kind))


def object_schema(kind: Any, refer: Refer | None = None) -> Schema:
    """Return the schema of a dataclass or TypedDict itself, where `schema_of` may return a reference to it."""
    cls = get_origin(kind) or kind
    given = dict(zip(getattr(cls, "__parameters__", ()), get_args(kind), strict=True))
    hints = {name: _filled(hint, given) for name, hint in get_type_hints(cls, include_extras=True).items()}
    required = list(hints)
    if is_typeddict(cls):
        # `__required_keys__` misses what annotations that are texts say of it.
        required = [
            name
            for name, hint in hints.items()
            if get_origin(hint) is Required or (name in cls.__required_keys__ and get_origin(hint) is not NotRequired)
        ]
    properties = {name: schema_of(hint, refer) for name, hint in hints.items()}
    schema: Schema = {"type": "object", "properties": properties}
    return {**schema, "required": required} if required else schema


def _filled(hint: Any, given: Mapping[Any, Any]) -> Any:
    """Return the hint with types in the place of a generic class's parameters."""
    if isinstance(hint, TypeVar):
        return given[hint]
    parameters = getattr(hint, "__parameters__", ())
    return hint[tuple(given[parameter] for parameter in parameters)] if parameters else hint


def _choices(values: Sequence[Any]) -> Schema:
    kinds = {type(value) for value in values}
    schema = schema_of(kinds.pop()) if len(kinds) == 1 else {}
    return {**schema, "enum": list(values)}


def _union(schemas: list[Schema]) -> Schema:
    null = {"type": "null"}
    others = [schema for schema in schemas if schema != null]
    if len(others) == 1 and isinstance(others[0].get("type"), str):
        if null not in schemas:
            return others[0]
        nullable = {**others[0], "type": [others[0]["type"], "null"]}
        return {**nullable, "enum": [*others[0]["enum"], None]} if "enum" in nullable else nullable
    return {"oneOf": schemas}
