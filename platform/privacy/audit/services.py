"""Writing the audit log, in the transaction of what it tells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection
from psycopg.types.json import Jsonb

from common.rendering import to_json
from common.requests import request_id


def audit(*, actor: str, action: str, subject_kind: str, subject_id: str, **detail: Any) -> None:
    """Write one audit entry in the caller's transaction; `detail` holds codes and numbers only."""
    _write(actor, action, subject_kind, [str(subject_id)], detail)


def audit_many(*, actor: str, action: str, subject_kind: str, subject_ids: Sequence[str]) -> None:
    """Write one audit entry per subject in one statement."""
    _write(actor, action, subject_kind, [str(subject_id) for subject_id in subject_ids], {})


def _write(actor: str, action: str, subject_kind: str, subject_ids: list[str], detail: dict[str, Any]) -> None:
    if not subject_ids:
        return
    values: list[Any] = [
        str(actor), action, subject_kind, Jsonb(detail, dumps=to_json), request_id.get(), subject_ids,
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO privacy_auditentry (actor, action, subject_kind, subject_id, detail, request_id)
            SELECT %s, %s, %s, subject_id, %s, %s FROM unnest(%s::text[]) AS subject_id
            """,
            values,
        )
