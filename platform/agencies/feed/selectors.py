"""Reads of the feed. Rows are visible within `agencies.scope` only."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from agencies.models import FeedHorizon, ProgressRow
from agencies.scope import publisher_scope


def rows_behind(*, agency_id: UUID, position: int, limit: int) -> Sequence[ProgressRow]:
    """Return the agency's rows behind a position, in order; one query."""
    return list(ProgressRow.objects.filter(agency_id=agency_id, position__gt=position).order_by("position")[:limit])


def horizon(agency_id: UUID) -> int:
    """Return the highest position whose tombstone was purged; 0 when none was."""
    return FeedHorizon.objects.filter(pk=agency_id).values_list("purged_to", flat=True).first() or 0


def learners_of_feed(agency_id: UUID) -> frozenset[UUID]:
    """Return the learners who are in the agency's feed, without tombstones."""
    with publisher_scope():
        rows = ProgressRow.objects.filter(agency_id=agency_id, withdrawn=False)
        return frozenset(rows.values_list("learner_id", flat=True))
