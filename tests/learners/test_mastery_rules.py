"""Properties of the filter."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from itertools import combinations
from statistics import fmean
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from learners.mastery import rules
from learners.mastery.rules import Answer, Mastery, Scale, Scales
from learners.mastery.snapshots import Chain, ItemCalibration, SkillCalibration

SKILLS = ("A", "B", "C")
RANGES = {"A": (1, 6), "B": (2, 2), "C": (1, 1)}
# A later version asks less of level 1 and more of level 2.
SCALES = Scales(
    [
        Scale("t", {1: 0.5, 2: 0.65, 3: 0.8}, RANGES, max_jump=1),
        Scale("u", {1: 0.45, 2: 0.75, 3: 0.8}, RANGES, max_jump=1),
    ]
)
START = datetime(2026, 1, 1, tzinfo=UTC)

ITEM = str(UUID(int=0))
# Parameters that change on the way.
CHAIN = Chain(
    versions=[(START + timedelta(days=day), f"online-{day}") for day in (10, 200)],
    items=[
        ((ITEM, 1), START + timedelta(days=10), ItemCalibration(0.7, 0.2, 40, 0.2, 0.03)),
        ((str(UUID(int=1)), 2), START + timedelta(days=10), ItemCalibration(-0.4, 0.5, 9)),
        ((ITEM, 1), START + timedelta(days=200), ItemCalibration(0.5, 0.1, 90, -0.1, 0.02)),
    ],
    skills=[
        ("B", START + timedelta(days=10), SkillCalibration(0.9, 0.2, 20, -0.2, 0.1)),
        ("A", START + timedelta(days=200), SkillCalibration(0.3, 0.05, 130, 0.4, 0.02)),
    ],
)

answers = st.builds(
    Answer,
    id=st.uuids().map(str),
    item=st.tuples(st.integers(0, 5).map(lambda number: str(UUID(int=number))), st.integers(1, 2)),
    skills=st.lists(st.sampled_from(SKILLS), min_size=1, unique=True).map(lambda codes: tuple(sorted(codes))),
    level=st.integers(1, 6),
    score=st.sampled_from([0.0, 1.0]) | st.floats(0, 1),
    guess=st.sampled_from([0.0, 0.25, 0.5]) | st.floats(0, 0.99),
    difficulty=st.floats(-6, 6),
    at=st.integers(0, 400 * 86400).map(lambda seconds: START + timedelta(seconds=seconds // 3600 * 3600)),
    framework=st.sampled_from(["t", "u", "never loaded"]),
    certifying=st.just(False),
    lapsed=st.just(False),
)
few = settings(max_examples=40, deadline=None)
logs = st.lists(answers, max_size=25, unique_by=lambda answer: answer.id)


def computed(log: list[Answer]) -> tuple[Mastery, list[rules.LevelReached]]:
    mastery = Mastery()
    return mastery, rules.extend(mastery, rules.in_order(log), SCALES, CHAIN)


@few
@given(logs, st.randoms(use_true_random=False))
def test_order_of_arrival_does_not_matter(log: list[Answer], rng: object) -> None:
    shuffled = list(log)
    rng.shuffle(shuffled)  # type: ignore[attr-defined]
    assert computed(shuffled) == computed(log)


@few
@given(logs, st.integers(0, 25))
def test_extending_by_later_sittings_is_the_same_as_rebuilding(log: list[Answer], cut: int) -> None:
    ordered = rules.in_order(log)
    while 0 < cut < len(ordered) and ordered[cut].at == ordered[cut - 1].at:
        cut += 1
    mastery = Mastery()
    reached = rules.extend(mastery, ordered[:cut], SCALES, CHAIN)
    reached += rules.extend(mastery, ordered[cut:], SCALES, CHAIN)
    assert (mastery, reached) == computed(log)


@few
@given(logs)
def test_uncertainty_is_positive_and_bounded_and_everything_is_finite(log: list[Answer]) -> None:
    mastery, _ = computed(log)
    assert 0 < mastery.variance <= rules.V_G0
    assert mastery.count == len(log)
    for code, state in mastery.skills.items():
        assert 0 < state.variance <= rules.V_K0 + rules.Q_K
        assert math.isfinite(mastery.mean + state.mean)
        assert 0 <= state.probability <= 1
        assert state.count == sum(code in answer.skills for answer in log)


@few
@given(logs, answers)
def test_a_better_score_never_lowers_what_it_is_about(log: list[Answer], last: Answer) -> None:
    last = last._replace(at=START + timedelta(days=500), id=UUID(int=0))
    worse, _ = computed([*log, last._replace(score=0.0)])
    middle, _ = computed([*log, last._replace(score=0.5)])
    better, _ = computed([*log, last._replace(score=1.0)])
    assert worse.mean <= middle.mean <= better.mean
    for code in last.skills:
        assert worse.skills[code].mean < middle.skills[code].mean < better.skills[code].mean
        assert worse.skills[code].variance == better.skills[code].variance


@few
@given(logs)
def test_levels_rise_one_by_one_or_more_within_their_caps_and_never_fall(log: list[Answer]) -> None:
    mastery, reached = computed(log)
    held: dict[str, int] = {}
    for change in reached:
        assert change.level > held.get(change.skill, 0)
        assert change.probability >= rules.REQUIRED_PROBABILITY
        assert any(answer.id == change.evidence_id and change.skill in answer.skills for answer in log)
        held[change.skill] = change.level
    for code, state in mastery.skills.items():
        lowest, highest = RANGES[code]
        shown = max([answer.level for answer in log if code in answer.skills and answer.score > 0], default=0)
        assert state.level == held.get(code, 0)
        assert state.level == 0 or lowest <= state.level <= min(highest, shown + 1, 3)


@few
@given(logs)
def test_movements_account_for_the_whole_way(log: list[Answer]) -> None:
    movements: list[rules.Movement] = []
    rules.extend(Mastery(), rules.in_order(log), SCALES, CHAIN, movements=movements)
    assert [(movement.evidence_id, movement.skill) for movement in movements] == [
        (answer.id, code) for answer in rules.in_order(log) for code in answer.skills
    ]


@few
@given(logs)
def test_a_wrong_answer_never_reads_as_a_gain_nor_a_right_one_as_a_loss(log: list[Answer]) -> None:
    movements: list[rules.Movement] = []
    rules.extend(Mastery(), rules.in_order(log), SCALES, CHAIN, movements=movements)
    score = {answer.id: answer.score for answer in log}
    for movement in movements:
        assert score[movement.evidence_id] > 0 or movement.by <= 0
        assert score[movement.evidence_id] < 1 or movement.by >= 0
        assert movement.practice * (movement.by - movement.practice) >= 0


def _sitting(day: int, scores: list[float], *, first: int) -> list[Answer]:
    return [
        Answer(str(UUID(int=first + n)), (ITEM, 1), ("A",), 3, score, 0.0, 0.0, START + timedelta(days=day), "t")
        for n, score in enumerate(scores)
    ]


SLOPED = Chain(skills=[("A", START, SkillCalibration(0.8, 0.1, 99, 0.5, 0.02))])


def test_what_practice_gives_comes_between_sittings_and_is_the_slopes() -> None:
    movements: list[rules.Movement] = []
    log = _sitting(0, [1.0, 0.0, 1.0], first=1) + _sitting(1, [0.0, 1.0, 1.0], first=4)
    rules.extend(Mastery(), log, SCALES, SLOPED, movements=movements)
    # Three answers in earlier sittings; none of it with the wrong one.
    assert [round(movement.practice, 9) for movement in movements] == [0, 0, 0, 0, round(0.5 * math.log(4), 9), 0]
    traces: list[rules.Trace] = []
    rules.extend(Mastery(), log, SCALES, SLOPED, traces=traces)
    assert [trace.earlier for trace in traces] == [(0,)] * 3 + [(3,)] * 3
    # A negative slope: nothing of it with a right answer.
    worse: list[rules.Movement] = []
    chain = Chain(skills=[("A", START, SkillCalibration(0.8, 0.1, 99, -0.5, 0.02))])
    rules.extend(Mastery(), log, SCALES, chain, movements=worse)
    assert [movement.practice < 0 for movement in worse] == [False] * 3 + [True, False, False]


def test_a_level_is_judged_without_what_may_be_practised_afterwards() -> None:
    """Two people with the same answers, one in one sitting and one in two: only the second had time to practise."""
    mastery = Mastery()
    rules.extend(mastery, _sitting(0, [1.0, 0.0, 1.0], first=1), SCALES, SLOPED)
    at = START
    without = Chain(skills=[("A", START, SkillCalibration(0.8, 0.1, 99, 0.0, 0.0))])
    assert rules.probability(mastery, "A", 0.5, SLOPED, at) == rules.probability(mastery, "A", 0.5, without, at)
    later = at + timedelta(seconds=1)
    gained = rules.expected_success(mastery, "A", SLOPED, later) - rules.expected_success(mastery, "A", without, later)
    assert gained > 0.05
    # What is not known of the slope makes the forecast less certain, so nearer to one half.
    vague = Chain(skills=[("A", START, SkillCalibration(0.8, 0.1, 99, 0.0, 0.3))])
    ability = rules.expected_success(mastery, "A", without, later)
    assert 0.5 < rules.expected_success(mastery, "A", vague, later) < ability


def test_the_second_sitting_as_computed_by_hand() -> None:
    """The formulas of the module's docstring with slope and discrimination, on the day of the first sitting."""
    hour = timedelta(hours=1)
    chain = Chain(
        items=[((ITEM, 1), START, ItemCalibration(0.4, 0.2, 40, 0.3, 0.05))],
        skills=[("A", START, SkillCalibration(0.8, 0.1, 99, 0.5, 0.02))],
    )
    mastery = Mastery()
    rules.extend(mastery, _sitting(0, [1.0, 1.0], first=1), SCALES, chain)
    before = (mastery.mean, mastery.variance, mastery.skills["A"].mean, mastery.skills["A"].variance)
    answer = Answer(str(UUID(int=9)), (ITEM, 1), ("A",), 1, 0.0, 0.0, 0.0, START + hour, "t")
    rules.extend(mastery, [answer], SCALES, chain)
    lag = math.log(1 + 1 / 24)
    m_k, v_k = before[2] * math.exp(-0.16 * lag), min(before[3] + 0.04 * lag, 0.66)
    a, x = math.exp(0.3), math.log(3)
    m = a * (before[0] + m_k + 0.8 + x * 0.5 - 0.4)
    v = a**2 * (before[1] + v_k + 0.1 + x**2 * 0.02 + 0.2) + m**2 * 0.05
    p = 1 / (1 + math.exp(-m / math.sqrt(1 + math.pi * v / 8)))
    s = 1 / (1 + math.exp(-m))
    r, weight = -p / (1 + s * (1 - s) * v), s * (1 - s) / (1 + s * (1 - s) * v)
    assert mastery.mean == pytest.approx(before[0] + a * before[1] * r)
    assert mastery.variance == pytest.approx(before[1] + 0.0023 - (a * before[1]) ** 2 * weight)
    assert mastery.skills["A"].mean == pytest.approx(m_k + a * v_k * r)
    assert mastery.skills["A"].variance == pytest.approx(v_k + 0.014 - (a * v_k) ** 2 * weight)


