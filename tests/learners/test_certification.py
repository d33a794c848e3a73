"""Certified mastery: how often it is wrong, how soon it is right, and that only what should counts."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from learners.mastery import certification
from learners.mastery.certification import ALPHA, CAUTION, MARGIN, NEEDED, Certification, Certified, factor
from learners.mastery.rules import Answer, Scale, Scales, in_order, logistic
from learners.mastery.snapshots import Chain, ItemCalibration

START = datetime(2026, 1, 1, tzinfo=UTC)
SCALE = Scale("t", {1: 0.5, 2: 0.65, 3: 0.8}, {"A": (1, 6), "B": (2, 2)}, max_jump=1)
SCALES = Scales([SCALE])
STATED = Chain()

LEARNERS, ANSWERS = 20_000, 100
CUT = certification.cut_of(0.65)

# A bank as an adversary would like it: easy and hard, open and by choice. Columns: difficulty, guess rate.
BANK = np.array([(b, c) for b in np.linspace(-2.5, 3.5, 13) for c in (0.0, 0.2, 0.25, 0.5)])


def success(theta: float, bank: np.ndarray) -> np.ndarray:
    return bank[:, 1] + (1 - bank[:, 1]) / (1 + np.exp(-(theta - bank[:, 0])))


def factors(bank: np.ndarray, cut: float = CUT) -> np.ndarray:
    """The product's own factor for a wrong (column 0) and a right answer (column 1) to each item."""
    return np.array(
        [[factor(right=right, cut=cut, difficulty=b, guess=c) for right in (False, True)] for b, c in bank.tolist()]
    )


def answered(
    seed: int,
    theta: float,
    choose: Callable[[np.ndarray, np.random.Generator], np.ndarray],
    table: np.ndarray,
    bank: np.ndarray = BANK,
    steps: int = ANSWERS,
) -> tuple[np.ndarray, np.ndarray]:
    """Learners of one ability answer items chosen by how they stand; return answers and log E, learners x steps.

    Stopping is optional: a learner counts as certified when log E was high enough after any answer.
    """
    random = np.random.default_rng(seed)
    chance = success(theta, bank)
    log_e = np.zeros(LEARNERS)
    right = np.empty((LEARNERS, steps), bool)
    course = np.empty((LEARNERS, steps))
    for step in range(steps):
        item = choose(log_e, random)
        right[:, step] = random.random(LEARNERS) < chance[item]
        log_e += table[item, right[:, step].astype(int)]
        course[:, step] = log_e
    return right, course


