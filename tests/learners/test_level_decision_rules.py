"""What counts follows from evidence and decisions, whatever the order in which they came."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from learners.assessors import rules as assessors
from learners.assessors.rubrics import rubric
from learners.decisions.rules import Decided, EffectiveLevel, effective_level, is_capped

T0 = datetime(2026, 3, 1, tzinfo=UTC)


def at(day: int) -> datetime:
    return T0 + timedelta(days=day)


few = settings(max_examples=60, deadline=None)
reaches = st.lists(st.tuples(st.integers(1, 3), st.integers(0, 40).map(at)), max_size=6)
decisions = st.lists(
    st.builds(
        Decided,
        id=st.uuids(),
        level=st.integers(0, 6),
        computed=st.integers(0, 3),
        cause=st.sampled_from(["appeal", "review", "assessors"]),
        at=st.integers(0, 40).map(at),
    ),
    max_size=5,
    unique_by=lambda build: build.id,
)


def decided(level: int, day: int, *, computed: int = 2, number: int = 1) -> Decided:
    return Decided(UUID(int=number), level, computed, "review", at(day))


@few
@given(reaches, decisions, st.randoms(use_true_random=False))
def test_order_and_repetition_mean_nothing(
    reached: list[tuple[int, datetime]], made: list[Decided], rng: object
) -> None:
    wanted = effective_level(reached, made)
    again, twice = reached + reached, made + made
    rng.shuffle(again)  # type: ignore[attr-defined]
    rng.shuffle(twice)  # type: ignore[attr-defined]
    assert effective_level(again, twice) == wanted
    assert 0 <= wanted.level <= 6
    assert (wanted.since is None) == (wanted == EffectiveLevel()) or wanted.decision_id is not None


@few
@given(reaches, decisions, st.tuples(st.integers(1, 3), st.integers(0, 60).map(at)))
def test_more_evidence_never_lowers_a_level(
    reached: list[tuple[int, datetime]], made: list[Decided], more: tuple[int, datetime]
) -> None:
    assert effective_level([*reached, more], made).level >= effective_level(reached, made).level


@few
@given(reaches, decisions, st.integers(0, 6), st.integers(0, 3), reaches)
def test_the_newest_decision_counts_as_floor_or_as_cap(
    reached: list[tuple[int, datetime]],
    made: list[Decided],
    level: int,
    computed: int,
    later: list[tuple[int, datetime]],
) -> None:
    newest = Decided(UUID(int=2**128 - 1), level, computed, "appeal", at(41))
    after = effective_level([*reached, *((given, when + timedelta(days=50)) for given, when in later)], [*made, newest])
    if newest.is_cap:
        assert after.level == level, "only people lift what people set"
    else:
        assert after.level == max([level, *(given for given, _ in reached), *(given for given, _ in later)])


@few
@given(reaches, decisions)
def test_a_frozen_level_is_exactly_what_it_was(reached: list[tuple[int, datetime]], made: list[Decided]) -> None:
    held = EffectiveLevel(2, at(3))
    assert effective_level(reached, made, held) == held


def test_evidence_alone_is_a_running_maximum() -> None:
    assert effective_level([], []) == EffectiveLevel(0, None, "evidence", None)
    assert effective_level([(1, at(1)), (3, at(2)), (2, at(3))], []) == EffectiveLevel(3, at(2))


def test_a_floor_is_passed_by_later_evidence() -> None:
    floor = decided(2, 5, computed=1)
    assert effective_level([(1, at(1))], [floor]) == EffectiveLevel(2, at(5), "review", floor.id)
    assert effective_level([(1, at(1)), (3, at(9))], [floor]) == EffectiveLevel(3, at(9))


def test_a_confirmed_level_keeps_its_day() -> None:
    confirmed = decided(2, 5)
    assert effective_level([(2, at(1))], [confirmed]) == EffectiveLevel(2, at(1), "review", confirmed.id)


def test_a_cap_holds_until_people_lift_it() -> None:
    cap, lifted = decided(1, 5, computed=2), decided(3, 9, computed=3, number=2)
    reached = [(2, at(1)), (3, at(7))]
    assert effective_level(reached, [cap]) == EffectiveLevel(1, at(5), "review", cap.id)
    assert effective_level(reached, [cap, lifted]) == EffectiveLevel(3, at(9), "review", lifted.id)


@few
@given(reaches, decisions)
def test_later_evidence_raises_a_level_unless_it_is_capped(
    reached: list[tuple[int, datetime]], made: list[Decided]
) -> None:
    later = effective_level([*reached, (3, at(60))], made)
    assert later == effective_level(reached, made) if is_capped(made) else later.level >= 3


def test_evidence_that_nobody_had_seen_makes_no_cap_of_a_floor() -> None:
    # Answered before the decision and absorbed after it: whoever decided knew of level 2 only.
    assert effective_level([(2, at(1)), (3, at(4))], [decided(2, 5, computed=2)]) == EffectiveLevel(3, at(4))


def test_so_many_assessors_agree_as_the_level_asks() -> None:
    asked = rubric().agreeing
    assert asked == {4: 1, 5: 2, 6: 3}
    assert assessors.outcome([], agreeing=1) is None
    assert assessors.outcome([True], agreeing=asked[4]) is True
    assert assessors.outcome([True], agreeing=asked[5]) is None
    assert assessors.outcome([True, False], agreeing=asked[5]) is None
    assert assessors.outcome([True, False, False], agreeing=asked[5]) is False
    assert assessors.outcome([True, False, True, False, True], agreeing=asked[6]) is True


@few
@given(st.integers(1, 4), st.lists(st.booleans(), max_size=7))
def test_no_more_assessors_are_asked_than_can_be_split(agreeing: int, verdicts: list[bool]) -> None:
    settled = [n for n in range(len(verdicts) + 1) if assessors.outcome(verdicts[:n], agreeing=agreeing) is not None]
    assert len(verdicts) < 2 * agreeing - 1 or settled
    if settled:
        first = assessors.outcome(verdicts[: settled[0]], agreeing=agreeing)
        assert verdicts[: settled[0]].count(first) == agreeing  # type: ignore[arg-type]


def test_a_level_is_asked_for_a_step_at_a_time() -> None:
    def may(level: int, current: int, span: tuple[int, int] = (1, 5)) -> bool:
        return assessors.may_ask_for(level=level, current=current, span=span, max_jump=1)

    assert may(4, 3)
    assert may(5, 4)
    assert not may(5, 3)
    assert not may(4, 4)
    assert not may(6, 5), "the skill ends at 5"
    assert may(4, 0, span=(4, 6)), "a skill's lowest level may be asked for by anybody"