def test_five_right_of_ten_reference_items_are_a_success_rate_of_one_half() -> None:
    """In whatever order they came, on average: nothing is given for having answered."""
    chain = Chain(
        items=[((str(UUID(int=n)), 1), START, ItemCalibration(0.0, 0.01, 900)) for n in range(10)],
        skills=[("A", START, SkillCalibration(0.0, 0.01, 900, 0.0, 0.01))],
    )
    successes, passed = [], []
    for right in combinations(range(10), 5):
        mastery = Mastery()
        sitting = [
            Answer(str(n), (str(UUID(int=n)), 1), ("A",), 3, float(n in right), 0.0, 0.0, START, "t") for n in range(10)
        ]
        rules.extend(mastery, sitting, SCALES, chain)
        successes.append(rules.expected_success(mastery, "A", chain, START))
        passed.append(rules.probability(mastery, "A", 0.5, chain, START))
    assert fmean(successes) == pytest.approx(0.5, abs=0.02)
    assert fmean(passed) == pytest.approx(0.5, abs=0.02)


def test_a_level_by_an_earlier_rule_stays_with_its_date_and_its_rule() -> None:
    log = _right_answers(12, "t")
    now, reached = computed(log)
    assert [(change.level, change.rule) for change in reached] == [(1, rules.RULE), (2, rules.RULE), (3, rules.RULE)]
    second = next(change for change in reached if change.level == 2)
    before = [
        second._replace(at=START, rule="mastery-filter-2"),  # sooner than today's rule gives it
        reached[0]._replace(at=second.at, rule="mastery-filter-2"),  # later
    ]
    rules.keep(now, reached, before, SCALES, CHAIN)
    assert {(change.level, change.at, change.rule) for change in reached if change.level < 3} == {
        (1, log[0].at, rules.RULE),
        (2, START, "mastery-filter-2"),
    }
    aiko, none = computed(_right_answers(1, "t")[:0])
    rules.keep(aiko, none, before, SCALES, CHAIN)
    assert (aiko.skills["A"].level, aiko.skills["A"].level_since) == (2, START)


