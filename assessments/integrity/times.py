"""Was an attempt answered faster than people answer? Pure: numpy, no Django.

The lognormal model of response times of van der Linden (2006), J. Educ. Behav. Stat. 31, 181-204: the logarithm of the
seconds is the question's time intensity less the person's speed, and noise. Intensities are medians over the cohort, and
the spreads of speed and of noise come from median absolute deviations, so that those who rushed do not set the measure.
The statistic is a person's slowness in standard units, over the cohort's persons; very negative is very fast.

Being fast is not misconduct. Only who answered before the questions can have been read (assessments.integrity.rules) is hinted
at, whatever the statistic says.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_MAD_TO_SD = 1.4826


@dataclass(frozen=True)
class Pace:
    """How fast each attempt was; `z` and `p_value` are nan where too few answers were timed.

    timed: answers that count. usual: the median seconds of each question, nan where too few people were timed on it.
    """

    z: Floats
    p_value: Floats
    timed: NDArray[np.int64]
    usual: Floats


def pace(seconds: Floats, *, least_answers: int, least_times: int) -> Pace:
    """Return the pace of each attempt.

    Args:
        seconds: (attempts, questions); nan where a question was not asked or not timed.
        least_answers: timed answers an attempt needs; at least 2.
        least_times: timed answers a question needs.
    """
    seconds = np.where(seconds > 0, seconds, np.nan)
    logs = np.log(seconds)
    enough = np.isfinite(logs).sum(0) >= least_times
    logs[:, ~enough] = np.nan
    intensity = np.full(logs.shape[1], np.nan)
    if enough.any():
        intensity[enough] = np.nanmedian(logs[:, enough], axis=0)
    residual = logs - intensity
    timed = np.isfinite(residual).sum(1)
    z, p_value = np.full(len(logs), np.nan), np.full(len(logs), np.nan)
    judged = timed >= max(least_answers, 2)
    if judged.any():
        z[judged] = _standardised(residual[judged], timed[judged])
        p_value[judged] = _lower_tail(z[judged])
    return Pace(z, p_value, timed, np.exp(intensity))


def _standardised(residual: Floats, timed: NDArray[np.int64]) -> Floats:
    slowness = np.nanmean(residual, axis=1)
    noise = residual - slowness[:, None]
    # The mean of k answers takes a part of their own noise with it.
    noise_variance = _variance(noise[np.isfinite(noise)]) * float((timed / (timed - 1.0)).mean())
    between = max(_variance(slowness) - float((noise_variance / timed).mean()), 1e-4)
    result: Floats = (slowness - np.median(slowness)) / np.sqrt(between + noise_variance / timed)
    return result


def _variance(values: Floats) -> float:
    return float((_MAD_TO_SD * np.median(np.abs(values - np.median(values)))) ** 2)


def _lower_tail(z: Floats) -> Floats:
    from math import erfc, sqrt

    return np.array([0.5 * erfc(-score / sqrt(2.0)) for score in z])
