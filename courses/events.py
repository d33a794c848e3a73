"""The events that courses record."""

from __future__ import annotations

from uuid import UUID

from events.public import Event


class EditionPublished(Event, frozen=True, kw_only=True):
    """An edition was frozen and compiled."""

    kind = "courses.edition_published"
    edition_id: UUID
    course_id: UUID
