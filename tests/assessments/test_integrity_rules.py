"""Simulations: honest people are hinted at no more often than chance says, copies are found, and the naive rule is not fair."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assessments.fairness.statistics import benjamini_hochberg
from assessments.integrity import rules, times
from assessments.integrity.similarity import Answers, compare, tails_given_scores

RULE = rules.rule()
Simulated = tuple[Answers, np.ndarray]


def honest(seed: int, *, people: int = 300, questions: int = 20, pool: int | None = None) -> Simulated:
    """People who work apart. Questions discriminate unequally, and which wrong answer is given depends on ability: what
    the product's model does not know of."""
    rng, pool = np.random.default_rng(seed), pool or questions
    ability, difficulty = rng.normal(size=people), rng.normal(size=pool)
    steepness = np.exp(rng.normal(0, 0.3, size=pool))
    knows = 1 / (1 + np.exp(-steepness * (ability[:, None] - difficulty)))
    right = rng.random((people, pool)) < 0.25 + 0.75 * knows
    taste, lean = rng.dirichlet([2, 2, 2], size=pool), np.array([-1.0, 0.0, 1.0])
    weights = taste[None] * np.exp(0.3 * ability[:, None, None] * lean)
    weights /= weights.sum(2, keepdims=True)
    wrong = 1 + (rng.random((people, pool, 1)) > weights.cumsum(2)[:, :, :2]).sum(2)
    asked = rng.random((people, pool)).argsort(1).argsort(1) < questions
    code = np.where(asked, np.where(right, 0, wrong), -1)
    return Answers(asked, code, right & asked, np.full(pool, 0.25), np.arange(people)), ability


def found(answers: Answers) -> set[frozenset[int]]:
    compared = compare(
        answers, new=np.arange(len(answers.asked)), least_common=RULE.least_common_items, rate=RULE.false_discovery_rate
    )
    q_values = benjamini_hochberg([pair.p_value for pair in compared.striking], tests=compared.pairs)
    return {
        frozenset((pair.first, pair.second))
        for pair, q_value in zip(compared.striking, q_values, strict=True)
        if q_value <= RULE.false_discovery_rate and pair.same_wrong >= RULE.least_same_wrong
    }


def copied(answers: Answers, ability: np.ndarray, *, share: float, seed: int) -> set[frozenset[int]]:
    """Let ten weak people copy a share of the answers of ten middling ones."""
    rng, order = np.random.default_rng(seed), ability.argsort()
    planted = set()
    for number in range(10):
        source, copier = order[110 + 8 * number], order[40 + 4 * number]
        taken = rng.random(answers.asked.shape[1]) < share
        answers.code[copier, taken] = answers.code[source, taken]
        answers.right[copier, taken] = answers.right[source, taken]
        planted.add(frozenset((int(source), int(copier))))
    return planted


def naive(answers: Answers) -> set[frozenset[int]]:
    """The control: nine of ten answers the same."""
    same = (answers.code[:, None] == answers.code[None]).mean(2)
    return {frozenset(pair) for pair in itertools.combinations(range(len(same)), 2) if same[pair] >= 0.9}


@pytest.mark.parametrize(("questions", "pool"), [(20, None), (12, 20)])
def test_pairs_of_honest_people_are_as_striking_as_chance_says(questions: int, pool: int | None) -> None:
    pairs = least = 0
    for seed in range(2):
        answers, _ = honest(seed, people=200, questions=questions, pool=pool)
        compared = compare(answers, new=np.arange(200), least_common=8)
        pairs += compared.pairs
        least += sum(pair.p_value <= 0.001 for pair in compared.striking)
        assert found(answers) == set()
    # Counts are whole numbers, so a nominal .001 is seldom reached exactly.
    assert least / pairs <= 0.0012


def test_copies_are_found_and_those_who_know_a_lot_are_left_alone() -> None:
    answers, ability = honest(3, questions=30)
    planted = copied(answers, ability, share=1.0, seed=3)
    hinted = found(answers)
    assert len(hinted & planted) >= 8
    assert len(hinted - planted) <= 1
    # Control: the naive rule hints at able people by the dozen.
    accused = naive(answers) - planted
    able = set(ability.argsort()[-100:].tolist())
    assert len(accused) > 20
    assert sum(pair <= able for pair in accused) / len(accused) > 0.8


