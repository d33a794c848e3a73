"""The agencies that the register of the member states names."""

from __future__ import annotations

from django.db import transaction

from agencies.models import Agency
from member_states import public as member_states


@transaction.atomic
def load_agencies() -> int:
    """Register every agency the register names, active, without grants and clients: it can see nothing yet.

    A repeat takes over changed roles, adds what is new and touches nothing else; returns how many the register names.
    """
    agencies = [
        Agency(member_state_id=agency.state, name=agency.name, role=agency.role)
        for agency in member_states.registered_agencies()
    ]
    Agency.objects.bulk_create(
        agencies, update_conflicts=True, unique_fields=["member_state", "name"], update_fields=["role"]
    )
    return len(agencies)
