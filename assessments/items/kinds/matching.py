"""Each thing on the left has its counterpart on the right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import perm
from typing import Any, TypedDict

from assessments.items.kinds.base import (
    NO_CONTENT,
    NO_TEXT,
    Content,
    Issue,
    ItemKind,
    ResponseRefused,
    Text,
    credit_issues,
    ids_of,
    listed_from,
    listed_issues,
    listed_text,
    only_members,
    split_credit,
    spread,
    with_credit,
    words,
)
from common.schemas import schema_of

CREDITS = ("per_pair", "all_or_nothing")


class LeftEntry(TypedDict):
    id: str
    text: str


class ShownLeft(TypedDict):
    """What a learner sees of a matching item besides its prompt and options."""

    left: list[LeftEntry]


class Matching(ItemKind):
    """key {"pairs": {"1": "b", "2": "a"}, "credit": "per_pair"}; response {"1": "b", "2": "c"}, kept in the left's order.

    The right side is the item's options, shown shuffled; it may hold distractors, and one option may belong to several on
    the left. What is left open counts as wrong. credit: `per_pair` (default), the share of the left that is rightly
    matched, or `all_or_nothing`.
    """

    name, label, has_options = "matching", "matching", True
    part, part_example = "left", "“1: text”, one a line; the right side stands under options, distractors included."
    key_example = "1 = b, 2 = a"
    key_hint = "“; all or nothing” behind it gives nothing for a part"
    shown_schema = schema_of(ShownLeft)
    response_schema = {
        "type": "object",
        "additionalProperties": {"type": "string"},
        "description": "matching: an object from ids of the left to ids of options",
    }

    def key_issues(
        self, key: Mapping[str, Any], options: Sequence[str], content: Content = NO_CONTENT
    ) -> Iterator[Issue]:
        yield from only_members(key, "pairs", "credit")
        yield from credit_issues(key, CREDITS)
        pairs = key.get("pairs")
        if not isinstance(pairs, Mapping) or not pairs:
            yield Issue("/key/pairs", "must say which option belongs to each of the left")
            return
        for left, right in pairs.items():
            if right not in options:
                yield Issue(f"/key/pairs/{left}", f"{right!r} is none of the options ({', '.join(options)})")
        for text in list(content.values())[:1]:
            on_the_left = ids_of(text.get("left"))
            for left in [entry for entry in on_the_left if entry not in pairs]:
                yield Issue("/key/pairs", f"lacks {left}")
            for left in [pair for pair in pairs if pair not in on_the_left]:
                yield Issue("/key/pairs", f"{left!r} is none of the left ({', '.join(on_the_left)})")

    def guess_range(self, key: Mapping[str, Any], options: int, text: Text = NO_TEXT) -> tuple[float, float]:
        left = len(key["pairs"])
        if key.get("credit", CREDITS[0]) == "per_pair":
            # Each of the left has the same chance, whether or not an option is used twice.
            return spread(1 / options, 2 / options)
        without_reuse = 1 / perm(options, left) if left <= options else 0.0
        return spread(options**-left, max(without_reuse, (2 / options) ** left if options > 2 else 0.5**left))

    def read(
        self, raw: Any, options: Sequence[str], text: Text = NO_TEXT, *, language: str | None = None
    ) -> dict[str, str]:
        if not isinstance(raw, Mapping):
            raise ResponseRefused("not_an_object")
        left = ids_of(text.get("left"))
        for entry, right in raw.items():
            if entry not in left:
                raise ResponseRefused("unknown_left", f"/{entry}")
            if right is not None and not isinstance(right, str):
                raise ResponseRefused("not_an_option_id", f"/{entry}")
            if right is not None and right not in options:
                raise ResponseRefused("unknown_option", f"/{entry}")
        return {entry: raw[entry] for entry in left if raw.get(entry) is not None}

    def score(self, key: Mapping[str, Any], response: Any, *, language: str | None = None) -> float:
        pairs = key["pairs"]
        right = sum(response.get(left) == option for left, option in pairs.items())
        if key.get("credit", CREDITS[0]) == "all_or_nothing":
            return 1.0 if right == len(pairs) else 0.0
        return right / len(pairs)

    def key_text(self, key: Mapping[str, Any], *, language: str | None = None) -> str:
        return with_credit(", ".join(f"{a} = {b}" for a, b in key.get("pairs", {}).items()), key, CREDITS[0])

    def key_from_text(self, text: str, *, language: str | None = None) -> dict[str, Any]:
        body, credit = split_credit(text)
        pairs = {}
        for pair in words(body):
            left, _, right = pair.partition("=")
            pairs[left.strip()] = right.strip()
        return {"pairs": pairs, **credit}

    def part_issues(self, text: Text, at: str) -> Iterator[Issue]:
        yield from listed_issues(text.get("left", []), f"{at}/left", fewest=2)

    def part_shape(self, text: Text) -> Any:
        return sorted(ids_of(text.get("left")))

    def part_text(self, text: Text) -> str:
        return listed_text(text.get("left"))

    def part_from_text(self, written: str) -> Any:
        return listed_from(written)

    def shown(self, text: Text, order: Sequence[str]) -> ShownLeft:
        return {"left": [{"id": entry["id"], "text": entry["text"]} for entry in text["left"]]}
