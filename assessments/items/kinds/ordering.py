"""All options, in the right order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import factorial
from typing import Any

from assessments.items.kinds.base import (
    Fault,
    ItemKind,
    ResponseRefused,
    only_members,
    option_list,
    read_options,
    words,
)


class Ordering(ItemKind):
    """key {"order": ["c", "a", "b"]}; response ["c", "a", "b"], every option once. All or nothing."""

    name, label, has_options = "ordering", "ordering", True
    key_example = "c, a, b"
    response_schema = {
        "type": "array", "items": {"type": "string"}, "description": "ordering: every option's id, first to last",
    }  # fmt: skip

    def key_faults(self, key: Mapping[str, Any], options: Sequence[str]) -> Iterator[Fault]:
        yield from only_members(key, "order")
        order = key.get("order")
        yield from option_list(order, options, "/key/order")
        missing = [option for option in options if not isinstance(order, list) or option not in order]
        if missing:
            yield Fault("/key/order", f"lacks {', '.join(missing)}")

    def guess_range(self, key: Mapping[str, Any], options: int) -> tuple[float, float]:
        return 1 / factorial(options), 1 / options

    def read(self, raw: Any, options: Sequence[str]) -> list[str]:
        order = read_options(raw, options)
        if len(order) != len(options):
            raise ResponseRefused("not_every_option")
        return order

    def score(self, key: Mapping[str, Any], response: Any) -> float:
        return 1.0 if response == key["order"] else 0.0

    def key_text(self, key: Mapping[str, Any]) -> str:
        return ", ".join(map(str, key.get("order", [])))

    def key_from_text(self, text: str) -> dict[str, Any]:
        return {"order": words(text)}
