"""The newest reports as tables: one header, then rows; numbers with a point, empty for insufficient data.

No key and no personal data: which option is right stays in the admin.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from assessments.analysis.models import DifResult
from assessments.analysis.selectors import newest_forms, newest_items, newest_runs

Row = tuple[Any, ...]

_ITEM = ("revision__item__code", "revision__number")
_RUN = ("run__course__slug", "run__day", "run__method")
_RUN_HEADER = ("course", "day", "method")
ITEM_FIELDS = (
    "n",
    "facility",
    "is_binary",
    "discrimination",
    "timed",
    "median_seconds",
    "difficulty",
    "revision__difficulty",
    "revision__guess",
)
GROUP_FIELDS = (
    "factor",
    "group",
    "reference",
    "n",
    "facility",
    "discrimination",
    "median_seconds",
    "delta",
    "delta_error",
    "p",
    "q",
    "ets_class",
)
FORM_FIELDS = (
    "factor",
    "group",
    "n",
    "items",
    "is_drawn",
    "is_binary",
    "mean",
    "deviation",
    "reliability",
    "error",
    "reason",
)


def items() -> Iterator[Row]:
    """Every item of the newest runs."""
    yield (
        *_RUN_HEADER,
        "item",
        "revision",
        "n",
        "facility",
        "binary",
        "discrimination",
        "timed",
        "median_seconds",
        "difficulty_observed",
        "difficulty_stated",
        "guess_stated",
        "right_lowest_third",
        "right_middle_third",
        "right_highest_third",
        "revisions",
        "flags",
    )
    rows = (
        newest_items().order_by(*_RUN[:1], *_ITEM).values_list(*_RUN, *_ITEM, *ITEM_FIELDS, "thirds", "joined", "flags")
    )
    for *plain, thirds, joined, flags in rows:
        yield (
            *map(_text, plain),
            *(_text(third["right"]) for third in thirds or ({"right": None},) * 3),
            " ".join(map(str, joined)),
            " ".join(flags),
        )


def groups() -> Iterator[Row]:
    """Every item in every group of the newest runs."""
    yield (*_RUN_HEADER, "item", "revision", *GROUP_FIELDS)
    rows = DifResult.objects.filter(run__in=newest_runs().values("pk")).order_by(
        *_RUN[:1], *_ITEM, "factor", "reference", "group"
    )
    for row in rows.values_list(*_RUN, *_ITEM, *GROUP_FIELDS):
        yield tuple(map(_text, row))


def forms() -> Iterator[Row]:
    """Every quiz of the newest runs, over all and by group."""
    yield (*_RUN_HEADER, "quiz", *FORM_FIELDS)
    rows = newest_forms().order_by(*_RUN[:1], "quiz__slug", "factor", "group")
    for row in rows.values_list(*_RUN, "quiz__slug", *FORM_FIELDS):
        yield tuple(map(_text, row))


def _text(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.6g}" if isinstance(value, float) else value
