"""Several options may be right; all of them and no other must be chosen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from assessments.items.kinds.base import Fault, ItemKind, only_members, option_list, read_options, words


class Multiple(ItemKind):
    """key {"correct": ["a", "c"]}; response ["a", "c"] in any order, kept sorted. All or nothing."""

    name, label, has_options = "multiple", "multiple choice", True
    key_example = "a, c"
    response_schema = {
        "type": "array", "items": {"type": "string"}, "description": "multiple: the chosen options' ids, in any order",
    }  # fmt: skip

    def key_faults(self, key: Mapping[str, Any], options: Sequence[str]) -> Iterator[Fault]:
        yield from only_members(key, "correct")
        yield from option_list(key.get("correct"), options, "/key/correct")

    def guess_range(self, key: Mapping[str, Any], options: int) -> tuple[float, float]:
        # Blind: any subset. At best: a prompt that tells how many are right, with one poor distractor.
        return 2.0**-options, 1 / options if options > 2 else 0.5

    def read(self, raw: Any, options: Sequence[str]) -> list[str]:
        return sorted(read_options(raw, options))

    def score(self, key: Mapping[str, Any], response: Any) -> float:
        return 1.0 if response == sorted(key["correct"]) else 0.0

    def key_text(self, key: Mapping[str, Any]) -> str:
        return ", ".join(map(str, key.get("correct", [])))

    def key_from_text(self, text: str) -> dict[str, Any]:
        return {"correct": words(text)}
