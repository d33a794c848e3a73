"""Writing the audit log, in the transaction of what it tells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from common.database import Fragment, execute_together
from common.rendering import to_json
from common.requests import request_id


def audit(*, actor: str, action: str, subject_kind: str, subject_id: str, **detail: Any) -> None:
    """Write one audit entry in the caller's transaction; `detail` holds codes and numbers only."""
    execute_together(_auditing(actor, action, subject_kind, [str(subject_id)], detail))


def audit_many(*, actor: str, action: str, subject_kind: str, subject_ids: Sequence[str]) -> None:
    """Write one audit entry per subject in one statement."""
    if subject_ids:
        execute_together(auditing(actor=actor, action=action, subject_kind=subject_kind, subject_ids=subject_ids))


def auditing(*, actor: str, action: str, subject_kind: str, subject_ids: Sequence[str]) -> Fragment:
    """Return what `audit_many` writes, for a statement that also writes what the entries tell of."""
    return _auditing(actor, action, subject_kind, [str(subject_id) for subject_id in subject_ids], {})


_AUDIT = """
    audited_{n} AS (
        INSERT INTO privacy_auditentry (actor, action, subject_kind, subject_id, detail, request_id)
        SELECT %s::text, %s::text, %s::text, subject_id, %s::jsonb, %s::text
        FROM unnest(ARRAY(SELECT unnest(%s::text[]))) AS subject_id {if_changed}
    )
"""


def _auditing(actor: str, action: str, subject_kind: str, subject_ids: list[str], detail: dict[str, Any]) -> Fragment:
    return Fragment(_AUDIT, (str(actor), action, subject_kind, to_json(detail).decode(), request_id.get(), subject_ids))
