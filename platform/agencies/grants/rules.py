"""Which agency may see what: a pure decision, denied unless a grant in force says otherwise."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

LEARNER, AGGREGATE = "learner", "aggregate"


@dataclass(frozen=True)
class GrantFacts:
    """A grant with what its agency's registration says. `agency_state` is None for a regional body.

    `valid_to` is the first day on which the grant no longer holds; None until somebody ends it. `is_approved`: an
    administrator of the state whose figures these are has agreed.
    """

    agency_id: UUID
    agency_state: str | None
    agency_active: bool
    member_state: str
    purpose: str
    scope: str
    valid_from: date
    valid_to: date | None
    is_approved: bool


def needs_approval(*, agency_state: str | None, member_state: str, scope: str) -> bool:
    """Whether the state must agree before the grant opens anything: statistics for an agency that is not its own."""
    return scope == AGGREGATE and agency_state != member_state


def in_force(grant: GrantFacts, day: date) -> bool:
    """Whether the agency is active and `day` lies in the grant's time."""
    return grant.agency_active and grant.valid_from <= day and (grant.valid_to is None or day < grant.valid_to)


def allows_learners(grant: GrantFacts, *, state: str, purpose: str, day: date) -> bool:
    """Whether the grant opens learner-level rows of `state` for `purpose`.

    Only ever of the agency's own state: a grant that says otherwise opens nothing, whoever wrote it.
    """
    return (
        in_force(grant, day)
        and grant.scope == LEARNER
        and grant.purpose == purpose
        and grant.agency_state is not None
        and grant.agency_state == grant.member_state == state
    )


def may_see_learners(
    grants: Iterable[GrantFacts], *, agency_id: UUID, state: str | None, purpose: str, day: date
) -> bool:
    """Whether the agency may see single consenting learners of `state`; denied unless one grant allows it."""
    return state is not None and any(
        grant.agency_id == agency_id and allows_learners(grant, state=state, purpose=purpose, day=day)
        for grant in grants
    )


def tombstones_until(
    grants: Iterable[GrantFacts], *, agency_id: UUID, state: str | None, purpose: str, day: date, days: int
) -> date | None:
    """Return the last day on which the agency may still pull tombstones, after its grants ended; None if it may not.

    Args:
        days: for how many days from the first one without a grant.
    """
    ends = [
        grant.valid_to
        for grant in grants
        if grant.agency_id == agency_id
        and grant.valid_to is not None
        and grant.valid_from < grant.valid_to <= day
        # On its last day it opened learners of this state.
        and state is not None
        and allows_learners(grant, state=state, purpose=purpose, day=grant.valid_to - timedelta(days=1))
    ]
    last = max(ends) + timedelta(days=days - 1) if ends else None
    return last if last is not None and day <= last else None


def agencies_for_learners(grants: Iterable[GrantFacts], *, state: str, purpose: str, day: date) -> frozenset[UUID]:
    """Return the agencies that a learner of `state` may consent to for `purpose`."""
    return frozenset(
        grant.agency_id for grant in grants if allows_learners(grant, state=state, purpose=purpose, day=day)
    )


def states_with_statistics(grants: Iterable[GrantFacts], *, agency_id: UUID, day: date) -> frozenset[str]:
    """Return the states whose published statistics the agency may read: those of its aggregate grants, nothing implied.

    Of another state than its own only what that state has approved.
    """
    return frozenset(
        grant.member_state
        for grant in grants
        if grant.agency_id == agency_id
        and grant.scope == AGGREGATE
        and in_force(grant, day)
        and (
            grant.is_approved
            or not needs_approval(agency_state=grant.agency_state, member_state=grant.member_state, scope=grant.scope)
        )
    )


def refusal(
    *,
    agency_state: str | None,
    member_state: str,
    scope: str,
    legal_basis: str,
    valid_from: date,
    valid_to: date | None,
) -> str | None:
    """Return a code saying why a grant of this form may not be given; None when it may.

    `not_own_state`: learner-level data go to agencies of the learner's own state only. `no_legal_basis`: a grant without
    one is unlawful. `ends_before_it_begins`: its dates are the wrong way round.
    """
    if scope == LEARNER and agency_state != member_state:
        return "not_own_state"
    if not legal_basis.strip():
        return "no_legal_basis"
    if valid_to is not None and valid_to < valid_from:
        return "ends_before_it_begins"
    return None
