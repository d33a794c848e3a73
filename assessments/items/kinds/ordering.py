"""All options, in the right order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, pairwise
from math import comb, factorial, fsum
from typing import Any

from assessments.items.kinds.base import (
    NO_CONTENT,
    NO_TEXT,
    Content,
    Issue,
    ItemKind,
    ResponseRefused,
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

CREDITS = ("all_or_nothing", "adjacent_pairs", "kendall")


class Ordering(ItemKind):
    """key {"order": ["c", "a", "b"], "credit": "kendall"}; response ["c", "a", "b"], every option once.

    credit: `all_or_nothing` (default); `adjacent_pairs`: the share of the key's neighbours that are neighbours, in that
    order, in the response; `kendall`: (pairs in the right order - pairs in the wrong one) / pairs, never below 0
    (Kendall's tau, Biometrika 30, 1938).
    """

    name, label, has_options = "ordering", "ordering", True
    key_example = "c, a, b"
    key_hint = "“; adjacent pairs” or “; kendall” behind it gives a part of the score for a part of the order"
    response_schema = {
        "type": "array",
        "items": {"type": "string"},
        "description": "ordering: every option's id, first to last",
    }

    def key_issues(
        self, key: Mapping[str, Any], options: Sequence[str], content: Content = NO_CONTENT
    ) -> Iterator[Issue]:
        yield from only_members(key, "order", "credit")
        order = key.get("order")
        yield from option_list(order, options, "/key/order")
        missing = [option for option in options if not isinstance(order, list) or option not in order]
        if missing:
            yield Issue("/key/order", f"lacks {', '.join(missing)}")
        yield from credit_issues(key, CREDITS)

    def guess_range(self, key: Mapping[str, Any], options: int, text: Text = NO_TEXT) -> tuple[float, float]:
        # Blind: any order. At best: the first is plain to everybody, the rest is blind.
        match key.get("credit", CREDITS[0]):
            case "adjacent_pairs":
                return spread(1 / options, 1 / (options - 1))
            case "kendall":
                return spread(_mean_tau(options, 0), _mean_tau(options - 1, options - 1))
        return 1 / factorial(options), 1 / options

    def read(self, raw: Any, options: Sequence[str], text: Text = NO_TEXT, *, language: str | None = None) -> list[str]:
        order = read_options(raw, options)
        if len(order) != len(options):
            raise ResponseRefused("not_every_option")
        return order

    def score(self, key: Mapping[str, Any], response: Any, *, language: str | None = None) -> float:
        order = key["order"]
        place = {option: index for index, option in enumerate(response)}
        match key.get("credit", CREDITS[0]):
            case "adjacent_pairs":
                return sum(place[b] - place[a] == 1 for a, b in pairwise(order)) / (len(order) - 1)
            case "kendall":
                pairs = comb(len(order), 2)
                wrong = sum(place[a] > place[b] for a, b in combinations(order, 2))
                return max(0, pairs - 2 * wrong) / pairs
        return 1.0 if response == order else 0.0

    def key_text(self, key: Mapping[str, Any], *, language: str | None = None) -> str:
        return with_credit(", ".join(map(str, key.get("order", []))), key, CREDITS[0])

    def key_from_text(self, text: str, *, language: str | None = None) -> dict[str, Any]:
        body, credit = split_credit(text)
        return {"order": words(body), **credit}


def _mean_tau(blind: int, known: int) -> float:
    """Return the mean `kendall` credit over all orders of `blind` options, with `known` pairs more that are right.

    Orders are counted by their inversions (Mahonian numbers: OEIS A008302).
    """
    counts = [1]
    for size in range(2, blind + 1):
        longer = [0] * (len(counts) + size - 1)
        for inversions, count in enumerate(counts):
            for more in range(size):
                longer[inversions + more] += count
        counts = longer
    pairs = comb(blind, 2) + known
    return fsum(count * max(0, pairs - 2 * wrong) for wrong, count in enumerate(counts)) / (pairs * factorial(blind))
