"""How good predicted probabilities of success are: discrimination, sharpness and calibration. Pure.

Scores are shares in [0, 1]. Where a measure needs right or wrong, a score of at least one half is right.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

BINS = 15
# Keeps the log loss of a prediction of exactly 0 or 1 finite.
_LEAST = 1e-15


@dataclass(frozen=True, slots=True)
class Quality:
    """Measures of a series of predictions.

    auc: probability that a right answer was given the higher prediction than a wrong one, ties one half; None when all
        answers are right or all are wrong.
    log_loss, brier: means per answer, natural logarithm.
    calibration_error: expected calibration error in 15 bins of equal width.
    """

    answers: int
    auc: float | None
    log_loss: float
    brier: float
    calibration_error: float


def quality(scores: Sequence[float], predictions: Sequence[float]) -> Quality:
    """Measure predictions (each in [0, 1]) against the scores of the same answers.

    Raises:
        ValueError: no answers, or not as many predictions.
    """
    if not scores or len(scores) != len(predictions):
        raise ValueError("as many predictions as answers are needed, and at least one")
    n = len(scores)
    log_loss = brier = 0.0
    expected, observed = [0.0] * BINS, [0.0] * BINS
    for y, p in zip(scores, predictions, strict=True):
        q = min(max(p, _LEAST), 1.0 - _LEAST)
        log_loss -= y * math.log(q) + (1.0 - y) * math.log1p(-q)
        brier += (p - y) * (p - y)
        bin_of = min(int(p * BINS), BINS - 1)
        expected[bin_of] += p
        observed[bin_of] += y
    gaps = sum(abs(e - o) for e, o in zip(expected, observed, strict=True))
    return Quality(n, _auc(scores, predictions), log_loss / n, brier / n, gaps / n)


def _auc(scores: Sequence[float], predictions: Sequence[float]) -> float | None:
    """Mann and Whitney's U over the product of both numbers, by midranks."""
    order = sorted(range(len(scores)), key=predictions.__getitem__)
    right = sum(1 for y in scores if y >= 0.5)
    wrong = len(scores) - right
    if not right or not wrong:
        return None
    ranks = 0.0
    start = 0
    while start < len(order):
        end = start
        tied = predictions[order[start]]
        while end < len(order) and predictions[order[end]] == tied:
            end += 1
        midrank = (start + 1 + end) / 2.0
        ranks += midrank * sum(1 for index in order[start:end] if scores[index] >= 0.5)
        start = end
    return (ranks - right * (right + 1) / 2.0) / (right * wrong)
