"""SQL of the audit log."""

from __future__ import annotations

from collections.abc import Sequence

from common.database import Fragment

_AUDIT = """
    audited_{n} AS (
        INSERT INTO privacy_auditentry (actor, action, subject_kind, subject_id, detail, request_id)
        SELECT %s::text, %s::text, %s::text, subject_id, %s::jsonb, %s::text
        FROM unnest(ARRAY(SELECT unnest(%s::text[]))) AS subject_id {if_changed}
    )
"""


def audit_entries(
    *, actor: str, action: str, subject_kind: str, detail: str, request_id: str, subject_ids: Sequence[str]
) -> Fragment:
    """Return the fragment that inserts an audit entry for each subject; `detail` is a JSON object."""
    return Fragment(_AUDIT, (actor, action, subject_kind, detail, request_id, list(subject_ids)))
