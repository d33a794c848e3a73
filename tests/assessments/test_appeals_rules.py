"""Whatever a reviewer decides, an appeal never ends below what it disputed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assessments.appeals import rules
from assessments.appeals.rules import Bounds, Remedy, RemedyRefused, Subject, check, highest, read_subject, result
from assessments.scoring.rules import has_passed

SKILLS = ("AIS-A1", "AIS-B1")
ITEMS = tuple(UUID(int=number) for number in range(6))
a_score = st.sampled_from([0.0, 0.1, 0.25, 1 / 3, 0.5, 2 / 3, 0.7, 0.9, 1.0])


@st.composite
def _bounds(draw: st.DrawFn) -> Bounds:
    scores = draw(st.dictionaries(st.sampled_from(ITEMS), a_score | st.none(), max_size=4))
    changeable = [item for item in scores if draw(st.booleans())]
    held = draw(st.dictionaries(st.sampled_from(SKILLS), st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=2))
    return Bounds(levels=held, scores=scores, changeable=frozenset(changeable), new_try=draw(st.booleans()))


remedies = st.builds(
    Remedy,
    levels=st.dictionaries(st.sampled_from(SKILLS), st.integers(-1, 7), max_size=1),
    scores=st.dictionaries(st.sampled_from(ITEMS), a_score | st.none() | st.sampled_from([-0.1, 1.1]), max_size=2),
    new_try=st.booleans(),
)


@given(
    outcome=st.sampled_from(rules.OUTCOMES),
    remedy=remedies,
    bounds=_bounds(),
    share=st.sampled_from([Decimal("0.5"), Decimal("0.6"), Decimal(1)]),
)
@example(
    "upheld",
    Remedy(scores={ITEMS[0]: None}),
    Bounds(scores={ITEMS[0]: 1.0, ITEMS[1]: 0.0}, changeable=frozenset(ITEMS)),
    Decimal("0.5"),
)
@example(
    "upheld",
    Remedy(scores={ITEMS[0]: None}),
    Bounds(scores={ITEMS[0]: 1.0}, changeable=frozenset(ITEMS)),
    Decimal("0.5"),
)
@example("upheld", Remedy(levels={"AIS-A1": 0}), Bounds(levels={"AIS-A1": (1, 3)}), Decimal("0.5"))
def test_what_is_accepted_lowers_nothing(outcome: str, remedy: Remedy, bounds: Bounds, share: Decimal) -> None:
    try:
        check(outcome=outcome, remedy=remedy, bounds=bounds)
    except RemedyRefused:
        return
    for skill, level in remedy.levels.items():
        held, most = bounds.levels[skill]
        assert held < level <= most
    for item, score in remedy.scores.items():
        stands = bounds.scores[item]
        assert stands is not None
        assert score is None or stands < score <= 1
    before, after = result(bounds.scores, {}), result(bounds.scores, remedy.scores)
    if before is not None:
        assert after is not None
        assert after >= before - 1e-9
        # Who had passed has passed.
        assert has_passed(score=after, pass_share=share) or not has_passed(score=before, pass_share=share)
    assert bool(remedy) is (outcome != rules.DISMISSED)


def test_the_property_fails_for_a_rule_that_looks_at_items_one_by_one() -> None:
    """The control: to strike an item looks harmless by itself and lowers the result."""
    bounds = Bounds(scores={ITEMS[0]: 1.0, ITEMS[1]: 0.0}, changeable=frozenset(ITEMS))
    struck: dict[UUID, float | None] = {ITEMS[0]: None}
    assert result(bounds.scores, struck) == 0.0
    assert result(bounds.scores, {}) == 0.5
    with pytest.raises(RemedyRefused, match="lower_result"):
        check(outcome=rules.UPHELD, remedy=Remedy(scores=struck), bounds=bounds)


@given(
    opened_at=st.datetimes(datetime(2026, 1, 1), datetime(2040, 1, 1)).map(lambda at: at.replace(tzinfo=UTC)),  # noqa: DTZ001
    days=st.integers(1, 90),
    zone=st.sampled_from(["Asia/Ho_Chi_Minh", "Asia/Tokyo", "Asia/Yangon", "Asia/Jakarta"]),
)
def test_every_day_that_the_law_gives_is_a_whole_one(opened_at: datetime, days: int, zone: str) -> None:
    due = rules.due(opened_at=opened_at, value=days, unit="calendar_days", zone=zone)
    assert timedelta(days=days) <= due - opened_at + timedelta(seconds=1) <= timedelta(days=days + 1)
    assert due.astimezone(ZoneInfo(zone)).strftime("%H:%M:%S") == "23:59:59"
    assert due.tzinfo is UTC


def test_a_due_date_in_hours_and_in_no_unit() -> None:
    now = datetime(2026, 11, 26, 12, tzinfo=UTC)
    assert rules.due(opened_at=now, value=72, unit="hours", zone="Asia/Tokyo") == now + timedelta(hours=72)
    with pytest.raises(ValueError, match="months"):
        rules.due(opened_at=now, value=1, unit="months", zone="Asia/Tokyo")


def test_the_same_thing_has_the_same_key_and_others_have_others() -> None:
    first, second = UUID(int=1), UUID(int=2)
    subjects = [
        read_subject("level", {"skill": "AIS-A1", "attempt_id": None}),
        read_subject("score", {"attempt_id": first}),
        read_subject("score", {"attempt_id": first, "item_id": second}),
        read_subject("score", {"attempt_id": second}),
        read_subject("refusal", {"attempt_id": first}),
        read_subject("refusal", {"level_assessment_id": first}),
        read_subject("refusal", {"achievement": "first-steps"}),
    ]
    assert len({subject.key for subject in subjects}) == len(subjects)
    assert subjects[0].key == Subject("level", skill="AIS-A1").key
    assert max(len(subject.key) for subject in subjects) <= 120


def test_a_reviewer_gives_what_is_computed_and_restores_what_assessors_gave() -> None:
    assert highest(computed=[1, 2, 3], skill_most=6, decided=[]) == 3
    assert highest(computed=[1, 2, 3], skill_most=2, decided=[]) == 2
    assert highest(computed=[1, 2, 3], skill_most=6, decided=[5, 4]) == 5
    assert highest(computed=[1, 2, 3], skill_most=0, decided=[]) == 0
