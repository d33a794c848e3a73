"""What keeps a learner from moving to another edition: an attempt that is under way."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q

from assessments.attempts.models import Attempt
from assessments.attempts.rules import GRACE
from assessments.attempts.services import one_start_at_a_time
from common import clock


class LiveAttempts:
    """The guard of moves that learners ask for (`learners.MoveGuard`)."""

    def hold(self, learner_id: UUID) -> None:
        """Let the learner begin no attempt until the caller's transaction ends."""
        one_start_at_a_time(learner_id)

    def attempt_under_way(self, *, learner_id: UUID, edition_id: UUID) -> UUID | None:
        """Return the learner's live attempt at a quiz of the edition, or None; one whose time is over is none. One query."""
        return (
            Attempt.objects.filter(
                Q(due_at__isnull=True) | Q(due_at__gte=clock.now() - GRACE),
                learner_id=learner_id,
                edition_id=edition_id,
                submitted_at__isnull=True,
            )
            .order_by("pk")
            .values_list("pk", flat=True)
            .first()
        )
