"""Everything other apps may know about privacy: consents, the ledger of disclosures, the audit log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

LEARNING_RECORDS = "learning_records"  # needed to learn
SHARE_PROGRESS = "share_progress"  # per agency


def has_consent(*, user_id: UUID, purpose: str, agency_id: UUID | None = None) -> bool:
    """Whether the newest record of that purpose (and agency) gives consent."""
    raise NotImplementedError


def require_consent(*, user_id: UUID, purpose: str, agency_id: UUID | None = None) -> None:
    """Raise ConsentMissing (403, code consent_missing) unless has_consent."""
    raise NotImplementedError


def agencies_consented_to(*, user_ids: Iterable[UUID], purpose: str) -> Mapping[UUID, frozenset[UUID]]:
    """The agencies each user consents to now, in one query; users without any are missing."""
    raise NotImplementedError


def record_pull(
    *, agency_id: UUID, client_id: str, purpose: str | None, operation: str, fields: Sequence[str],
    user_ids: Sequence[UUID], row_count: int,
) -> UUID:  # fmt: skip
    """Write the pull and one disclosure per learner, set-based, in the caller's transaction; return the pull's id."""
    raise NotImplementedError


def audit(*, actor: str, action: str, subject_kind: str, subject_id: str, **detail: Any) -> None:
    """Write one audit entry in the caller's transaction."""
    raise NotImplementedError


def audit_many(*, actor: str, action: str, subject_kind: str, subject_ids: Sequence[str]) -> None:
    """Write one audit entry per subject in one statement."""
    raise NotImplementedError
