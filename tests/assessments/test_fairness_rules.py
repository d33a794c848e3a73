"""Comparing groups: the arithmetic against independent libraries, and what may and may not be told."""

from __future__ import annotations

from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.contingency_tables import StratifiedTable
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from assessments.fairness import rules
from assessments.fairness.rules import Observation, compare, read_rule, settle
from assessments.fairness.statistics import Tally, benjamini_hochberg, ratio_of, wilson

RULE = rules.rule()
QUIZ_A, QUIZ_B = UUID(int=1), UUID(int=2)

tallies = st.integers(1, 400).flatmap(lambda n: st.integers(0, n).map(lambda favourable: Tally(favourable, n)))
strata = st.lists(st.tuples(tallies, tallies), min_size=1, max_size=4)


@given(tallies)
def test_wilson_is_wilson(tally: Tally) -> None:
    assert wilson(tally) == pytest.approx(proportion_confint(tally.favourable, tally.n, method="wilson"), abs=1e-12)


@given(strata)
def test_the_pooled_test_is_cochran_mantel_haenszel(both: list[tuple[Tally, Tally]]) -> None:
    found = ratio_of(both)
    tables = [
        np.array(
            [[entry.favourable, entry.n - entry.favourable], [other.favourable, other.n - other.favourable]], float
        )
        for entry, other in both
    ]
    with np.errstate(all="ignore"):
        expected = StratifiedTable(tables).test_null_odds().pvalue
    if found is not None:
        assert found.p_value == pytest.approx(expected if np.isfinite(expected) else 1.0, abs=1e-9)
        assert found.low <= found.value <= found.high


@given(tallies, tallies)
def test_one_stratum_is_the_plain_ratio_and_swapping_the_sides_inverts_it(element: Tally, other: Tally) -> None:
    found, swapped = ratio_of([(element, other)]), ratio_of([(other, element)])
    assert found is not None
    assert swapped is not None
    assert found.value * swapped.value == pytest.approx(1)
    assert found.p_value == pytest.approx(swapped.p_value)
    if element.favourable and other.favourable:
        assert found.value == pytest.approx((element.favourable / element.n) / (other.favourable / other.n))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30), st.integers(0, 20))
def test_many_tests_are_adjusted_as_benjamini_and_hochberg_do(p_values: list[float], more: int) -> None:
    assert benjamini_hochberg(p_values) == pytest.approx(list(multipletests(p_values, method="fdr_bh")[1]))
    with_more = multipletests([*p_values, *[1.0] * more], method="fdr_bh")[1][: len(p_values)]
    assert benjamini_hochberg(p_values, tests=len(p_values) + more) == pytest.approx(list(with_more))


def people(group: str, favourable: int, n: int, quiz: UUID = QUIZ_A) -> list[Observation]:
    return [Observation(quiz, index < favourable, {"gender": group}) for index in range(n)]


def figures(observations: list[Observation], **more: bool) -> dict[str, rules.Figure]:
    found = compare(
        observations, measure="pass_rate", quiz_id=None, dimensions={"gender": rules.GENDERS}, rule=RULE, **more
    )
    return {figure.group: figure for figure in settle(found, rule=RULE)}


def test_a_clear_disadvantage_is_an_alert_whoever_is_the_reference() -> None:
    found = figures(people("male", 320, 400) + people("female", 150, 300))
    assert (found["male"].verdict, found["female"].verdict) == ("reference", "alert")
    assert found["female"].ratio == pytest.approx(0.62, abs=0.01)
    # The majority is the reference, and is the group that fares worse.
    assert figures(people("male", 150, 400) + people("female", 240, 300))["female"].verdict == "alert"


def test_what_may_be_chance_is_watched_and_what_is_small_is_neither() -> None:
    assert figures(people("male", 30, 40) + people("female", 17, 31))["female"].verdict == "watch"
    assert figures(people("male", 3200, 4001) + people("female", 3000, 4000))["female"].verdict == "within"


def test_a_group_that_took_the_harder_quiz_is_not_taken_for_disadvantaged() -> None:
    same_in_each = [
        *people("male", 396, 440, QUIZ_A),
        *people("female", 90, 100, QUIZ_A),
        *people("male", 20, 100, QUIZ_B),
        *people("female", 80, 400, QUIZ_B),
    ]
    found = figures(same_in_each)
    assert (found["female"].verdict, found["female"].ratio) == ("within", 1.0)
    # Control: the crude shares are far beyond four fifths.
    assert found["female"].share == pytest.approx(0.34)
    assert found["male"].share == pytest.approx(0.77)


@given(st.integers(0, 29), st.data())
def test_of_a_small_group_nothing_is_shown_not_even_that_it_exists(n: int, data: st.DataObject) -> None:
    favourable = data.draw(st.integers(0, n))
    found = figures(people("male", 300, 400) + people("female", 200, 300) + people("another", favourable, n))
    assert found == figures(people("male", 300, 400) + people("female", 200, 300))
    assert found["another"] == rules.Figure("pass_rate", None, "gender", "another", "insufficient")


def test_no_common_quiz_is_no_comparison() -> None:
    found = figures(people("male", 300, 400, QUIZ_A) + people("female", 100, 300, QUIZ_B))
    assert found["female"] == rules.Figure("pass_rate", None, "gender", "female", "insufficient")


def test_figures_are_kept_too_coarse_to_subtract_from() -> None:
    found = figures(people("male", 101, 203) + people("female", 11, 32))
    assert (found["male"].people, found["male"].share, found["female"].people) == (205, 0.5, 30)
    assert set(figures(people("male", 101, 203), briefly=True)) == {""}


def test_of_many_equal_groups_few_raise_an_alert() -> None:
    """Simulation: 400 nights of twelve states in which all fare alike."""
    rng = np.random.default_rng(7)
    nights, alerted = 400, 0
    states = [f"S{number}" for number in range(12)]
    for _ in range(nights):
        strata_of = {state: Tally(int(rng.binomial(40, 0.5)), 40) for state in states}
        found = [ratio_of([(strata_of[state], strata_of["S0"])]) for state in states[1:]]
        q_values = benjamini_hochberg([row.p_value for row in found if row])
        alerted += any(
            q <= RULE.false_discovery_rate and min(row.value, 1 / row.value) < RULE.least_ratio
            for q, row in zip(q_values, found, strict=True)
            if row
        )
    assert alerted / nights <= 0.07


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("smallest_group = 30", "smallest_group = 20", "smallest_group"),
        ('version = "fairness-1"', 'version = "fairness-2"', "version"),
        ("least_ratio = 0.8", "least_ratio = 1.8", "least_ratio"),
        ("[25, 34]", "[26, 34]", "age_bands"),
        ("window_days = 365", "", "window_days"),
    ],
)
def test_a_broken_rule_is_refused(old: str, new: str, message: str) -> None:
    text = rules.RULE_FILE.read_text()
    assert old in text
    with pytest.raises(rules.RuleInvalid, match=message):
        read_rule(text.replace(old, new))


def test_everybody_of_working_age_has_one_band() -> None:
    assert [RULE.age_band(age) for age in (18, 25, 34, 35, 54, 55, 99)] == [
        "under 25",
        "25-34",
        "25-34",
        "35-44",
        "45-54",
        "55 and over",
        "55 and over",
    ]
    assert RULE.age_band(-3) is None
