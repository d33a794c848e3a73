"""Differential item functioning by Mantel-Haenszel: is an item harder for a group than for equally able others? Pure.

Sources: Mantel & Haenszel (1959), J. Natl. Cancer Inst. 22, 719-748; Holland & Thayer (1988), "Differential item
performance and the Mantel-Haenszel procedure", in Wainer & Braun (eds.), Test Validity, 129-145; Benjamini & Hochberg
(1995), J. R. Stat. Soc. B 57, 289-300. Why the matching score holds the studied item: docs/decisions/0080.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np

from assessments.analysis.classical import Answers, Floats, Ints, Mask
from assessments.analysis.rules import PER_GROUP, SIGNIFICANT, ets_class, reference_of

# ETS's delta of an odds ratio.
_DELTA = -2.35
# The "factor" of a correction: before and after it.
WORDING = "wording"
# Learners of one total are compared within thirds of how hard their other items were.
_FORMS = 3


@dataclass(frozen=True)
class Comparison:
    """One comparison: `delta` is negative where the item is harder for `group`. `q` and `ets_class` by `corrected`."""

    item: int
    factor: str
    group: str
    reference: str
    delta: float
    error: float
    p: float
    q: float = 1.0
    ets_class: str = ""


def mantel_haenszel(right: Mask, focal: Mask, strata: Ints) -> tuple[float, float, float] | None:
    """Return delta, its standard error and p of one item; None where nothing can be said.

    Args: one element per learner; `focal` false is the reference group; `strata` are learners of equal matching score.

    delta is -2.35 ln of the Mantel-Haenszel odds ratio, its error by Robins, Breslow & Greenland (1986), p by the
    Mantel-Haenszel chi-square with continuity correction.
    """
    # statsmodels brings scipy and pandas along: only the job pays for them.
    from statsmodels.stats.contingency_tables import StratifiedTable

    stratum = np.unique(strata, return_inverse=True)[1]
    cells = np.bincount(stratum * 4 + focal * 2 + ~right, minlength=4 * (int(stratum.max()) + 1) if len(stratum) else 4)
    tables = cells.reshape(-1, 2, 2).astype(float)
    # A stratum with one group, or with one outcome, compares nobody.
    tables = tables[(tables.sum(axis=2) > 0).all(axis=1) & (tables.sum(axis=1) > 0).all(axis=1)]
    size = tables.sum(axis=(1, 2))
    if not (tables[:, 0, 0] * tables[:, 1, 1] / size).sum() or not (tables[:, 0, 1] * tables[:, 1, 0] / size).sum():
        return None
    table = StratifiedTable(np.moveaxis(tables, 0, 2))
    delta = _DELTA * float(table.logodds_pooled)
    error = -_DELTA * float(table.logodds_pooled_se)
    p = float(table.test_null_odds(correction=True).pvalue)
    return (delta, error, p) if isfinite(delta) and isfinite(error) and isfinite(p) else None


class Matching:
    """Strata of equal ability for each item, from the totals of the attempts.

    A stratum is a quiz, a total score of its attempt with the studied item in it (rounded to halves for partial credit),
    and a third of how easy the attempt's other items were: where everybody has the same items, just the total.
    across_quizzes: a stratum holds attempts of equally many items instead of one quiz, for a measure that moves on from
    edition to edition. `without` are items left out of everybody's total but for their own test ("purification", Holland &
    Thayer 1988): one that functions differently must not decide who counts as equally able.
    """

    def __init__(
        self,
        answers: Answers,
        facility: Floats,
        *,
        without: frozenset[int] = frozenset(),
        across_quizzes: bool = False,
    ) -> None:
        length = np.bincount(answers.attempt, minlength=answers.attempts)
        self._kind_of_form: Ints = length.astype(np.int64) if across_quizzes else answers.quiz
        self._answers, self._facility, self._without = answers, facility, without
        counts = ~np.isin(answers.item, list(without))
        self._total = np.bincount(answers.attempt, answers.score * counts, minlength=answers.attempts)
        self._ease = np.bincount(answers.attempt, facility[answers.item] * counts, minlength=answers.attempts)

    def strata(self, item: int, rows: Ints) -> Ints:
        """Return a number for each of `rows`, answers to `item`: equal for equally able learners of the same quiz."""
        attempt = self._answers.attempt[rows]
        is_left_out = item in self._without
        total = self._total[attempt] + self._answers.score[rows] * is_left_out
        others: Floats = self._ease[attempt] - self._facility[item] * (not is_left_out)
        # Sums that differ only by the order of their terms are equally easy.
        ease: Floats = np.round(others, 6)
        form = np.searchsorted(np.quantile(ease, np.arange(1, _FORMS) / _FORMS), ease).astype(np.int64)
        halves = np.round(total * 2).astype(np.int64)
        return (self._kind_of_form[attempt] * (halves.max() + 1) + halves) * _FORMS + form


def comparisons(answers: Answers, facility: Floats, *, factors: Sequence[str] | None = None) -> list[Comparison]:
    """Return every comparison that has `PER_GROUP` first answers in the group and in the reference, corrected.

    The reference is the largest group of the factor over the course. Right is full credit. Each group is compared
    twice: items of class C in the first round are left out of the totals of the second.
    """
    rows = np.flatnonzero(answers.is_first)
    rows = rows[np.argsort(answers.item[rows], kind="stable")]
    bounds = np.searchsorted(answers.item[rows], np.arange(answers.items + 1))
    of_item = [rows[bounds[item] : bounds[item + 1]] for item in range(answers.items)]
    plain = Matching(answers, facility)
    found: list[Comparison] = []
    for factor in answers.groups if factors is None else factors:
        group_of = answers.groups[factor]
        names, counts = np.unique(group_of, return_counts=True)
        by_name = dict(zip(map(str, names), map(int, counts), strict=True))
        reference = reference_of(by_name)
        for group in sorted(by_name):
            if reference is None or group in ("", reference) or by_name[group] < PER_GROUP:
                continue
            first = list(_round(answers, of_item, plain, factor, group, reference))
            large = frozenset(test.item for test in first if _is_large(test))
            if large:
                first = list(
                    _round(answers, of_item, Matching(answers, facility, without=large), factor, group, reference)
                )
            found += first
    return corrected(found)


def jumps(answers: Answers, facility: Floats) -> list[Comparison]:
    """Return for each correction of an item whether it is harder since than before for equally able learners, corrected.

    The group is the number of the revision from which on answers count as after; there must be `PER_GROUP` first answers
    on both sides. Learners who came before and after may differ in ability, as groups do, so that it is the same test: drift
    of an item's difficulty over time is differential functioning between the times (Holland & Thayer 1988; Goldstein 1983,
    J. Educ. Meas. 20, 369-377).
    """
    if answers.wording is None:
        return []
    rows = np.flatnonzero(answers.is_first)
    matching = Matching(answers, facility, across_quizzes=True)
    found: list[Comparison] = []
    for item in range(answers.items):
        of_item = rows[answers.item[rows] == item]
        wordings = np.unique(answers.wording[of_item])
        for number in wordings[1:]:
            after = answers.wording[of_item] >= number
            if min(after.sum(), (~after).sum()) < PER_GROUP:
                continue
            result = mantel_haenszel(answers.score[of_item] >= 1, after, matching.strata(item, of_item))
            if result is not None:
                found.append(Comparison(item, WORDING, str(number), "", *result))
    return corrected(found)


def _is_large(test: Comparison) -> bool:
    return ets_class(delta=test.delta, error=test.error, q=test.p) == "C"


def _round(
    answers: Answers, of_item: Sequence[Ints], matching: Matching, factor: str, group: str, reference: str
) -> Iterator[Comparison]:
    group_of = answers.groups[factor]
    for item, rows in enumerate(of_item):
        named = group_of[answers.attempt[rows]]
        compared = rows[(named == group) | (named == reference)]
        focal = group_of[answers.attempt[compared]] == group
        if min(focal.sum(), (~focal).sum()) < PER_GROUP:
            continue
        result = mantel_haenszel(answers.score[compared] >= 1, focal, matching.strata(item, compared))
        if result is not None:
            yield Comparison(item, factor, group, reference, *result)


def corrected(found: Sequence[Comparison]) -> list[Comparison]:
    """Return the tests with `q`, p corrected over all of them by Benjamini and Hochberg, and ETS's class."""
    from statsmodels.stats.multitest import multipletests

    if not found:
        return []
    corrected_p = multipletests([row.p for row in found], alpha=SIGNIFICANT, method="fdr_bh")[1]
    return [
        Comparison(
            row.item,
            row.factor,
            row.group,
            row.reference,
            row.delta,
            row.error,
            row.p,
            float(q),
            ets_class(delta=row.delta, error=row.error, q=float(q)),
        )
        for row, q in zip(found, corrected_p, strict=True)
    ]


def by_item(found: Sequence[Comparison]) -> Mapping[tuple[int, str, str], Comparison]:
    """Return the comparisons by item, factor and group."""
    return {(row.item, row.factor, row.group): row for row in found}
