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
    *, kind: str, ref: UUID, edition_id: UUID | None, languages: Sequence[str], known_etags: Sequence[str]
) -> tuple[str, str, bytes] | None:
    """Return language, digest and body of the document in the language that fits best, or None.

    Args:
        edition_id: the edition to read; None for a lesson as the running edition has it, else the newest that had it.
        languages: lower-case language tags, best first (`rules.ranges`).
        known_etags: digests; the body of a document with one of these is empty.
    """
    chosen = (
        "e.id = %s"
        if edition_id
        else "e.id = (SELECT p.edition_id FROM courses_page p JOIN courses_edition o ON"
        " o.id = p.edition_id WHERE p.ref = %s AND p.kind = 'lesson' AND o.status <> 'proposed'"
        " ORDER BY o.status, o.published_at DESC LIMIT 1)"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT page.language, page.document_id, CASE WHEN page.document_id = ANY(%s) THEN ''::bytea ELSE b.body END
            FROM (
                SELECT d.language, d.document_id
                FROM courses_page d JOIN courses_edition e ON e.id = d.edition_id
                CROSS JOIN (SELECT %s::text[] AS tags) reader
                WHERE d.ref = %s AND d.kind = %s AND e.status <> 'proposed' AND {chosen}
                {_CHOICE}
            ) page JOIN courses_document b ON b.digest = page.document_id
            """,  # noqa: S608
            [list(known_etags), list(languages), ref, kind, edition_id or ref],
        )
        row = cursor.fetchone()
    return (row[0], row[1], bytes(row[2])) if row else None


def document_by_digest(digest: str) -> bytes | None:
    """Return the document with that SHA-256, or None if no edition that was published has a page for it."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT b.body FROM courses_document b WHERE b.digest = %s AND EXISTS (
                SELECT FROM courses_page p JOIN courses_edition e ON e.id = p.edition_id
                WHERE p.document_id = b.digest AND e.status <> 'proposed'
            )
            """,
            [digest],
        )
        row = cursor.fetchone()
    return bytes(row[0]) if row else None


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
            SELECT e.published_at, e.id, card.language, b.body
            FROM courses_edition e CROSS JOIN (SELECT %s::text[] AS tags) reader CROSS JOIN LATERAL (
                SELECT d.language, d.document_id FROM courses_page d
                WHERE d.edition_id = e.id AND d.ref = e.id AND d.kind = 'card' {_CHOICE}
            ) card JOIN courses_document b ON b.digest = card.document_id
            WHERE e.status = 'published' {start}
            ORDER BY e.published_at DESC, e.id DESC LIMIT %s
            """,  # noqa: S608
            [list(languages), *(after or ()), limit],
        )
        return [
            (published_at, edition_id, language, bytes(body))
            for published_at, edition_id, language, body in cursor.fetchall()
        ]
