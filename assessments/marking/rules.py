"""How marks of several people become one. Pure: no Django, no clock.

Two people mark without knowing of each other; where they are further apart than the rubric tolerates, a third decides
(double blind marking with adjudication: e.g. Standards for Educational and Psychological Testing, 2014, 6.8 and 6.9).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from fractions import Fraction

MARKERS = 2
# Long enough for a work and a break, short enough that a forgotten one is back on the same day.
CLAIM = timedelta(hours=2)


def is_disputed(shares: Sequence[Fraction], tolerance: int) -> bool:
    """Whether the first two marks are further apart than `tolerance` hundredths of the whole; exact."""
    return len(shares) >= MARKERS and abs(shares[0] - shares[1]) * 100 > tolerance


def final(shares: Sequence[Fraction], tolerance: int) -> Fraction | None:
    """Return the final share: the third's where the first two are disputed, else their mean; None while marks are missing.

    Args:
        shares: the marks in the order given.
    """
    if len(shares) < MARKERS:
        return None
    if is_disputed(shares, tolerance):
        return shares[2] if len(shares) > MARKERS else None
    return (shares[0] + shares[1]) / 2


def seats(marks: int) -> int:
    """Return how many people may be at a work at a time that has so many marks and no final one."""
    return MARKERS - marks if marks < MARKERS else 1
