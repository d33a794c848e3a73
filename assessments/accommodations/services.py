"""Granting and revoking extra time."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from assessments.accommodations.models import Accommodation
from assessments.errors import AlreadyAccommodated
from common.errors import NotFound
from privacy import public as privacy


@transaction.atomic
def grant(
    *,
    accommodation_id: UUID,
    learner_id: UUID,
    quiz_id: UUID | None,
    factor: Decimal,
    extra_s: int,
    reason: str,
    actor: str,
    now: datetime,
) -> Accommodation:
    """Give a learner more time from the next start on; a second call under the same id changes nothing.

    The audit entry says that it was granted and by whom; it holds neither the reason nor how much.

    Raises:
        AlreadyAccommodated: one for this learner and quiz is in force; revoke it first.
    """
    existing = Accommodation.objects.filter(pk=accommodation_id).first()
    if existing is not None:
        return existing
    of_quiz: dict[str, Any] = {"quiz_id": quiz_id}
    row, is_new = Accommodation.objects.get_or_create(
        learner_id=learner_id,
        revoked_at=None,
        **of_quiz,
        defaults={
            "pk": accommodation_id,
            "factor": factor,
            "extra_s": extra_s,
            "reason": reason,
            "granted_by": actor,
            "granted_at": now,
        },
    )
    if row.pk != accommodation_id:
        raise AlreadyAccommodated()
    if is_new:
        privacy.audit(actor=actor, action="accommodation.granted", subject_kind="accommodation", subject_id=str(row.pk))
    return row


@transaction.atomic
def revoke(*, accommodation_id: UUID, actor: str, now: datetime) -> Accommodation:
    """End an accommodation for attempts that start from now on; a second call changes nothing.

    Raises:
        NotFound: there is none of this id.
    """
    row = Accommodation.objects.select_for_update(no_key=True).filter(pk=accommodation_id).first()
    if row is None:
        raise NotFound()
    if row.revoked_at is None:
        row.revoked_at = now
        row.save(update_fields=["revoked_at"])
        privacy.audit(actor=actor, action="accommodation.revoked", subject_kind="accommodation", subject_id=str(row.pk))
    return row
