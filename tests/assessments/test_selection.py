"""The choice of items by mode, in simulations with a fixed seed; no database. Each has its control."""

from __future__ import annotations

import math
import random
from collections import Counter
from dataclasses import dataclass
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assessments.attempts.rules import draw
from assessments.quizzes.rules import Pool
from assessments.quizzes.selection import Estimate, Exposure, Inputs, in_order, information, logit, success


@dataclass(frozen=True)
class Item:
    item_id: UUID
    b: float
    guess: float = 0.25
    skill: str = "AIS-A1"
    level: int = 1
    difficulty: str = "easy"

    @property
    def skills(self) -> tuple[str, ...]:
        return (self.skill,)


def a_bank(count: int, *, spread: float = 3.0, skill: str = "AIS-A1", first: int = 0) -> list[Item]:
    """Difficulties evenly over -spread to +spread."""
    step = 2 * spread / (count - 1)
    return [Item(UUID(int=first + n), -spread + n * step, skill=skill) for n in range(count)]


UNKNOWN = Estimate(0.0, 1.0)


def inputs(mode, seed, bank, *, ability=UNKNOWN, **given):
    return Inputs(
        mode=mode,
        seed=seed,
        ability=lambda skill: ability,
        difficulties={candidate.item_id: Estimate(candidate.b, 0.05) for candidate in bank},
        **given,
    )


def drawn(given, bank, count):
    pools = [Pool("AIS-A1", None, count)]
    order = lambda purpose, within: in_order(given, purpose, within)  # noqa: E731
    return [entry for _, entry in draw(seed=given.seed, pools=pools, bank=bank, order=order)]


def right(rng, theta, item):
    return rng.random() < item.guess + (1 - item.guess) / (1 + math.exp(item.b - theta))


def test_practice_is_right_about_three_times_in_four():
    """200 learners whose ability is known as well as it is after some answers: variance 0.3."""
    rng, bank = random.Random(1), a_bank(120)
    rates = {"practice": [], "assessment": []}
    for seed in range(200):
        known = Estimate(rng.gauss(0, 1), 0.3)
        theta = rng.gauss(known.mean, math.sqrt(known.variance))
        for mode, answers in rates.items():
            chosen = drawn(inputs(mode, seed, bank, ability=known), bank, 10)
            answers += [right(rng, theta, candidate) for candidate in chosen]
    share = {mode: sum(answers) / len(answers) for mode, answers in rates.items()}
    assert 0.70 <= share["practice"] <= 0.80, share
    assert not 0.70 <= share["assessment"] <= 0.80, share


def estimate(answers, prior):
    """Mean of the posterior over a grid."""
    grid = [prior.mean + step / 10 for step in range(-45, 46)]
    weights = []
    for theta in grid:
        log = -((theta - prior.mean) ** 2) / (2 * prior.variance)
        for item, was_right in answers:
            p = item.guess + (1 - item.guess) / (1 + math.exp(item.b - theta))
            log += math.log(p if was_right else 1 - p)
        weights.append(log)
    most = max(weights)
    weights = [math.exp(log - most) for log in weights]
    return sum(theta * weight for theta, weight in zip(grid, weights, strict=True)) / sum(weights)


def test_placement_errs_less_than_a_random_draw():
    rng, bank, prior = random.Random(2), a_bank(60), Estimate(0.0, 1.0)
    errors = {"placement": 0.0, "assessment": 0.0}
    for seed in range(250):
        theta = rng.gauss(prior.mean, 1.0)
        for mode in errors:
            chosen = drawn(inputs(mode, seed, bank, ability=prior), bank, 8)
            found = estimate([(candidate, right(rng, theta, candidate)) for candidate in chosen], prior)
            errors[mode] += (found - theta) ** 2
    assert errors["placement"] < 0.93 * errors["assessment"], errors


