"""What becomes of a certificate once it is issued."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from events import public as events
from learners.certificates.errors import NotRevocable
from learners.certificates.models import Certificate
from privacy import public as privacy


@transaction.atomic
def revoke(*, certificate_id: UUID, actor: str, reason: str, now: datetime) -> None:
    """Revoke an active certificate for good, with the reason that its page shows to nobody but staff.

    Raises:
        NotRevocable: it is revoked already, or there is none; nothing is written.
    """
    certificate = (
        Certificate.objects.select_for_update(no_key=True, of=("self",))
        .select_related("award__achievement")
        .filter(pk=certificate_id, status=Certificate.Status.ACTIVE)
        .first()
    )
    if certificate is None:
        raise NotRevocable()
    Certificate.objects.filter(pk=certificate_id).update(
        status=Certificate.Status.REVOKED, status_reason=reason[:200], status_changed_at=now
    )
    events.record(
        "learners.certificate_status_changed",
        certificate_id=str(certificate_id),
        learner_id=str(certificate.learner_id),
        edition_id=str(certificate.award.achievement.edition_id),
        status=Certificate.Status.REVOKED,
    )
    privacy.audit(actor=actor, action="certificate.revoked", subject_kind="certificate", subject_id=str(certificate_id))
