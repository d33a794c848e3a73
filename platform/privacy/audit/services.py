"""Writing the audit log, in the transaction of what the entries are about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from common.database import Fragment, execute_together
from common.rendering import to_json
from common.requests import request_id
from privacy.audit import statements


def audit(*, actor: str, action: str, subject_kind: str, subject_id: str, **detail: Any) -> None:
    """Write one audit entry in the caller's transaction; `detail` holds codes and numbers only."""
    execute_together(_auditing(actor, action, subject_kind, [str(subject_id)], detail))


def audit_many(*, actor: str, action: str, subject_kind: str, subject_ids: Sequence[str]) -> None:
    """Write one audit entry per subject in one statement."""
    if subject_ids:
        execute_together(auditing(actor=actor, action=action, subject_kind=subject_kind, subject_ids=subject_ids))


def auditing(*, actor: str, action: str, subject_kind: str, subject_ids: Sequence[str]) -> Fragment:
    """Return what `audit_many` writes, for a statement that also writes what the entries are about."""
    return _auditing(actor, action, subject_kind, [str(subject_id) for subject_id in subject_ids], {})


def _auditing(actor: str, action: str, subject_kind: str, subject_ids: list[str], detail: dict[str, Any]) -> Fragment:
    return statements.audit_entries(
        actor=str(actor),
        action=action,
        subject_kind=subject_kind,
        detail=to_json(detail).decode(),
        request_id=request_id.get(),
        subject_ids=subject_ids,
    )
