"""The statements of links that the ORM has no words for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection

_OPENS = "token_sha256 = %s AND revoked_at IS NULL AND expires_at > %s"
_HAS_VIEWS_LEFT = "(max_views IS NULL OR views < max_views)"


def insert_share(
    share_id: UUID,
    *,
    learner_id: UUID,
    token_sha256: bytes,
    salt: bytes,
    fields: Sequence[str],
    max_views: int | None,
    created_at: datetime,
    expires_at: datetime,
) -> bool:
    """Insert a link; return False, and insert nothing, when its id is taken."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO credentials_share (id, learner_id, token_sha256, salt, fields, max_views, created_at, expires_at) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING RETURNING id",
            [share_id, learner_id, token_sha256, salt, list(fields), max_views, created_at, expires_at],
        )
        return cursor.fetchone() is not None


def open_share(
    token_sha256: bytes, *, now: datetime, count_view: bool, is_counted: bool = False
) -> tuple[UUID, list[str], datetime] | None:
    """(id, fields, end of validity) of the link that opens with this token; None when there is none.

    Args:
        count_view: whether a view is counted, in the same statement: of any number of visitors at a time, no more than
            `max_views` get in. is_counted: this visitor's view was counted before, so that no view need be left.
    """
    with connection.cursor() as cursor:
        if is_counted or not count_view:
            condition = _OPENS if is_counted else f"{_OPENS} AND {_HAS_VIEWS_LEFT}"
            cursor.execute(
                f"SELECT id, fields, expires_at FROM credentials_share WHERE {condition}",  # noqa: S608
                [token_sha256, now],
            )
        else:
            cursor.execute(
                f"UPDATE credentials_share SET views = views + 1 WHERE {_OPENS} AND {_HAS_VIEWS_LEFT} "  # noqa: S608
                "RETURNING id, fields, expires_at",
                [token_sha256, now],
            )
        row: tuple[UUID, list[str], datetime] | None = cursor.fetchone()
    return row
