"""Classical item and form statistics over answers in long form. Pure: numpy, no Django, no clock.

Sources: Lord & Novick (1968), "Statistical Theories of Mental Test Scores", ch. 15; Henrysson (1963), Psychometrika 28,
211-218 (correlation with the rest score); Kuder & Richardson (1937), Psychometrika 2, 151-160; Cronbach (1951),
Psychometrika 16, 297-334; Brennan (2001), "Generalizability Theory" (forms drawn from a bank).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assessments.analysis.rules import CORRELATED, SMALLEST, ItemFigures, Option, Third

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

OPEN = -1
# Pairs of items that fewer learners had in common say too little of their covariance.
SMALLEST_OVERLAP = 10
MAX_WITHOUT_OVERLAP = 0.1
# Attempts laid out as a matrix at a time: bounds the memory whatever their number.
_BLOCK = 10_000


@dataclass(frozen=True)
class Answers:
    """Scored answers of a course, one per element, by attempt and then by position.

    attempt, item: indices. score: 0 to 1. seconds: NaN where there is no time. response: index into `vocabulary` (JSON
    texts), `OPEN` where nothing was answered or nothing is to be chosen. is_first: the learner had not met the item in an
    earlier attempt; figures of items count only these. quiz and groups (factor -> text, "" unknown) are per attempt.
    wording: number of the revision that was answered, of those that are one item here; None: each has one.
    """

    attempt: Ints
    item: Ints
    score: Floats
    seconds: Floats
    response: Ints
    vocabulary: Sequence[str]
    is_first: Mask
    quiz: Ints
    groups: Mapping[str, NDArray[np.str_]]
    items: int
    wording: Ints | None = None

    @property
    def attempts(self) -> int:
        return len(self.quiz)


@dataclass(frozen=True)
class Choice:
    """What can be chosen of an item, in its author's order, and what of it is right."""

    options: tuple[str, ...]
    right: frozenset[str]


def facilities(answers: Answers) -> Floats:
    """Return the mean score of each item over first encounters; over all answers where there was none."""
    first = answers.is_first
    n = np.bincount(answers.item[first], minlength=answers.items)
    first = first | (n == 0)[answers.item]
    n = np.bincount(answers.item[first], minlength=answers.items)
    return np.bincount(answers.item[first], answers.score[first], minlength=answers.items) / np.maximum(n, 1)


def rest_scores(answers: Answers, facility: Floats) -> Floats:
    """Return for each answer the mean of (score - facility) over the attempt's other items; NaN where there is none.

    Where everybody has the same items this is the usual rest score less a constant, so the correlation with it is the
    corrected point-biserial. Where forms are drawn it takes out how easy the other items happened to be.
    """
    above = answers.score - facility[answers.item]
    total = np.bincount(answers.attempt, above, minlength=answers.attempts)[answers.attempt]
    others = np.bincount(answers.attempt, minlength=answers.attempts)[answers.attempt] - 1
    return np.divide(total - above, others, out=np.full(len(above), np.nan), where=others > 0)


def item_figures(
    answers: Answers, rest: Floats, choices: Mapping[int, Choice], *, among: Mask | None = None
) -> list[ItemFigures]:
    """Return the figures of every item, over first encounters and the answers `among`; `options` needs `choices`."""
    chosen = answers.is_first if among is None else answers.is_first & among
    rows = np.flatnonzero(chosen)
    rows = rows[np.argsort(answers.item[rows], kind="stable")]
    bounds = np.searchsorted(answers.item[rows], np.arange(answers.items + 1))
    return [
        _figures(answers, rest, rows[bounds[item] : bounds[item + 1]], choices.get(item))
        for item in range(answers.items)
    ]


