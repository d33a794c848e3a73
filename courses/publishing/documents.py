"""Reading compiled documents: one query each, in which the database chooses the language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from courses.publishing import rules


@dataclass(frozen=True)
class Read:
    """A document in the language that was chosen; `body` is empty when the caller has it already."""

    language: str
    etag: str
    body: bytes


@dataclass(frozen=True)
class Card:
    published_at: datetime
    edition_id: UUID
    language: str
    body: bytes


# The language: the first that the reader's ranges find, else the edition's default.
_CHOICE = "ORDER BY array_position(%s::text[], lower(d.language)), d.language <> e.default_language, d.language LIMIT 1"


def read_document(*, kind: str, ref: UUID, wanted: Sequence[str], known_etags: Sequence[str] = ()) -> Read | None:
    """Read the document of an edition or a lesson in the language that fits `wanted` best, or None.

    Args:
        kind: one of Document.Kind.
        ref: the edition's or the lesson's id.
        wanted: the reader's languages, best first (BCP 47).
        known_etags: what the reader has; that body is not fetched again.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT d.language, d.etag, CASE WHEN d.etag = ANY(%s) THEN ''::bytea ELSE d.body END
            FROM courses_document d JOIN courses_edition e ON e.id = d.edition_id
            WHERE d.ref = %s AND d.kind = %s
            {_CHOICE}
            """,  # noqa: S608
            [list(known_etags), ref, kind, rules.ranges(wanted)],
        )
        row = cursor.fetchone()
    return Read(row[0], row[1], bytes(row[2])) if row else None


def read_catalogue(*, wanted: Sequence[str], after: tuple[datetime, UUID] | None, limit: int) -> Sequence[Card]:
    """Read at most `limit` cards of published editions behind `after`, newest first, each in its best language."""
    start = "AND (e.published_at, e.id) < (%s, %s)" if after else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT e.published_at, e.id, card.language, card.body
            FROM courses_edition e CROSS JOIN LATERAL (
                SELECT d.language, d.body FROM courses_document d WHERE d.ref = e.id AND d.kind = 'card' {_CHOICE}
            ) card
            WHERE e.status = 'published' {start}
            ORDER BY e.published_at DESC, e.id DESC LIMIT %s
            """,  # noqa: S608
            [rules.ranges(wanted), *(after or ()), limit],
        )
        return [Card(at, edition_id, language, bytes(body)) for at, edition_id, language, body in cursor.fetchall()]
