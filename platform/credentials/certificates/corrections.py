"""Correcting the name on a certificate: asked for by the learner or by staff, decided by staff, done by a worker.

The new certificate of the same award is there before the old one is superseded, in one transaction: there is no moment
without a valid one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

import orjson
from django.db import transaction

from common import clock
from common.errors import NotFound, ReasonMissing
from credentials.certificates import issuing, statements, status_changes
from credentials.certificates.errors import (
    CorrectionDecided,
    CorrectionIdTaken,
    CorrectionOpen,
    NameUnchanged,
    NotCorrectable,
    SecondPersonNeeded,
)
from credentials.certificates.issuing import Awarded
from credentials.certificates.lifecycle_models import CertificateCorrection
from credentials.certificates.models import Certificate
from credentials.events import CorrectionMoved
from events import public as events
from events.public import Recorded
from learners import public as learners
from privacy import public as privacy

_WORKER = "worker:certificates"
_REASON = "corrected"


@transaction.atomic
def request_correction(
    *,
    correction_id: UUID,
    certificate_id: UUID,
    legal_name: str,
    reason: str,
    asked_by: UUID,
    now: datetime,
    learner_id: UUID | None = None,
) -> tuple[CertificateCorrection, bool]:
    """Ask for a correction under an id of the caller's making; return it and whether it is new.

    A second call with the same content changes nothing.

    Args:
        legal_name: clean (learners.public.clean_name). learner_id: of the learner who asks; None for staff.

    Raises:
        NotFound: there is no such certificate, or it is another learner's.
        CorrectionIdTaken, NotCorrectable, CorrectionOpen, NameUnchanged, ReasonMissing: see there.
    """
    if not reason.strip():
        raise ReasonMissing()
    # Locked: of two that ask at the same time the second finds the first, and nobody revokes it meanwhile.
    found = Certificate.objects.select_for_update(no_key=True).filter(pk=certificate_id)
    certificate = (found if learner_id is None else found.filter(learner_id=learner_id)).first()
    if certificate is None:
        raise NotFound()
    wanted = (certificate_id, legal_name, reason.strip())
    existing = CertificateCorrection.objects.filter(pk=correction_id).first()
    if existing is not None:
        if (existing.certificate_id, existing.legal_name, existing.reason) != wanted:
            raise CorrectionIdTaken()
        return existing, False
    require_correctable(certificate, now=now)
    if CertificateCorrection.objects.filter(certificate_id=certificate_id, approved__isnull=True).exists():
        raise CorrectionOpen()
    if learners.is_same_name(name_on(certificate.credential), legal_name):
        raise NameUnchanged()
    made = CertificateCorrection.objects.create(
        id=correction_id,
        certificate=certificate,
        learner_id=certificate.learner_id,
        legal_name=legal_name,
        reason=reason.strip(),
        asked_by=asked_by,
    )
    _record("asked", made)
    privacy.audit(
        actor=str(asked_by),
        action="certificate.correction_asked",
        subject_kind="certificate",
        subject_id=str(certificate_id),
    )
    return made, True


def require_correctable(certificate: Certificate, *, now: datetime) -> None:
    """Raises: NotCorrectable, unless the certificate is active and has not expired."""
    expired = certificate.valid_until is not None and certificate.valid_until <= now
    if certificate.status != Certificate.Status.ACTIVE or expired:
        raise NotCorrectable(certificate_status="expired" if expired else certificate.status)


def name_on(credential: str) -> str:
    """The name that a credential of ours certifies."""
    identifiers = orjson.loads(credential)["credentialSubject"]["identifier"]
    return str(next(identifier["identityHash"] for identifier in identifiers if identifier["identityType"] == "name"))


@transaction.atomic
def decide(*, correction_id: UUID, approved: bool, decided_by: UUID, now: datetime) -> None:
    """Approve or refuse a correction, as staff; a second call that says the same changes nothing.

    An approved name is the learner's from then on, in the profile too.

    It takes two persons for every new name: nobody decides what they asked for, or about their own certificate.

    Raises:
        NotFound: there is none. CorrectionDecided: it was decided otherwise.
        SecondPersonNeeded: this person asked for it, or the certificate is theirs.
        NotCorrectable: the certificate was withdrawn or expired meanwhile, and it cannot be approved.
    """
    correction = (
        CertificateCorrection.objects.select_for_update(no_key=True, of=("self",))
        .select_related("certificate")
        .filter(pk=correction_id)
        .first()
    )
    if correction is None:
        raise NotFound()
    if decided_by in (correction.asked_by, correction.learner_id):
        raise SecondPersonNeeded()
    if correction.approved is not None:
        if correction.approved != approved:
            raise CorrectionDecided()
        return
    if approved:
        require_correctable(correction.certificate, now=now)
    CertificateCorrection.objects.filter(pk=correction_id).update(
        approved=approved, decided_by=decided_by, decided_at=now
    )
    if approved:
        learners.correct_name(learner_id=correction.learner_id, legal_name=correction.legal_name, decided_by=decided_by)
    _record("approved" if approved else "refused", correction)
    privacy.audit(
        actor=str(decided_by),
        action="certificate.correction_approved" if approved else "certificate.correction_refused",
        subject_kind="certificate",
        subject_id=str(correction.certificate_id),
    )


def _record(outcome: Literal["asked", "approved", "refused"], correction: CertificateCorrection) -> None:
    events.record(
        CorrectionMoved(
            correction_id=correction.pk,
            learner_id=correction.learner_id,
            certificate_id=correction.certificate_id,
            outcome=outcome,
        )
    )


@transaction.atomic
def supersede_corrected(recorded: Sequence[Recorded[CorrectionMoved]]) -> None:
    """Consumer: issues the new certificate of each approved correction, and supersedes the old one behind it.

    The same award, the same time of validity, another name. A certificate that was revoked or suspended since
    the approval is ignored: a correction does not lift that. Revoking waits for this transaction, or this one for it.
    """
    ids = [entry.event.correction_id for entry in recorded if entry.event.outcome == "approved"]
    awards = _approved(ids)
    if not awards:
        return
    issued = issuing.issue(awards, actor=_WORKER)
    certificates = Certificate.objects.filter(pk__in=issued).order_by("predecessor_id")
    replaced = list(certificates.values_list("predecessor_id"))
    status_changes.change_status(
        [row[0] for row in replaced],
        Certificate.Status.SUPERSEDED,
        actor=_WORKER,
        reason=_REASON,
        now=clock.now(),
    )


def _approved(correction_ids: Sequence[UUID]) -> list[Awarded]:
    """The awards of corrections that are approved and not done; their certificates are locked and active."""
    rows = statements.lock_approved_corrections(correction_ids)
    owners = learners.hold_learners({row[1] for row in rows})
    return [
        Awarded(
            id=row[0],
            learner_id=row[1],
            version_id=row[2],
            edition_id=row[3],
            decided_at=row[4],
            facts=orjson.loads(row[5]),
            evidence_sha256=row[6],
            legal_name=row[7],
            languages=owners[row[1]].languages,
            state=owners[row[1]].member_state,
            predecessor=row[8],
            valid_until=row[9],
        )
        for row in rows
        if row[1] in owners
    ]
