"""Reads of enrolments."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from learners.enrolments.models import Enrolment


def is_enrolled(*, learner_id: UUID, edition_id: UUID) -> bool:
    """Whether the learner takes the edition; one query."""
    return Enrolment.objects.filter(learner_id=learner_id, edition_id=edition_id).exists()


def one(*, learner_id: UUID, enrolment_id: UUID) -> Enrolment | None:
    """The learner's own enrolment, or None: somebody else's is as unknown as one that does not exist."""
    return Enrolment.objects.filter(pk=enrolment_id, learner_id=learner_id).first()


def listed(*, learner_id: UUID, after: UUID | None, limit: int) -> Sequence[Enrolment]:
    """A page of the learner's enrolments behind `after`, by id (clients make UUIDv7: oldest first), and one more."""
    found = Enrolment.objects.filter(learner_id=learner_id).order_by("pk")
    if after is not None:
        found = found.filter(pk__gt=after)
    return list(found[: limit + 1])
