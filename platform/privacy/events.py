"""The events that privacy records."""

from __future__ import annotations

from uuid import UUID

from events.public import Event


class ConsentChanged(Event, frozen=True, kw_only=True):
    """A consent was given or withdrawn.

    Args:
        agency_id: whom the consent is for, where the purpose is one per agency.
    """

    kind = "privacy.consent_changed"
    user_id: UUID
    purpose: str
    agency_id: UUID | None
    given: bool
