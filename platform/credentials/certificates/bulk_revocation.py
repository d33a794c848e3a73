"""Revoking many certificates at once: one person asks, another approves, a worker revokes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from common import clock
from common.errors import InvalidInput, NotFound, ReasonMissing
from credentials.certificates import statements, status_changes
from credentials.certificates.errors import AlreadyApproved, SecondPersonNeeded, UnknownCertificates
from credentials.certificates.lifecycle_models import BulkRevocation
from credentials.certificates.models import Certificate
from credentials.events import BulkRevocationApproved
from events import public as events
from events.public import Recorded
from privacy import public as privacy


@transaction.atomic
def request(*, certificate_ids: Iterable[UUID], reason: str, requested_by: UUID, state: str | None) -> BulkRevocation:
    """Ask that these certificates be revoked; nothing is revoked yet.

    Args:
        state: the only member state whose certificates this person may know of; None for all.

    Raises:
        UnknownCertificates: some do not exist, or are of another state. InvalidInput: none, or more than
        `BulkRevocation.MOST`. ReasonMissing: there is no reason.
    """
    wanted = sorted(set(certificate_ids))
    if not reason.strip():
        raise ReasonMissing()
    if not 0 < len(wanted) <= BulkRevocation.MAX_CERTIFICATES:
        raise InvalidInput(pointer="/certificates")
    found = Certificate.objects.filter(pk__in=wanted)
    if state is not None:
        found = found.filter(learner__member_state_id=state)
    unknown = set(wanted) - set(found.values_list("pk", flat=True))
    if unknown:
        raise UnknownCertificates(certificates=[str(certificate_id) for certificate_id in sorted(unknown)])
    made = BulkRevocation.objects.create(
        certificates=wanted, reason=reason.strip()[:200], member_state_id=state, requested_by=requested_by
    )
    _audit("requested", made.pk, requested_by)
    return made


@transaction.atomic
def approve(*, revocation_id: UUID, approved_by: UUID, now: datetime) -> None:
    """Approve a request, as another person than the one who asked; a worker then revokes. There is no way back.

    Raises:
        NotFound: there is no such request. SecondPersonNeeded: this person asked for it. AlreadyApproved: see there.
    """
    asked = BulkRevocation.objects.select_for_update(no_key=True).filter(pk=revocation_id).first()
    if asked is None:
        raise NotFound()
    if asked.requested_by == approved_by:
        raise SecondPersonNeeded()
    if asked.approved_at is not None:
        raise AlreadyApproved()
    BulkRevocation.objects.filter(pk=revocation_id).update(approved_by=approved_by, approved_at=now)
    events.record(BulkRevocationApproved(revocation_id=revocation_id))
    _audit("approved", revocation_id, approved_by)


def _audit(what: str, revocation_id: UUID, actor: UUID) -> None:
    privacy.audit(
        actor=str(actor),
        action=f"bulk_revocation.{what}",
        subject_kind="bulk_revocation",
        subject_id=str(revocation_id),
    )


@transaction.atomic
def revoke_approved(recorded: Sequence[Recorded[BulkRevocationApproved]]) -> None:
    """Consumer: revokes what was approved. A certificate that was corrected since is revoked in its newest form.

    Certificates that were withdrawn before are ignored, so a repeat changes nothing.
    """
    # One after the other: each is a set of its own, approved by people one at a time.
    for asked in (
        BulkRevocation.objects.filter(
            pk__in={entry.event.revocation_id for entry in recorded},
            approved_at__isnull=False,
            done_at__isnull=True,
        )
        .select_for_update(no_key=True)
        .order_by("pk")
    ):
        now = clock.now()
        revoked = status_changes.change_status(
            _with_successors(asked.certificates),
            Certificate.Status.REVOKED,
            actor=str(asked.approved_by),
            reason=asked.reason,
            now=now,
        )
        BulkRevocation.objects.filter(pk=asked.pk).update(done_at=now, revoked=len(revoked))


def _with_successors(certificate_ids: Sequence[UUID]) -> list[UUID]:
    """These certificates and all that replaced them.

    They are locked first: this waits for a correction that is under way, whose successor is then found.
    """
    certificates = Certificate.objects.select_for_update(no_key=True).filter(pk__in=certificate_ids).order_by("pk")
    list(certificates.values_list("pk"))
    return statements.with_successors(certificate_ids)
