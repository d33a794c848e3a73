"""SQL that reads compiled documents: one query each, in which the database chooses the language."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection

# The language: the first of the reader's (`rules.ranges`) that it is, or is a region's variant of; else the edition's default.
_CHOICE = """
            ORDER BY least(
                2 * array_position(reader.tags, lower(d.language)),
                2 * array_position(reader.tags, regexp_replace(lower(d.language), '-([a-z]{2}|[0-9]{3})$', '')) + 1
            ), d.language <> e.default_language, d.language LIMIT 1"""


def document(
    *, kind: str, ref: UUID, languages: Sequence[str], known_etags: Sequence[str]
) -> tuple[str, str, bytes] | None:
    """Return language, ETag and body of the document in the language that fits best, or None.

    Args:
        languages: lower-case language tags, best first (`rules.ranges`).
        known_etags: the body of a document with one of these is empty.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT d.language, d.etag, CASE WHEN d.etag = ANY(%s) THEN ''::bytea ELSE d.body END
            FROM courses_document d JOIN courses_edition e ON e.id = d.edition_id
            CROSS JOIN (SELECT %s::text[] AS tags) reader
            WHERE d.ref = %s AND d.kind = %s
            {_CHOICE}
            """,  # noqa: S608
            [list(known_etags), list(languages), ref, kind],
        )
        row = cursor.fetchone()
    return (row[0], row[1], bytes(row[2])) if row else None


def cards(
    *, languages: Sequence[str], after: tuple[datetime, UUID] | None, limit: int
) -> list[tuple[datetime, UUID, str, bytes]]:
    """Return instant of publication, id, language and card of at most `limit` published editions behind `after`, newest first.

    Args:
        languages: as in `document`.
        after: instant of publication and id of the last edition that is not wanted again.
    """
    start = "AND (e.published_at, e.id) < (%s, %s)" if after else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT e.published_at, e.id, card.language, card.body
            FROM courses_edition e CROSS JOIN (SELECT %s::text[] AS tags) reader CROSS JOIN LATERAL (
                SELECT d.language, d.body FROM courses_document d WHERE d.ref = e.id AND d.kind = 'card' {_CHOICE}
            ) card
            WHERE e.status = 'published' {start}
            ORDER BY e.published_at DESC, e.id DESC LIMIT %s
            """,  # noqa: S608
            [list(languages), *(after or ()), limit],
        )
        return [
            (published_at, edition_id, language, bytes(body))
            for published_at, edition_id, language, body in cursor.fetchall()
        ]
