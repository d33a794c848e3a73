"""One option is right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from assessments.items.kinds.base import (
    NO_CONTENT,
    NO_TEXT,
    Content,
    Issue,
    ItemKind,
    ResponseRefused,
    Text,
    half_width,
    only_members,
    spread,
)


class Single(ItemKind):
    """key {"correct": "a"}; response "a"."""

    name, label, has_options = "single", "single choice", True
    key_example = "a"
    response_schema = {"type": "string", "description": "single: the chosen option's id"}

    def key_issues(
        self, key: Mapping[str, Any], options: Sequence[str], content: Content = NO_CONTENT
    ) -> Iterator[Issue]:
        yield from only_members(key, "correct")
        if key.get("correct") not in options:
            yield Issue("/key/correct", f"must be one of the options ({', '.join(options)})")

    def guess_range(self, key: Mapping[str, Any], options: int, text: Text = NO_TEXT) -> tuple[float, float]:
        return spread(1 / options, 2 / options)

    def read(self, raw: Any, options: Sequence[str], text: Text = NO_TEXT, *, language: str | None = None) -> str:
        if not isinstance(raw, str):
            raise ResponseRefused("not_an_option_id")
        if raw not in options:
            raise ResponseRefused("unknown_option")
        return raw

    def score(self, key: Mapping[str, Any], response: Any, *, language: str | None = None) -> float:
        return 1.0 if response == key["correct"] else 0.0

    def key_text(self, key: Mapping[str, Any], *, language: str | None = None) -> str:
        return str(key.get("correct", ""))

    def key_from_text(self, text: str, *, language: str | None = None) -> dict[str, Any]:
        return {"correct": half_width(text).strip()}
