"""Several options may be right; the key says what a part of them is worth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import comb, fsum
from typing import Any

from assessments.items.kinds.base import (
    NO_CONTENT,
    NO_TEXT,
    Content,
    Issue,
    ItemKind,
    Text,
    credit_issues,
    only_members,
    option_list,
    read_options,
    split_credit,
    spread,
    with_credit,
    words,
)

CREDITS = ("all_or_nothing", "overlap", "right_minus_wrong")


class Multiple(ItemKind):
    """key {"correct": ["a", "c"], "credit": "overlap"}; response ["a", "c"] in any order, kept sorted.

    credit: `all_or_nothing` (default); `overlap`: right choices / options that are right or were chosen (Jaccard);
    `right_minus_wrong`: (right choices - wrong choices) / right options, never below 0.
    """

    name, label, has_options = "multiple", "multiple choice", True
    key_example = "a, c"
    key_hint = "“; overlap” or “; right minus wrong” behind it gives a part of the score for a part of the answer"
    response_schema = {
        "type": "array",
        "items": {"type": "string"},
        "description": "multiple: the chosen options' ids, in any order",
    }

    def key_issues(
        self, key: Mapping[str, Any], options: Sequence[str], content: Content = NO_CONTENT
    ) -> Iterator[Issue]:
        yield from only_members(key, "correct", "credit")
        yield from option_list(key.get("correct"), options, "/key/correct")
        yield from credit_issues(key, CREDITS)

    def guess_range(self, key: Mapping[str, Any], options: int, text: Text = NO_TEXT) -> tuple[float, float]:
        if key.get("credit", CREDITS[0]) == CREDITS[0]:
            # Blind: any subset. At best: a prompt that tells how many are right, with one poor distractor.
            return 2.0**-options, 1 / options if options > 2 else 0.5
        right = len(key["correct"])
        by_size = [
            fsum(
                self._credit(key, hits, size - hits) * _chance(right, options - right, size, hits)
                for hits in range(size + 1)
            )
            for size in range(options + 1)
        ]
        blind = fsum(comb(options, size) * score for size, score in enumerate(by_size)) / 2**options
        # At best: the number of options to choose that pays most, whatever is chosen.
        return spread(blind, max(by_size))

    def read(self, raw: Any, options: Sequence[str], text: Text = NO_TEXT, *, language: str | None = None) -> list[str]:
        return sorted(read_options(raw, options))

    def score(self, key: Mapping[str, Any], response: Any, *, language: str | None = None) -> float:
        hits = len(set(response) & set(key["correct"]))
        return self._credit(key, hits, len(response) - hits)

    def _credit(self, key: Mapping[str, Any], hits: int, wrong: int) -> float:
        right = len(key["correct"])
        match key.get("credit", CREDITS[0]):
            case "overlap":
                return hits / (right + wrong)
            case "right_minus_wrong":
                return max(0, hits - wrong) / right
        return 1.0 if hits == right and not wrong else 0.0

    def key_text(self, key: Mapping[str, Any], *, language: str | None = None) -> str:
        return with_credit(", ".join(map(str, key.get("correct", []))), key, CREDITS[0])

    def key_from_text(self, text: str, *, language: str | None = None) -> dict[str, Any]:
        body, credit = split_credit(text)
        return {"correct": words(body), **credit}


def _chance(right: int, wrong: int, size: int, hits: int) -> float:
    """Return how likely `size` options chosen blindly hold `hits` right ones (hypergeometric)."""
    return comb(right, hits) * comb(wrong, size - hits) / comb(right + wrong, size)
