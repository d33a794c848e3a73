"""The agencies that the register of the member states names."""

from __future__ import annotations

from django.db import transaction

from agencies.models import Agency


@transaction.atomic
def load_agencies() -> int:
    """Register every agency the register names, active, without grants and clients: it can see nothing yet.

    A repeat takes over changed roles, adds what is new and touches nothing else; returns how many the register names.
    """
    # The register has no call for agencies; this is the model at the other end of our own foreign key.
    states = Agency._meta.get_field("member_state").related_model._default_manager.order_by("code")
    named = [
        Agency(member_state_id=code, name=entry["name"], role=entry.get("role", ""))
        for code, facts in states.values_list("code", "facts")
        for entry in facts.get("agencies", ())
    ]
    Agency.objects.bulk_create(
        named, update_conflicts=True, unique_fields=["member_state", "name"], update_fields=["role"]
    )
    return len(named)