def test_the_order_of_questions_within_a_sitting_gives_no_level() -> None:
    """Right first and wrong after would pass a threshold on the way; at the end of the sitting it is not passed."""
    log = [
        Answer(str(UUID(int=number)), (ITEM, 1), ("A",), 1, score, 0.25, 0.0, START, "t")
        for number, score in enumerate([1.0, 1.0, 0.0, 0.0, 0.0, 0.0])
    ]
    assert computed(log[:2])[0].skills["A"].level > 0
    assert computed(log)[0].skills["A"].level == 0


def test_evidence_out_of_order_is_refused() -> None:
    mastery, _ = computed([Answer(str(UUID(int=1)), (ITEM, 1), ("A",), 1, 1.0, 0.0, 0.0, START, "t")])
    with pytest.raises(ValueError, match="order"):
        rules.extend(
            mastery, [Answer(str(UUID(int=2)), (ITEM, 1), ("A",), 1, 1.0, 0.0, 0.0, START, "t")], SCALES, CHAIN
        )


def test_one_answer_as_computed_by_hand() -> None:
    """The formulas of the module's docstring, written out for one skill, with and without guessing."""
    for guess in (0.0, 0.25):
        mastery, _ = computed([Answer(str(UUID(int=1)), (ITEM, 1), ("A",), 1, 1.0, guess, 1.0, START, "t")])
        d = math.log(0.7 / 0.3)
        m = d - 1.0
        v = 0.93 + 1.15 + 0.66 + 0.37 + m**2 * 0.06

        def s(x: float) -> float:
            return 1 / (1 + math.exp(-x))

        p = guess + (1 - guess) * s(m / math.sqrt(1 + math.pi * v / 8))
        if guess:
            big_p = guess + (1 - guess) * s(m)
            dp = (1 - guess) * s(m) * (1 - s(m))
            h = dp**2 / (big_p * (1 - big_p))
            r = dp / (big_p * (1 - big_p)) * (1 - p) / (1 + h * v)
        else:
            h = s(m) * (1 - s(m))
            r = (1 - p) / (1 + h * v)
        big_h = h / (1 + h * v)
        assert mastery.mean == pytest.approx(0.93 * r)
        assert mastery.variance == pytest.approx(0.93 + 0.0023 - 0.93**2 * big_h)
        state = mastery.skills["A"]
        assert state.mean == pytest.approx(0.66 * r)
        assert state.variance == pytest.approx(0.66 + 0.014 - 0.66**2 * big_h)


