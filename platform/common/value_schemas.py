"""Values that are rendered as they are: `@extend_schema(responses=AttemptView)` derives the component from the class."""

from __future__ import annotations

from typing import Any, get_args, get_origin

from drf_spectacular.extensions import OpenApiSerializerExtension

from common.schemas import Schema, has_members, object_schema


def component_name(kind: Any) -> str:
    """Return the name of a value class's component.

    It is the class's own; `AttemptView`, a view of an attempt, is `AttemptOutput` to who calls the API, and a page of such,
    `Page[AttemptView]`, is `AttemptPage`.
    """
    if arguments := get_args(kind):
        return "".join(component_name(argument).removesuffix("Output") for argument in arguments) + str(
            getattr(get_origin(kind), "__name__", "")
        )
    name = str(kind.__name__)
    return f"{name.removesuffix('View')}Output" if name.endswith("View") else name


class ValueSchema(OpenApiSerializerExtension):
    """Describes dataclasses and TypedDicts, each as a component. A subclass describes a `target_class` in its own way."""

    target_class: Any = None
    # A subclass comes first.
    priority = -1

    @classmethod
    def _matches(cls, target: Any) -> bool:
        return has_members(target) if cls.target_class is None else target is cls.target_class

    def get_name(self, auto_schema: Any, direction: Any) -> str:
        return component_name(self.target)

    def map_serializer(self, auto_schema: Any, direction: Any) -> Schema:
        return object_schema(self.target, lambda kind: reference(auto_schema, kind))


def reference(auto_schema: Any, kind: Any) -> Schema:
    """Return a reference to the component of a value class, which is made if need be."""
    return dict(auto_schema.resolve_serializer(kind, "response").ref)
