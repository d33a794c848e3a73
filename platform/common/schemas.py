"""JSON Schema (2020-12, as in OpenAPI 3.1) of Python types, so that what is rendered is what is documented."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import Enum
from typing import (
    Annotated,
    Any,
    Literal,
    NotRequired,
    Required,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)
from uuid import UUID

Schema = dict[str, Any]


class Keywords:
    """Keywords to add to a type's schema: `Annotated[float, Keywords(minimum=0, description="…")]`."""

    def __init__(self, **keywords: Any) -> None:
        self.keywords = keywords


_PLAIN: Mapping[Any, Schema] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    type(None): {"type": "null"},
    UUID: {"type": "string", "format": "uuid"},
    datetime: {"type": "string", "format": "date-time"},
    date: {"type": "string", "format": "date"},
    Any: {},
    object: {},
}


def schema_of(kind: Any) -> Schema:
    """Return the schema of what `common.rendering.to_json` makes of a value of this type.

    Args:
        kind: a type as an annotation names it: a plain one, `X | None`, `Literal`, an Enum, a sequence, a mapping with
            texts as keys, a dataclass, a NamedTuple or a TypedDict. `Annotated[X, Keywords(…)]` adds to it.

    Raises:
        TypeError: nothing is known of how such a value is rendered.
    """
    if kind in _PLAIN:
        return dict(_PLAIN[kind])
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        schema = schema_of(arguments[0])
        for added in arguments[1:]:
            schema |= added.keywords
        return schema
    if origin in (NotRequired, Required):
        return schema_of(arguments[0])
    if origin is Literal:
        return _choices(arguments)
    if origin in (Union, types.UnionType):
        return _union([schema_of(argument) for argument in arguments])
    if origin is tuple and len(arguments) == 2 and arguments[1] is Ellipsis:
        return {"type": "array", "items": schema_of(arguments[0])}
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {"type": "object", "additionalProperties": schema_of(arguments[1])}
    if isinstance(origin, type) and issubclass(origin, Sequence):
        return {"type": "array", "items": schema_of(arguments[0])}
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _choices([member.value for member in kind])
    if dataclasses.is_dataclass(kind):
        return _object(get_type_hints(kind, include_extras=True))
    if is_typeddict(kind):
        hints = get_type_hints(kind, include_extras=True)
        # Not `__required_keys__`, which misses a NotRequired in annotations that are texts.
        if kind.__total__:
            return _object(hints, [name for name, hint in hints.items() if get_origin(hint) is not NotRequired])
        return _object(hints, [name for name, hint in hints.items() if get_origin(hint) is Required])
    if isinstance(kind, type) and issubclass(kind, tuple) and hasattr(kind, "_fields"):
        # orjson renders a NamedTuple as an array, by position.
        hints = get_type_hints(kind, include_extras=True)
        members = [schema_of(hints[name]) for name in kind._fields]
        return {"type": "array", "prefixItems": members, "minItems": len(members), "maxItems": len(members)}
    raise TypeError(f"no schema is known for {kind!r}")


def _choices(values: Sequence[Any]) -> Schema:
    kinds = {type(value) for value in values}
    schema = schema_of(kinds.pop()) if len(kinds) == 1 else {}
    return {**schema, "enum": list(values)}


def _union(schemas: list[Schema]) -> Schema:
    null = {"type": "null"}
    others = [schema for schema in schemas if schema != null]
    if len(others) == 1 and isinstance(others[0].get("type"), str) and "enum" not in others[0]:
        return {**others[0], "type": [others[0]["type"], "null"]} if null in schemas else others[0]
    return {"oneOf": schemas}


def _object(hints: Mapping[str, Any], required: Sequence[str] | None = None) -> Schema:
    wanted = list(hints if required is None else required)
    schema: Schema = {"type": "object", "properties": {name: schema_of(hint) for name, hint in hints.items()}}
    return {**schema, "required": wanted} if wanted else schema