def test_a_person_is_never_compared_with_themselves_and_what_was_looked_at_only_with_what_is_new() -> None:
    answers, _ = honest(5, people=60)
    answers.code[1], answers.right[1] = answers.code[0], answers.right[0]
    answers.learner[1] = answers.learner[0]
    assert compare(answers, new=np.arange(60), least_common=8).pairs == 60 * 59 / 2 - 1
    assert compare(answers, new=np.array([2, 3]), least_common=8).pairs == 59 + 58
    assert compare(answers, new=np.arange(60), least_common=21).pairs == 0
    assert not any(
        {pair.first, pair.second} == {0, 1} for pair in compare(answers, new=np.arange(60), least_common=8).striking
    )


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 6), st.integers(0, 2**32 - 1))
def test_the_exact_tail_is_that_of_counting_every_case(questions: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b, alike = rng.uniform(0.05, 0.95, (3, questions))
    in_common = rng.random(questions) < 0.8
    right_first, right_second = int(rng.integers(0, in_common.sum() + 1)), int(rng.integers(0, in_common.sum() + 1))
    asked = np.flatnonzero(in_common)
    mass = np.zeros(questions + 1)
    for case in itertools.product(range(5), repeat=len(asked)):
        # Both right; only the first; only the second; both wrong and alike; both wrong and not.
        chance = 1.0
        for question, outcome in zip(asked, case, strict=True):
            p, q, pi = a[question], b[question], alike[question]
            both_wrong = (1 - p) * (1 - q)
            chance *= (p * q, p * (1 - q), (1 - p) * q, both_wrong * pi, both_wrong * (1 - pi))[outcome]
        if (sum(entry in (0, 1) for entry in case), sum(entry in (0, 2) for entry in case)) == (
            right_first,
            right_second,
        ):
            mass[sum(entry in (0, 3) for entry in case)] += chance
    least = int(rng.integers(0, questions + 1))
    tail, expected = tails_given_scores(
        a[None],
        b[None],
        alike[None],
        in_common[None],
        np.array([right_first]),
        np.array([right_second]),
        np.array([least]),
    )
    assert tail[0] == pytest.approx(mass[least:].sum() / mass.sum())
    assert expected[0] == pytest.approx((mass @ np.arange(questions + 1)) / mass.sum())


def seconds(seed: int, *, people: int = 2000, questions: int = 20) -> np.ndarray:
    """Honest times by van der Linden's model, a fifth of them not measured."""
    rng = np.random.default_rng(seed)
    log = rng.normal(3.5, 0.4, questions) + rng.normal(0, 0.35, (people, 1)) + rng.normal(0, 0.5, (people, questions))
    return np.where(rng.random(log.shape) < 0.2, np.nan, np.exp(log))


def test_honest_paces_are_as_striking_as_chance_says_and_rushing_is_found() -> None:
    given = seconds(1)
    pace = times.pace(given, least_answers=5, least_times=30)
    for nominal in (0.05, 0.01):
        assert (pace.p_value <= nominal).mean() == pytest.approx(nominal, abs=0.4 * nominal)
    given[:20] *= 0.08
    pace = times.pace(given, least_answers=5, least_times=30)
    assert (pace.p_value[:20] < 1e-4).mean() >= 0.9
    # Those who rush do not move the measure for the others.
    assert (pace.p_value[20:] <= 0.01).mean() <= 0.014


def test_too_few_times_are_judged_by_nobody() -> None:
    given = seconds(2, people=40)
    given[0, 4:] = np.nan
    assert np.isnan(times.pace(given, least_answers=5, least_times=10).p_value[0])
    assert np.isnan(times.pace(given, least_answers=5, least_times=50).p_value).all()


def test_reading_takes_time_by_the_length_of_the_text_in_any_script() -> None:
    assert rules.reading_floor(["short"]) == 3
    assert rules.reading_floor(["a" * 150, "b" * 150]) == 5
    assert rules.reading_floor(["あ" * 100]) == 5, "a hundred kana are read in the time of 280 letters"
    assert rules.reading_floor(["ក" * 1200]) == 10
    content = {
        "prompt": "What?",
        "unit": "kg",
        "feedback": "never shown",
        "options": [{"id": "long-id", "text": "Yes"}],
        "rows": ["one", {"id": "x", "text": "two"}],
    }
    assert sorted(rules.texts_of(content)) == ["What?", "Yes", "kg", "one", "two"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("false_discovery_rate = 0.01", "false_discovery_rate = 0.2", "false_discovery_rate"),
        ("integrity-1", "integrity-2", "version"),
        ("smallest_cohort = 50", "", "smallest_cohort"),
        ("kept_days = 180", "kept_days = 0", "kept_days"),
    ],
)
def test_a_broken_rule_is_refused(old: str, new: str, message: str) -> None:
    text = rules.RULE_FILE.read_text()
    with pytest.raises(rules.RuleInvalid, match=message):
        rules.read_rule(text.replace(old, new, 1))