def _figures(answers: Answers, rest: Floats, rows: Ints, choice: Choice | None) -> ItemFigures:
    n = len(rows)
    if n < SMALLEST:
        return ItemFigures(0)
    score, others, seconds = answers.score[rows], rest[rows], answers.seconds[rows]
    seconds = seconds[~np.isnan(seconds)]
    third = _thirds(others) if n >= CORRELATED else None
    options: tuple[Option, ...] = ()
    if choice is not None:
        options = _options(answers.response[rows], answers.vocabulary, choice, third)
    return ItemFigures(
        n=n,
        facility=float(score.mean()),
        is_binary=_is_binary(score),
        discrimination=_correlation(score, others),
        timed=len(seconds) if len(seconds) >= SMALLEST else 0,
        median_seconds=float(np.median(seconds)) if len(seconds) >= SMALLEST else None,
        thirds=None
        if third is None
        else (_third(score[third == 0]), _third(score[third == 1]), _third(score[third == 2])),
        options=options,
    )


def _is_binary(score: Floats) -> bool:
    return bool(np.all((score == 0) | (score == 1)))


def _third(score: Floats) -> Third:
    return Third(len(score), float(score.mean()))


def _correlation(score: Floats, others: Floats) -> float | None:
    known = ~np.isnan(others)
    if known.sum() < CORRELATED:
        return None
    x, y = score[known] - score[known].mean(), others[known] - others[known].mean()
    spread = float(np.sqrt((x @ x) * (y @ y)))
    return float(x @ y) / spread if spread > 1e-9 else None


def _thirds(others: Floats) -> Ints | None:
    """Return 0, 1, 2 for the lowest, middle, highest third by rest score, -1 without one; None where they do not part.

    Equal rest scores stay together, so thirds are as near to a third as those allow; each has at least ten learners.
    """
    known = ~np.isnan(others)
    if known.sum() < CORRELATED:
        return None
    # Sums that differ only by the order of their terms are the same rest score.
    values, index, count = np.unique(np.round(others[known], 9), return_inverse=True, return_counts=True)
    # The rank of a score is the middle of the ranks of those who share it.
    middle = (np.cumsum(count) - count / 2) / count.sum()
    third = np.minimum((middle * 3).astype(np.int64), 2)[index]
    if len(values) < 3 or np.bincount(third, minlength=3).min() < SMALLEST:
        return None
    found = np.full(len(others), -1)
    found[known] = third
    return found


def _options(response: Ints, vocabulary: Sequence[str], choice: Choice, third: Ints | None) -> tuple[Option, ...]:
    picked = {option: np.zeros(len(response), dtype=bool) for option in choice.options}
    for code in np.unique(response):
        if code == OPEN:
            continue
        for option in _named(json.loads(vocabulary[code])):
            if option in picked:
                picked[option] |= response == code
    rows: list[tuple[str | None, Mask]] = [*picked.items(), (None, response == OPEN)]
    return tuple(
        Option(
            option,
            option in choice.right,
            int(mask.sum()),
            float(mask.mean()),
            None
            if third is None
            else (float(mask[third == 0].mean()), float(mask[third == 1].mean()), float(mask[third == 2].mean())),
        )
        for option, mask in rows
        if option is not None or mask.any()
    )


def _named(response: Any) -> list[str]:
    if isinstance(response, str):
        return [response]
    return [option_id for option_id in response if isinstance(option_id, str)] if isinstance(response, list) else []


@dataclass(frozen=True)
class FormFigures:
    """How reliable the mean scores of a form are. None with a `reason`: few_learners, few_items, insufficient_overlap
    or no_spread."""

    n: int
    items: int
    is_drawn: bool
    is_binary: bool
    mean: float | None = None
    deviation: float | None = None
    reliability: float | None = None
    error: float | None = None
    reason: str = ""


def of_usual_length(answers: Answers, among: Mask) -> Mask:
    """Return which of the attempts `among` have the most frequent number of scored items (the smallest of equals)."""
    length = np.bincount(answers.attempt, minlength=answers.attempts)
    counts = np.bincount(length[among])
    counts[:1] = 0
    return among & (length == counts.argmax()) & bool(counts.any())