def test_placement_takes_skill_after_skill_in_turn():
    """Of skills that are known differently well, none takes the whole pool."""
    bank = [*a_bank(20), *a_bank(20, skill="AIS-B1", first=100), *a_bank(20, skill="AIS-C1", first=200, spread=9)]
    given = inputs("placement", 5, bank)
    counted = Counter(entry.skill for entry in in_order(given, "any", bank)[:9])
    assert counted == {"AIS-A1": 3, "AIS-B1": 3, "AIS-C1": 3}


def run_certification(attempts, bank, count, *, most, exposed=True):
    seen = Counter()
    for number in range(attempts):
        exposure = Exposure(number, seen, most) if exposed else None
        given = inputs("certification", number, bank, cut=logit(0.65), exposure=exposure)
        seen.update(entry.item_id for entry in drawn(given, bank, count))
    return seen


def test_no_item_of_a_certification_comes_more_often_than_stated():
    bank, attempts, most = a_bank(40), 200, 0.3
    seen = run_certification(attempts, bank, 8, most=most)
    assert max(seen.values()) <= math.ceil(most * attempts)
    # The control: without the limit the best items come nearly always.
    assert max(run_certification(attempts, bank, 8, most=most, exposed=False).values()) > 0.5 * attempts


def test_certification_measures_at_the_cut():
    bank = a_bank(40)
    cut = logit(0.65)

    def mean_information(counted):
        by_id = {candidate.item_id: candidate for candidate in bank}
        total = sum(counted.values())
        return sum(n * information(cut, by_id[pk].b, by_id[pk].guess) for pk, n in counted.items()) / total

    by_lot = Counter()
    for seed in range(200):
        by_lot.update(entry.item_id for entry in drawn(inputs("assessment", seed, bank), bank, 8))
    assert mean_information(run_certification(100, bank, 8, most=0.3)) > 1.25 * mean_information(by_lot)


@pytest.mark.parametrize("mode", ["practice", "placement", "certification", "assessment"])
def test_what_was_seen_comes_last(mode):
    bank = a_bank(12)
    seen = frozenset(candidate.item_id for candidate in bank[:7])
    given = inputs(mode, 3, bank, seen=seen, cut=0.0, exposure=Exposure(0, {}, 0.3))
    listed = in_order(given, "pool", bank)
    assert {row.item_id for row in listed[5:]} == seen


@settings(max_examples=40)
@given(
    mode=st.sampled_from(["practice", "placement", "certification", "assessment"]),
    seed=st.integers(0, 2**63 - 1),
    shuffled=st.randoms(),
    count=st.integers(1, 30),
)
def test_the_order_is_a_function_of_seed_and_inputs(mode, seed, shuffled, count):
    bank = [Item(UUID(int=n), float(n % 3 - 1)) for n in range(count)]
    given = inputs(mode, seed, bank, cut=0.5, exposure=Exposure(9, {UUID(int=1): 8}, 0.3))
    other = list(bank)
    shuffled.shuffle(other)
    listed = in_order(given, "pool", bank)
    assert listed == in_order(given, "pool", other)
    assert sorted(row.item_id for row in listed) == sorted(candidate.item_id for candidate in bank)


def test_items_that_are_worth_the_same_come_by_lot():
    bank = [Item(UUID(int=n), 0.0) for n in range(10)]
    first = Counter(in_order(inputs("placement", seed, bank), "pool", bank)[0].item_id.int for seed in range(500))
    assert len(first) == 10
    assert max(first.values()) < 90


@settings(max_examples=40)
@given(theta=st.floats(-4, 4), b=st.floats(-4, 4), c=st.floats(0, 0.5))
def test_information_is_the_squared_slope_over_the_variance_of_an_answer(theta, b, c):
    def p(at):
        return c + (1 - c) / (1 + math.exp(b - at))

    slope = (p(theta + 1e-5) - p(theta - 1e-5)) / 2e-5
    assert information(theta, b, c) == pytest.approx(slope**2 / (p(theta) * (1 - p(theta))), rel=1e-3, abs=1e-9)
    assert c <= success(Estimate(theta, 0.5), Estimate(b, 0.5), c) <= 1
