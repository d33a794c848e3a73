"""The events that credentials record."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from events.public import Event


class AwardDecided(Event, frozen=True, kw_only=True):
    """An achievement was earned."""

    kind = "credentials.award_decided"
    award_id: UUID
    learner_id: UUID


class AwardMissing(Event, frozen=True, kw_only=True):
    """The reconciler found an entitlement without its award."""

    kind = "credentials.award_missing"
    learner_id: UUID


class CertificateIssued(Event, frozen=True, kw_only=True):
    """A certificate was signed."""

    kind = "credentials.certificate_issued"
    certificate_id: UUID
    learner_id: UUID
    edition_id: UUID


class CertificateStatusChanged(Event, frozen=True, kw_only=True):
    """A certificate was suspended, reinstated, revoked or superseded.

    Args:
        status: the new one.
    """

    kind = "credentials.certificate_status_changed"
    certificate_id: UUID
    learner_id: UUID
    edition_id: UUID
    status: str


class JwtFormAsked(Event, frozen=True, kw_only=True):
    """A certificate is wanted as VC-JWT."""

    kind = "credentials.certificate_jwt_requested"
    certificate_id: UUID
    learner_id: UUID


class PassportRequested(Event, frozen=True, kw_only=True):
    """A learner wants all they hold in one signed record."""

    kind = "credentials.passport_requested"
    learner_id: UUID


class CorrectionMoved(Event, frozen=True, kw_only=True):
    """A correction of a name was asked for, approved or refused."""

    kind = "credentials.certificate_correction"
    correction_id: UUID
    learner_id: UUID
    certificate_id: UUID
    outcome: Literal["asked", "approved", "refused"]


class BulkRevocationApproved(Event, frozen=True, kw_only=True):
    """A second person approved to revoke many certificates."""

    kind = "credentials.bulk_revocation_approved"
    revocation_id: UUID


class RenewalRequested(Event, frozen=True, kw_only=True):
    """A learner asks that a certificate be renewed."""

    kind = "credentials.renewal_requested"
    certificate_id: UUID
    learner_id: UUID
