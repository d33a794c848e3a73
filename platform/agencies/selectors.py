"""Reads of agencies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from agencies.models import Agency


@dataclass(frozen=True)
class AgencyView:
    """A registered agency."""

    id: UUID
    name: str


def agencies_of(member_state: str) -> Sequence[AgencyView]:
    """The agencies registered in a state, by name; one query."""
    rows = Agency.objects.filter(member_state=member_state).order_by("name").values_list("pk", "name")
    return [AgencyView(pk, name) for pk, name in rows]


def is_active(agency_id: UUID) -> bool | None:
    """Whether the agency is active; None when there is no such agency; one query."""
    return Agency.objects.filter(pk=agency_id).values_list("active", flat=True).first()
