"""How much time an accommodation gives. Pure: no Django, no clock."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_CEILING, Decimal


def extra_seconds(*, time_limit_s: int, granted: Iterable[tuple[Decimal, int]]) -> int:
    """Return the seconds on top of a time limit: those of the most generous accommodation, 0 without any.

    Args:
        granted: (factor, extra seconds) of each that applies.
    """
    return max(
        (
            int((time_limit_s * factor).to_integral_value(ROUND_CEILING)) - time_limit_s + extra_s
            for factor, extra_s in granted
        ),
        default=0,
    )
