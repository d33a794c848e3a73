"""Reads of the feed. Rows are visible within `agencies.scope` only."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from uuid import UUID

from django.db.models import Max

from agencies.models import FeedHorizon, ProgressRow
from agencies.scope import publisher_scope
from learners import public as learners
from privacy import public as privacy


def states_of_visible(learner_ids: Collection[UUID]) -> Mapping[UUID, str]:
    """Return the member state of each learner of whom an agency may know at all; two queries.

    The others have no account any more or an inactive one, or withdrew the consent that learning is recorded.
    """
    states = learners.active_states_of(learner_ids)
    recorded = privacy.users_with_consent(user_ids=states, purpose=privacy.LEARNING_RECORDS) if states else frozenset()
    return {learner_id: state for learner_id, state in states.items() if learner_id in recorded}


def rows_behind(*, agency_id: UUID, position: int, limit: int) -> Sequence[ProgressRow]:
    """Return the agency's rows behind a position, in order; one query."""
    return list(ProgressRow.objects.filter(agency_id=agency_id, position__gt=position).order_by("position")[:limit])


def rows_up_to(*, agency_id: UUID, position: int, after: str, limit: int) -> Sequence[ProgressRow]:
    """Return the agency's rows up to a position whose pseudonym is behind `after`, by pseudonym; one query."""
    found = ProgressRow.objects.filter(agency_id=agency_id, position__lte=position, pseudonym__gt=after)
    return list(found.order_by("pseudonym")[:limit])


def is_any_behind(*, agency_id: UUID, position: int) -> bool:
    """Whether the agency has rows behind a position; one query."""
    return ProgressRow.objects.filter(agency_id=agency_id, position__gt=position).exists()


def newest_position(agency_id: UUID) -> int:
    """Return the highest position of the agency's rows, those that were purged included; two queries."""
    newest = ProgressRow.objects.filter(agency_id=agency_id).aggregate(newest=Max("position"))["newest"] or 0
    return max(newest, horizon(agency_id))


def horizon(agency_id: UUID) -> int:
    """Return the highest position whose tombstone was purged; 0 when none was."""
    return FeedHorizon.objects.filter(pk=agency_id).values_list("purged_to", flat=True).first() or 0


def learners_of_feed(agency_id: UUID) -> frozenset[UUID]:
    """Return the learners who are in the agency's feed, without tombstones."""
    with publisher_scope():
        rows = ProgressRow.objects.filter(agency_id=agency_id, withdrawn=False)
        return frozenset(rows.values_list("learner_id", flat=True))


def learners_told_of(*, at_once: int) -> Iterator[Sequence[UUID]]:
    """Yield the ids of all learners who are in any feed, without tombstones, in pieces of at most `at_once`; a query each."""
    after: UUID | None = None
    while True:
        with publisher_scope():
            rows = ProgressRow.objects.filter(withdrawn=False)
            if after is not None:
                rows = rows.filter(learner_id__gt=after)
            found = list(rows.order_by("learner_id").values_list("learner_id", flat=True).distinct()[:at_once])
        if not found:
            return
        yield found
        after = found[-1]