def daring(log_e: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Near the goal the item that may jump over it; far behind, any; else the one with most information at the cut."""
    gain = factors(BANK)[:, 1]
    jump = int(np.argmax(gain))
    safe = int(np.argmin(np.abs(BANK[:, 0] - CUT) + 10 * BANK[:, 1]))
    item = np.where(log_e > NEEDED - gain[jump], jump, safe)
    return np.where(log_e < -1.5, random.integers(0, len(BANK), log_e.size), item)


def at_random(log_e: np.ndarray, random: np.random.Generator) -> np.ndarray:
    return random.integers(0, len(BANK), log_e.size)


def guessed(log_e: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Hard items of choice only: what a learner knows least about, and may guess."""
    hard = np.flatnonzero((BANK[:, 0] > 2) & (BANK[:, 1] > 0.2))
    return hard[random.integers(0, hard.size, log_e.size)]


@pytest.mark.parametrize(("seed", "choose"), [(1, daring), (2, at_random), (3, guessed)])
def test_at_the_cut_few_are_certified_whatever_is_asked_and_whenever_they_stop(
    seed: int, choose: Callable[[np.ndarray, np.random.Generator], np.ndarray]
) -> None:
    _, course = answered(seed, CUT, choose, factors(BANK))
    share = (course.max(axis=1) >= NEEDED).mean()
    assert 0 < share <= ALPHA


def test_below_the_cut_there_are_still_fewer() -> None:
    _, at_cut = answered(4, CUT, daring, factors(BANK))
    _, below = answered(4, CUT - 0.5, daring, factors(BANK))
    assert (below.max(axis=1) >= NEEDED).mean() < (at_cut.max(axis=1) >= NEEDED).mean() / 2


def test_the_usual_rules_fail_the_same_test() -> None:
    right, _ = answered(1, CUT, daring, factors(BANK))
    three = (right[:, :-2] & right[:, 1:-1] & right[:, 2:]).any(axis=1)
    tens = np.lib.stride_tricks.sliding_window_view(right, 10, axis=1).sum(axis=2)
    assert three.mean() > 0.9
    assert (tens >= 8).any(axis=1).mean() > 0.5


def test_leaving_the_guess_rate_out_breaks_the_bound() -> None:
    without = factors(np.column_stack([BANK[:, 0], np.zeros(len(BANK))]))
    _, course = answered(3, CUT, guessed, without)
    assert (course.max(axis=1) >= NEEDED).mean() > 10 * ALPHA


def test_sittings_that_are_left_when_they_go_badly_must_count_as_wrong() -> None:
    """Whoever may walk away from a bad sitting shows good ones only: the bound needs every item that was shown."""
    random = np.random.default_rng(8)
    table = factors(np.array([(CUT, 0.0)]))[0]
    counted, dropped = np.zeros(LEARNERS), np.zeros(LEARNERS)
    best_counted, best_dropped = np.zeros(LEARNERS), np.zeros(LEARNERS)
    for _ in range(10):
        right = random.binomial(10, 0.5, LEARNERS)
        stays = right >= 6
        full = right * table[1] + (10 - right) * table[0]
        counted += np.where(stays, full, 10 * table[0])
        dropped += np.where(stays, full, 0.0)
        best_counted, best_dropped = np.maximum(best_counted, counted), np.maximum(best_dropped, dropped)
    assert (best_counted >= NEEDED).mean() <= ALPHA
    assert (best_dropped >= NEEDED).mean() > 2 * ALPHA


def test_difficulties_that_are_not_quite_known_keep_the_bound_and_unlowered_ones_spend_more_of_it() -> None:
    """Each item is met once, and is as hard as a draw around what its trainer stated."""
    random = np.random.default_rng(5)
    spread = math.sqrt(1.15)
    shares = {}
    for caution in (CAUTION, 0.0, -CAUTION):
        log_e, best = np.zeros(LEARNERS), np.zeros(LEARNERS)
        for stated in np.tile([-1.0, 0.0, 1.0], 20):
            difficulty = random.normal(stated, spread, LEARNERS)
            right = random.random(LEARNERS) < 1 / (1 + np.exp(difficulty - CUT))
            table = factors(np.array([(stated - caution * spread, 0.0)]))[0]
            log_e += table[right.astype(int)]
            best = np.maximum(best, log_e)
        shares[caution] = (best >= NEEDED).mean()
    assert shares[CAUTION] <= ALPHA
    assert shares[CAUTION] < shares[0.0] < shares[-CAUTION]
    assert shares[-CAUTION] > ALPHA


def test_who_is_well_above_the_cut_is_certified_soon() -> None:
    bank = np.array([(CUT, 0.0)])
    _, course = answered(6, CUT + 1.5, lambda log_e, _: np.zeros(log_e.size, int), factors(bank), bank)
    passed = course >= NEEDED
    assert passed.any(axis=1).mean() > 0.98
    assert np.median(np.where(passed.any(axis=1), passed.argmax(axis=1) + 1, ANSWERS + 1)) <= 25


few = settings(max_examples=100, deadline=None)
logits, guesses = st.floats(-8, 8), st.sampled_from([0.0, 0.2, 0.25, 0.5]) | st.floats(0, 0.9)


def chance(theta: float, difficulty: float, guess: float) -> float:
    return guess + (1 - guess) * logistic(theta - difficulty)


def expected_factor(true: float, cut: float, difficulty: float, guess: float) -> float:
    return true * math.exp(factor(right=True, cut=cut, difficulty=difficulty, guess=guess)) + (1 - true) * math.exp(
        factor(right=False, cut=cut, difficulty=difficulty, guess=guess)
    )


@few
@given(logits, logits, guesses, st.floats(0, 6), st.floats(0, 6), st.floats(0, 1))
def test_up_to_the_cut_the_expected_factor_is_never_above_one(
    cut: float, difficulty: float, guess: float, below: float, lowered: float, full_marks: float
) -> None:
    """Also when the difficulty is set too low, and when part of the score comes without full marks."""
    true = chance(cut - below, difficulty, guess) * full_marks
    assert expected_factor(true, cut, difficulty - lowered, guess) <= 1 + 1e-9


@few
@given(logits, logits, guesses)
def test_at_the_cut_it_is_one(cut: float, difficulty: float, guess: float) -> None:
    assert expected_factor(chance(cut, difficulty, guess), cut, difficulty, guess) == pytest.approx(1, abs=1e-9)


@few
@given(logits, logits, guesses, st.floats(0, 6))
def test_a_lower_difficulty_makes_a_wrong_answer_worse_and_without_guessing_a_right_one_worth_less(
    cut: float, difficulty: float, guess: float, lowered: float
) -> None:
    def of(right: bool, b: float, c: float) -> float:
        return factor(right=right, cut=cut, difficulty=b, guess=c)

    assert of(False, difficulty - lowered, guess) <= of(False, difficulty, guess) + 1e-9
    assert of(True, difficulty - lowered, 0.0) <= of(True, difficulty, 0.0) + 1e-9


def test_with_guessing_a_right_answer_may_be_worth_more_at_a_lower_difficulty() -> None:
    """So the bound rests on the expected factor, not on each answer alone."""
    assert factor(right=True, cut=0, difficulty=2, guess=0.25) > factor(right=True, cut=0, difficulty=5, guess=0.25)


@few
@given(st.floats(-10, 10), st.floats(0, math.sqrt(1.15)))
def test_one_standard_deviation_covers_the_average_over_what_is_not_known(x: float, spread: float) -> None:
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    average = (weights / weights.sum() / (1 + np.exp(-(x + spread * nodes)))).sum()
    assert average <= logistic(x + CAUTION * spread) + 1e-12


@few
@given(st.floats(-600, 600), st.floats(-600, 600), st.booleans(), guesses)
def test_factors_are_bounded_by_the_margin(cut: float, difficulty: float, right: bool, guess: float) -> None:
    got = factor(right=right, cut=cut, difficulty=difficulty, guess=guess)
    assert 0 <= got <= MARGIN + 1e-9 if right else -MARGIN - 1e-9 <= got <= 0


def an_answer(
    number: int, *, score: float = 1.0, skills: tuple[str, ...] = ("A",), days: float | None = None
) -> Answer:
    at = START + timedelta(days=number if days is None else days)
    return Answer(
        str(UUID(int=number)), (str(UUID(int=1000 + number)), 1), skills, 2, score, 0.0, 0.5, at, "t", certifying=True
    )


def known(answers: list[Answer], variance: float = 0.01) -> Chain:
    return Chain(items=[(answer.item, START, ItemCalibration(answer.difficulty, variance, 500)) for answer in answers])


def test_levels_are_certified_from_the_lowest_up_and_stay() -> None:
    answers = [an_answer(number) for number in range(1, 40)]
    aiko = Certification()
    reached = certification.extend(aiko, answers, SCALES, known(answers))
    assert [change.level for change in reached] == [1, 2, 3]
    assert reached == sorted(reached, key=lambda change: change.at)
    assert all(change.log_e >= NEEDED for change in reached)
    before = aiko.skills["A"][1].log_e
    failures = [an_answer(number, score=0) for number in range(40, 80)]
    assert certification.extend(aiko, failures, SCALES, known(failures)) == []
    assert aiko.level("A") == 3
    assert aiko.skills["A"][1].log_e == before


def test_a_higher_level_waits_for_the_lower_ones() -> None:
    aiko = Certification(skills={"A": {1: certification.LevelTest(), 2: certification.LevelTest(9.0, 20, START)}})
    assert aiko.level("A") == 0


@pytest.mark.parametrize(
    "change",
    [{"certifying": False}, {"skills": ("A", "B")}, {"skills": ("Z",)}],
    ids=["practice, or an item met before", "two skills", "a skill without computed levels"],
)
def test_what_does_not_count_changes_nothing(change: dict[str, object]) -> None:
    dao = Certification()
    answers = [an_answer(number)._replace(**change) for number in range(1, 60)]
    assert certification.extend(dao, answers, SCALES, known(answers)) == []
    assert (dao.skills, dao.items) == ({}, set())


def test_an_item_counts_once_also_in_a_later_revision() -> None:
    first = an_answer(1)
    again = [
        first._replace(id=str(UUID(int=n)), at=START + timedelta(days=n), item=(first.item[0], n)) for n in range(2, 50)
    ]
    budi = Certification()
    assert certification.extend(budi, [first, *again], SCALES, STATED) == []
    assert budi.skills["A"][1].count == 1


def test_partial_credit_counts_as_wrong() -> None:
    partial, wrong = Certification(), Certification()
    certification.extend(partial, [an_answer(1, score=0.99)], SCALES, STATED)
    certification.extend(wrong, [an_answer(1, score=0.0)], SCALES, STATED)
    assert partial == wrong
    assert partial.skills["A"][1].log_e < 0


def test_the_less_is_known_of_an_item_the_less_a_right_answer_to_it_says() -> None:
    gains = []
    for variance in (0.0, 0.3, 1.15):
        state = Certification()
        certification.extend(state, [an_answer(1)], SCALES, known([an_answer(1)], variance))
        gains.append(state.skills["A"][2].log_e)
    assert gains == sorted(gains, reverse=True)


def test_evidence_out_of_order_is_refused() -> None:
    state = Certification()
    certification.extend(state, [an_answer(2)], SCALES, STATED)
    with pytest.raises(ValueError, match="in order"):
        certification.extend(state, [an_answer(1)], SCALES, STATED)


sittings = st.lists(
    st.builds(
        an_answer,
        st.integers(1, 500),
        score=st.sampled_from([1.0, 1.0, 1.0, 0.5, 0.0]),
        skills=st.sampled_from([("A",), ("B",), ("A", "B")]),
        days=st.integers(1, 8),
    ),
    max_size=80,
    unique_by=lambda answer: answer.id,
)


def computed(answers: list[Answer]) -> tuple[Certification, list[Certified]]:
    state = Certification()
    return state, certification.extend(state, in_order(answers), SCALES, known(answers, 0.05))


@settings(max_examples=40, deadline=None)
@given(sittings, st.randoms(use_true_random=False), st.integers(1, 8))
def test_order_of_arrival_does_not_matter_and_extending_is_rebuilding(
    answers: list[Answer], rng: object, day: int
) -> None:
    shuffled = list(answers)
    rng.shuffle(shuffled)  # type: ignore[attr-defined]
    expected = computed(answers)
    assert computed(shuffled) == expected
    state, cut = Certification(), START + timedelta(days=day)
    chain = known(answers, 0.05)
    reached = certification.extend(state, [a for a in in_order(answers) if a.at <= cut], SCALES, chain)
    reached += certification.extend(state, [a for a in in_order(answers) if a.at > cut], SCALES, chain)
    assert (state, reached) == expected


def test_a_threshold_that_a_later_version_moves_is_tested_anew_and_what_was_certified_stays() -> None:
    later = Scale("u", {1: 0.5, 2: 0.7, 3: 0.8}, SCALE.ranges, max_jump=1)
    both = Scales([SCALE, later])
    answers = [an_answer(number) for number in range(1, 40)]
    chain = known(answers)
    first = next(n for n in range(40) if certification.extend(Certification(), answers[:n], SCALES, chain))
    aiko = Certification()
    certification.extend(aiko, answers[:first], both, chain)
    assert aiko.level("A") == 1
    e_of_1, e_of_3 = aiko.skills["A"][1].log_e, aiko.skills["A"][3].log_e
    certification.extend(aiko, [answers[first]._replace(framework="u")], both, chain)
    tests = aiko.skills["A"]
    assert aiko.level("A") == 1
    assert (tests[1].log_e, tests[1].framework) == (e_of_1, "t")
    assert (tests[2].count, tests[2].framework) == (1, "u")  # .65 became .7: what was counted says nothing of that
    assert (tests[3].count, tests[3].framework) == (first + 1, "u")  # .8 as before: it goes on
    assert tests[3].log_e > e_of_3
