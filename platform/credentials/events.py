"""The events that credentials record."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

from events.public import Event


class QuizOutcome(Protocol):
    """Any event that tells how an attempt at a quiz ended."""

    @property
    def learner_id(self) -> UUID: ...
    @property
    def quiz_id(self) -> UUID: ...
    @property
    def mode(self) -> str: ...
    @property
    def passed(self) -> bool: ...
    @property
    def submitted_at(self) -> datetime: ...


class QuizPassed(Event, frozen=True, kw_only=True):
    """A learner passed a quiz that counts for the first time."""

    kind = "credentials.quiz_passed"
    learner_id: UUID
    quiz_id: UUID


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
    """A certificate was signed.

    Args:
        edition_id: that its learner took; None where the achievement asks for none and they took none.
    """

    kind = "credentials.certificate_issued"
    certificate_id: UUID
    learner_id: UUID
    edition_id: UUID | None
    course_id: UUID


class CertificateStatusChanged(Event, frozen=True, kw_only=True):
    """A certificate was suspended, reinstated, revoked or superseded.

    Args:
        edition_id: see CertificateIssued. status: the new one.
    """

    kind = "credentials.certificate_status_changed"
    certificate_id: UUID
    learner_id: UUID
    edition_id: UUID | None
    course_id: UUID
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
