"""Measures of predictions equal independent computations."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from learners.mastery.metrics import quality

series = st.lists(
    st.tuples(st.sampled_from([0.0, 1.0]), st.sampled_from([0.0, 0.2, 1 / 3, 0.5, 1.0]) | st.floats(0, 1)),
    min_size=2,
    max_size=80,
).filter(lambda pairs: 0 < sum(y for y, _ in pairs) < len(pairs))


@settings(max_examples=60, deadline=None)
@given(series)
def test_they_equal_scipys_and_numpys(pairs: list[tuple[float, float]]) -> None:
    y, p = np.array([y for y, _ in pairs]), np.array([p for _, p in pairs])
    got = quality(y.tolist(), p.tolist())
    u = stats.mannwhitneyu(p[y == 1], p[y == 0], method="asymptotic").statistic if np.ptp(p) > 0 else None
    assert got.auc == pytest.approx(0.5 if u is None else u / ((y == 1).sum() * (y == 0).sum()), abs=1e-12)
    clipped = np.clip(p, 1e-15, 1 - 1e-15)
    assert got.log_loss == pytest.approx(-np.log(np.where(y == 1, clipped, 1 - clipped)).mean(), rel=1e-9, abs=1e-12)
    assert got.brier == pytest.approx(((p - y) ** 2).mean(), abs=1e-12)
    which = np.minimum(np.floor(p * 15).astype(int), 14)
    gaps = [abs(y[which == n].mean() - p[which == n].mean()) * (which == n).mean() for n in range(15) if n in which]
    assert got.calibration_error == pytest.approx(sum(gaps), abs=1e-9)


def test_partial_credit_is_measured_as_a_share_and_ranked_by_its_half() -> None:
    got = quality([0.4, 0.6], [0.3, 0.8])
    assert got.auc == 1.0
    assert got.brier == pytest.approx((0.01 + 0.04) / 2)


def test_there_is_no_auc_when_everybody_is_right() -> None:
    assert quality([1.0, 1.0], [0.3, 0.8]).auc is None


def test_nothing_cannot_be_measured() -> None:
    with pytest.raises(ValueError, match="at least one"):
        quality([], [])