def form_figures(answers: Answers, among: Mask) -> FormFigures | None:
    """Return the reliability of the attempts `among` (per attempt), all of one quiz and one length; None of a few.

    Everybody has the same k items: KR-20, or Cronbach's alpha for scores between 0 and 1,
    k/(k-1) (1 - sum of the items' variances / variance of the totals).

    Drawn forms: with C the covariances of items, each over the learners who had both, and n_ij their number, the mean
    covariance c = sum n_ij C_ij / sum n_ij (i <> j) is what items have in common, so k^2 c is the variance of true
    totals. Error is what is specific to answers, k (v - c) with v the items' mean variance, **and** how hard the form
    happened to be: the variance of its expected total. Reliability is k^2 c / (k^2 c + error), the coefficient of
    dependability of the design "items within persons" (Brennan 2001, ch. 4). For fixed forms it is alpha. Of the pairs in
    use a tenth at most may have been met by fewer than ten learners.

    The standard error of measurement is the root of the error, per item: of the mean score, 0 to 1. As with every alpha,
    several skills in a form make the coefficient a lower bound.
    """
    chosen = among[answers.attempt]
    attempt, item, score = answers.attempt[chosen], answers.item[chosen], answers.score[chosen]
    n = int(among.sum())
    if n < SMALLEST:
        return None
    k = len(attempt) // n
    order = np.argsort(attempt, kind="stable")
    used, columns = np.unique(item[order].reshape(n, k), return_inverse=True)
    columns, scores = columns.reshape(n, k), score[order].reshape(n, k)
    is_drawn, is_binary, mean = len(used) > k, _is_binary(score), float(scores.mean())
    about: dict[str, Any] = {"n": n, "items": k, "is_drawn": is_drawn, "is_binary": is_binary, "mean": mean}
    if n < CORRELATED or k < 2:
        return FormFigures(**about, reason="few_learners" if n < CORRELATED else "few_items")
    about["deviation"] = float(scores.mean(axis=1).std(ddof=1))
    together, covariance, facility = _covariances(columns, scores, len(used))
    weights = together.copy()
    np.fill_diagonal(weights, 0)
    if weights[weights < SMALLEST_OVERLAP].sum() > MAX_WITHOUT_OVERLAP * weights.sum():
        return FormFigures(**about, reason="insufficient_overlap")
    enough = weights >= SMALLEST_OVERLAP
    common = float((weights * covariance)[enough].sum() / weights[enough].sum())
    seen = np.diag(together)
    specific = float((seen * np.diag(covariance)).sum() / seen.sum())
    luck = float(facility[columns].sum(axis=1).var(ddof=1)) if is_drawn else 0.0
    true, wrong = k * k * common, k * (specific - common) + luck
    if true + wrong <= 1e-12:
        return FormFigures(**about, reason="no_spread")
    return FormFigures(**about, reliability=true / (true + wrong), error=float(np.sqrt(max(wrong, 0.0))) / k)


def _covariances(columns: Ints, scores: Floats, items: int) -> tuple[Floats, Floats, Floats]:
    """Return how many learners had each pair of items, the pairs' covariances over those, and the items' facilities."""
    together, products, sums = (np.zeros((items, items)) for _ in range(3))
    for start in range(0, len(columns), _BLOCK):
        block = columns[start : start + _BLOCK]
        rows = np.arange(len(block))[:, None]
        has, value = np.zeros((len(block), items)), np.zeros((len(block), items))
        has[rows, block] = 1
        value[rows, block] = scores[start : start + _BLOCK]
        together += has.T @ has
        products += value.T @ value
        # sums[i, j]: total of item i over the learners who also had j.
        sums += value.T @ has
    pairs = np.maximum(together, 1)
    covariance = (products - sums * sums.T / pairs) / np.maximum(together - 1, 1)
    return together, covariance, np.diag(sums) / np.diag(pairs)
