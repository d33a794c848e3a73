"""Denied unless a grant in force says otherwise; learners only ever to their own state's agencies."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from agencies.grants import rules
from agencies.grants.rules import GrantFacts

STATES = st.sampled_from(["JP", "PH", "TH"])
AGENCIES = st.sampled_from([UUID(int=n) for n in range(3)])
DAYS = st.dates(date(2026, 1, 1), date(2026, 3, 1))
GRANTS = st.builds(
    GrantFacts,
    agency_id=AGENCIES,
    agency_state=st.none() | STATES,
    agency_active=st.booleans(),
    member_state=STATES,
    purpose=st.sampled_from(["share_progress", "other"]),
    scope=st.sampled_from(["learner", "aggregate"]),
    valid_from=DAYS,
    valid_to=st.none() | DAYS,
    is_approved=st.booleans(),
)


@given(st.lists(GRANTS, max_size=6), AGENCIES, STATES, DAYS)
def test_learners_are_shown_exactly_where_one_grant_says_all_of_it(
    grants: list[GrantFacts], agency: UUID, state: str, day: date
) -> None:
    shown = rules.may_see_learners(grants, agency_id=agency, state=state, purpose="share_progress", day=day)
    reasons = [
        g
        for g in grants
        if g.agency_id == agency
        and g.agency_active
        and g.scope == "learner"
        and g.purpose == "share_progress"
        and g.agency_state == state
        and g.member_state == state
        and g.valid_from <= day
        and not (g.valid_to and g.valid_to <= day)
    ]
    assert shown == bool(reasons)
    # The list and the single decision agree.
    listed = rules.agencies_for_learners(grants, state=state, purpose="share_progress", day=day)
    assert (agency in listed) == shown


@given(st.lists(GRANTS, max_size=6), AGENCIES, DAYS)
def test_a_regional_body_sees_no_learner_whatever_was_granted(
    grants: list[GrantFacts], agency: UUID, day: date
) -> None:
    regional = [GrantFacts(**{**vars(g), "agency_state": None}) for g in grants]
    for state in (None, "JP", "PH", "TH"):
        assert not rules.may_see_learners(regional, agency_id=agency, state=state, purpose="share_progress", day=day)


@given(st.lists(GRANTS, max_size=6), AGENCIES, DAYS)
def test_statistics_are_of_granted_states_only(grants: list[GrantFacts], agency: UUID, day: date) -> None:
    states = rules.states_with_statistics(grants, agency_id=agency, day=day)
    assert states == {
        g.member_state
        for g in grants
        if g.agency_id == agency
        and g.scope == "aggregate"
        and rules.in_force(g, day)
        and (g.agency_state == g.member_state or g.is_approved)
    }
    assert rules.states_with_statistics([], agency_id=agency, day=day) == frozenset()


@given(st.lists(GRANTS, max_size=6), AGENCIES, STATES, DAYS, st.integers(0, 40))
def test_tombstones_can_be_pulled_for_so_many_days_after_the_grant(
    grants: list[GrantFacts], agency: UUID, state: str, day: date, days: int
) -> None:
    def shown(on: date) -> bool:
        return rules.may_see_learners(grants, agency_id=agency, state=state, purpose="share_progress", day=on)

    until = rules.tombstones_until(grants, agency_id=agency, state=state, purpose="share_progress", day=day, days=days)
    if not shown(day):
        # Days before on which learners were shown, counted back.
        was_shown = [n for n in range(1, days + 1) if shown(day - timedelta(days=n))]
        assert (until is not None) == bool(was_shown)
        if was_shown:
            assert until == day + timedelta(days=days - was_shown[0])


@given(GRANTS)
def test_a_grant_holds_from_its_first_day_to_the_day_before_its_end(grant: GrantFacts) -> None:
    if not grant.agency_active:
        return
    assert not rules.in_force(grant, grant.valid_from - timedelta(days=1))
    if grant.valid_to is not None:
        assert not rules.in_force(grant, grant.valid_to)


def test_why_a_grant_is_refused() -> None:
    form = {
        "agency_state": "PH",
        "member_state": "PH",
        "scope": "learner",
        "legal_basis": "Act 1",
        "valid_from": date(2026, 1, 2),
        "valid_to": None,
    }
    assert rules.refusal(**form) is None
    assert rules.refusal(**{**form, "member_state": "TH"}) == "not_own_state"
    assert rules.refusal(**{**form, "agency_state": None}) == "not_own_state"
    assert rules.refusal(**{**form, "agency_state": None, "scope": "aggregate"}) is None
    assert rules.refusal(**{**form, "legal_basis": "  "}) == "no_legal_basis"
    assert rules.refusal(**{**form, "valid_to": date(2026, 1, 1)}) == "ends_before_it_begins"
