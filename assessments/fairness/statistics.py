"""Comparing shares of groups, and many comparisons at once. Pure.

- An interval of one share: Wilson (1927), J. Am. Stat. Assoc. 22, 209-212.
- A ratio of shares over strata: Mantel-Haenszel with the variance of Greenland and Robins (1985), Biometrics 41, 55-68;
  of one stratum it is Katz's log interval (Katz et al. 1978, Biometrics 34, 469-474).
- Its test: Cochran-Mantel-Haenszel without continuity correction (Mantel and Haenszel 1959, JNCI 22, 719-748).
- Many tests: Benjamini and Hochberg (1995), J. R. Stat. Soc. B 57, 289-300.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Z95 = 1.959963984540054


@dataclass(frozen=True)
class Tally:
    """So many of `n` people had the favourable outcome."""

    favourable: int
    n: int


@dataclass(frozen=True)
class Ratio:
    """The group's share over the reference's, its 95 % interval, and the two-sided p-value of "they are the same"."""

    value: float
    low: float
    high: float
    p_value: float


def wilson(tally: Tally) -> tuple[float, float]:
    """Return the 95 % interval of a share of at least one person."""
    n, share, z2 = tally.n, tally.favourable / tally.n, Z95 * Z95
    middle = share + z2 / (2 * n)
    half = Z95 * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return max(0.0, (middle - half) / (1 + z2 / n)), min(1.0, (middle + half) / (1 + z2 / n))


def ratio_of(strata: Iterable[tuple[Tally, Tally]]) -> Ratio | None:
    """Compare group and reference within each stratum and pool; None where no stratum has people of both.

    Where one side has no favourable outcome at all, half a person is added to each cell for ratio and interval (Haldane
    and Anscombe); the test needs no such thing.
    """
    both = [(entry, other) for entry, other in strata if entry.n and other.n]
    if not both:
        return None
    p_value = _cochran_mantel_haenszel(both)
    cells = [
        (float(entry.favourable), float(entry.n), float(other.favourable), float(other.n)) for entry, other in both
    ]
    if not sum(a for a, _, _, _ in cells) or not sum(c for _, _, c, _ in cells):
        cells = [(a + 0.5, n1 + 1, c + 0.5, n0 + 1) for a, n1, c, n0 in cells]
    above = math.fsum(a * n0 / (n1 + n0) for a, n1, c, n0 in cells)
    below = math.fsum(c * n1 / (n1 + n0) for a, n1, c, n0 in cells)
    spread = math.fsum((n1 * n0 * (a + c) - a * c * (n1 + n0)) / (n1 + n0) ** 2 for a, n1, c, n0 in cells)
    if not above or not below:
        # Favourable outcomes exist on both sides, and in no stratum is there weight on them.
        return None
    half = Z95 * math.sqrt(max(spread, 0.0) / (above * below))
    value = above / below
    return Ratio(value, value * math.exp(-half), value * math.exp(half), p_value)


def _cochran_mantel_haenszel(both: Sequence[tuple[Tally, Tally]]) -> float:
    excess = variance = 0.0
    for entry, other in both:
        n, favourable = entry.n + other.n, entry.favourable + other.favourable
        excess += entry.favourable - entry.n * favourable / n
        variance += entry.n * other.n * favourable * (n - favourable) / (n * n * (n - 1))
    return math.erfc(abs(excess) / math.sqrt(2 * variance)) if variance > 0 else 1.0


def benjamini_hochberg(p_values: Sequence[float], *, tests: int | None = None) -> list[float]:
    """Return the adjusted p-value (q) of each, in their order.

    Args:
        tests: how many were made in all, if only the smallest are given; those left out must be larger.
    """
    m = len(p_values) if tests is None else tests
    adjusted, least = [1.0] * len(p_values), 1.0
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    for rank in range(len(order), 0, -1):
        index = order[rank - 1]
        least = min(least, p_values[index] * m / rank)
        adjusted[index] = least
    return adjusted
