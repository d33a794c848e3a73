"""Changes of a certificate's status: suspend, reinstate, revoke. Nothing is deleted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from common.errors import DomainError, ReasonMissing
from credentials.certificates import rules, statements
from credentials.certificates.errors import NotReinstatable, NotRevocable, NotSuspendable
from credentials.certificates.models import Certificate
from credentials.events import CertificateStatusChanged
from events import public as events
from privacy import public as privacy

Status = Certificate.Status
_ACTIONS = {
    Status.ACTIVE: "certificate.reinstated",
    Status.SUSPENDED: "certificate.suspended",
    Status.REVOKED: "certificate.revoked",
    Status.SUPERSEDED: "certificate.superseded",
}


@transaction.atomic
def revoke(*, certificate_id: UUID, actor: str, reason: str, now: datetime) -> None:
    """Revoke a certificate for good, with the reason that its page shows to nobody but staff.

    Raises:
        NotRevocable: it is withdrawn already, or there is none; nothing is written.
        ReasonMissing: there is no reason.
    """
    _change_one(certificate_id, Status.REVOKED, actor=actor, reason=reason, now=now, refusal=NotRevocable)


@transaction.atomic
def suspend(*, certificate_id: UUID, actor: str, reason: str, now: datetime) -> None:
    """Suspend an active certificate while something about it is looked into.

    Raises:
        NotSuspendable: it is not active, or there is none. ReasonMissing: there is no reason.
    """
    _change_one(certificate_id, Status.SUSPENDED, actor=actor, reason=reason, now=now, refusal=NotSuspendable)


@transaction.atomic
def reinstate(*, certificate_id: UUID, actor: str, reason: str, now: datetime) -> None:
    """End a suspension: the certificate is valid again as before.

    Raises:
        NotReinstatable: it is not suspended, or there is none. ReasonMissing: there is no reason.
    """
    _change_one(certificate_id, Status.ACTIVE, actor=actor, reason=reason, now=now, refusal=NotReinstatable)


def _change_one(
    certificate_id: UUID, new_status: Status, *, actor: str, reason: str, now: datetime, refusal: type[DomainError]
) -> None:
    if not reason.strip():
        raise ReasonMissing()
    old_status = (
        Certificate.objects.select_for_update(no_key=True)
        .filter(pk=certificate_id)
        .values_list("status", flat=True)
        .first()
    )
    if old_status is None or not rules.may_follow(old_status, new_status):
        raise refusal()
    change_status([certificate_id], new_status, actor=actor, reason=reason, now=now)


def change_status(
    certificate_ids: Sequence[UUID], new_status: Status, *, actor: str, reason: str, now: datetime
) -> list[UUID]:
    """Give that status to those of the certificates that may have it next, in the caller's transaction; return their ids.

    Three statements, whatever their number. Rows are locked in the order of their ids.
    """
    changeable = [old for old, following in rules.TRANSITIONS.items() if new_status in following]
    changed = statements.change_status(
        certificate_ids, before=changeable, after=new_status, reason=reason.strip()[:200], now=now
    )
    events.record_many(
        [
            CertificateStatusChanged(
                certificate_id=pk,
                learner_id=learner,
                edition_id=edition,
                course_id=course,
                status=new_status.value,
            )
            for pk, learner, edition, course in changed
        ]
    )
    privacy.audit_many(
        actor=actor,
        action=_ACTIONS[new_status],
        subject_kind="certificate",
        subject_ids=[str(certificate_id) for certificate_id, *_ in changed],
    )
    return [certificate_id for certificate_id, *_ in changed]
