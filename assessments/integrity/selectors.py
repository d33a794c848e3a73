"""What the nightly search reads, and the hints about a learner for an export of their own data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from assessments.integrity.models import IntegrityHint
from assessments.integrity.words import explanation


@dataclass(frozen=True)
class HintAboutMe:
    """A hint as the learner gets it in an export of their own data: what it says of their attempt, and nobody else."""

    id: UUID
    kind: str
    attempt_id: UUID
    made_at: datetime
    explanation: str
    state: str
    decided_at: datetime | None
    reason: str


def hints_of(learner_id: UUID) -> list[HintAboutMe]:
    """Return every hint about an attempt of this learner, oldest first; one query.

    For the export of one's own data (docs/decisions/0082). Of a pair only the learner's own attempt is named.
    """
    about = Q(attempt__learner_id=learner_id) | Q(other__learner_id=learner_id)
    found = IntegrityHint.objects.filter(about).select_related("attempt").order_by("made_at", "pk")
    return [
        HintAboutMe(
            id=hint.pk,
            kind=hint.kind,
            attempt_id=_own(hint, learner_id),
            made_at=hint.made_at,
            explanation=" ".join(explanation(hint.kind, hint.facts)),
            state=hint.state,
            decided_at=hint.decided_at,
            reason=hint.reason,
        )
        for hint in found
    ]


def _own(hint: IntegrityHint, learner_id: UUID) -> UUID:
    mine = hint.attempt.learner_id == learner_id or hint.other_id is None
    return hint.attempt_id if mine else hint.other_id  # type: ignore[return-value]