def _right_answers(count: int, framework: str, *, first: int = 1) -> list[Answer]:
    return [
        Answer(str(UUID(int=n)), (ITEM, 1), ("A",), 2, 1.0, 0.0, 0.0, START + timedelta(days=n), framework)
        for n in range(first, first + count)
    ]


def test_a_later_version_of_the_framework_judges_later_answers_and_takes_nothing_away() -> None:
    enough = next(count for count in range(1, 40) if computed(_right_answers(count, "t"))[0].skills["A"].level == 2)
    aiko, reached = computed(_right_answers(enough, "t"))
    dao, _ = computed(_right_answers(enough, "u"))
    assert (aiko.skills["A"].level, dao.skills["A"].level) == (2, 1)
    assert [(change.level, change.framework) for change in reached][-1] == (2, "t")
    kept, later = computed(_right_answers(enough, "t") + _right_answers(1, "u", first=enough + 1))
    assert kept.skills["A"].level == 2
    assert kept.skills["A"].framework == "u"
    assert later == reached


def test_no_server_that_learns_late_of_a_version_goes_back_to_the_one_before() -> None:
    log = [*_right_answers(1, "t"), *_right_answers(1, "u", first=2), *_right_answers(1, "t", first=3)]
    mastery, _ = computed(log)
    assert mastery.skills["A"].framework == "u"
