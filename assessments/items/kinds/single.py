"""One option is right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from assessments.items.kinds.base import Fault, ItemKind, ResponseRefused, only_members


class Single(ItemKind):
    """key {"correct": "a"}; response "a"."""

    name, label, has_options = "single", "single choice", True
    key_example = "a"
    response_schema = {"type": "string", "description": "single: the chosen option's id"}

    def key_faults(self, key: Mapping[str, Any], options: Sequence[str]) -> Iterator[Fault]:
        yield from only_members(key, "correct")
        if key.get("correct") not in options:
            yield Fault("/key/correct", f"must be one of the options ({', '.join(options)})")

    def guess_range(self, key: Mapping[str, Any], options: int) -> tuple[float, float]:
        return 1 / options, min(0.75, 2 / options)

    def read(self, raw: Any, options: Sequence[str]) -> str:
        if not isinstance(raw, str):
            raise ResponseRefused("not_an_option_id")
        if raw not in options:
            raise ResponseRefused("unknown_option")
        return raw

    def score(self, key: Mapping[str, Any], response: Any) -> float:
        return 1.0 if response == key["correct"] else 0.0

    def key_text(self, key: Mapping[str, Any]) -> str:
        return str(key.get("correct", ""))

    def key_from_text(self, text: str) -> dict[str, Any]:
        return {"correct": text.strip()}
