"""SQL that reads compiled documents: one query each, in which the database chooses the language."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection

from common.database import run_prepared

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
    rows = run_prepared(
        _OF_EDITION if edition_id else _OF_LESSON,
        [list(known_etags), list(languages), ref, kind, edition_id or ref],
    )
    return (rows[0][0], rows[0][1], bytes(rows[0][2])) if rows else None


def _document(edition: str) -> str:
    return f"""
        SELECT page.language, page.document_id, CASE WHEN page.document_id = ANY(%s::text[]) THEN ''::bytea ELSE b.body END
        FROM (
            SELECT d.language, d.document_id
            FROM courses_page d JOIN courses_edition e ON e.id = d.edition_id
            CROSS JOIN (SELECT %s::text[] AS tags) reader
            WHERE d.ref = %s::uuid AND d.kind = %s::text AND e.status <> 'proposed' AND e.id = {edition}
            {_CHOICE}
        ) page JOIN courses_document b ON b.digest = page.document_id
    """  # noqa: S608


_OF_EDITION = _document("%s::uuid")
_OF_LESSON = _document(
    "(SELECT p.edition_id FROM courses_page p JOIN courses_edition o ON o.id = p.edition_id"
    " WHERE p.ref = %s::uuid AND p.kind = 'lesson' AND o.status <> 'proposed'"
    " ORDER BY o.status, o.published_at DESC LIMIT 1)"
)


def document_by_digest(digest: str) -> bytes | None:
    """Return the document with that SHA-256, or None if no edition that was published has a page for it."""
    rows = run_prepared(_BY_DIGEST, [digest])
    return bytes(rows[0][0]) if rows else None


_BY_DIGEST = """
    SELECT b.body FROM courses_document b WHERE b.digest = %s::text AND EXISTS (
        SELECT FROM courses_page p JOIN courses_edition e ON e.id = p.edition_id
        WHERE p.document_id = b.digest AND e.status <> 'proposed'
    )
"""


def cards(
    *, languages: Sequence[str], after: tuple[datetime, UUID] | None, limit: int
) -> tuple[UUID | None, list[tuple[datetime, UUID, str, bytes]]]:
    """Return the token of the catalogue's state and cards of that state: one statement, so both are of one moment.

    Cards are instant of publication, id, language and card of at most `limit` published editions behind `after`, newest first.
    The token is None where nothing was published yet.

    Args:
        languages: as in `document`.
        after: instant of publication and id of the last edition that is not wanted again.
    """
    start = "AND (e.published_at, e.id) < (%s, %s)" if after else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT state.token, shown.published_at, shown.id, shown.language, shown.body
            FROM (SELECT (SELECT token FROM courses_cataloguestate) AS token) state LEFT JOIN (
                SELECT e.published_at, e.id, card.language, b.body
                FROM courses_edition e CROSS JOIN (SELECT %s::text[] AS tags) reader CROSS JOIN LATERAL (
                    SELECT d.language, d.document_id FROM courses_page d
                    WHERE d.edition_id = e.id AND d.ref = e.id AND d.kind = 'card' {_CHOICE}
                ) card JOIN courses_document b ON b.digest = card.document_id
                WHERE e.status = 'published' {start}
                ORDER BY e.published_at DESC, e.id DESC LIMIT %s
            ) shown ON true
            ORDER BY shown.published_at DESC, shown.id DESC
            """,  # noqa: S608
            [list(languages), *(after or ()), limit],
        )
        rows = cursor.fetchall()
    return rows[0][0], [
        (published_at, edition_id, language, bytes(body))
        for _, published_at, edition_id, language, body in rows
        if edition_id
    ]
