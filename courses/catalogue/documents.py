"""Reading compiled documents: one query each, in which the database chooses the language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from courses.catalogue import statements
from courses.publishing import rules
from courses.publishing.selectors import known_languages


@dataclass(frozen=True)
class Read:
    """A document in the language that was chosen; `body` is empty when the caller has it already."""

    language: str
    etag: str
    body: bytes


def read_document(
    *,
    kind: str,
    ref: UUID,
    wanted: Sequence[str],
    edition_id: UUID | None = None,
    known_etags: Sequence[str] = (),
) -> Read | None:
    """Read the document of an edition or a lesson in the language that fits `wanted` best, or None.

    Args:
        kind: a kind of Page.
        ref: the edition's or the lesson's id.
        wanted: the reader's languages, best first (BCP 47).
        edition_id: the edition in which a lesson is read; None for the running one.
        known_etags: what the reader has; that body is not fetched again.
    """
    document = statements.document(
        kind=kind,
        ref=ref,
        edition_id=ref if kind != "lesson" else edition_id,
        languages=ranges_of(wanted),
        known_etags=[etag.strip('"') for etag in known_etags],
    )
    return Read(document[0], f'"{document[1]}"', document[2]) if document else None


def read_by_digest(digest: str) -> bytes | None:
    """Read the document with that SHA-256 (hex), or None."""
    return statements.document_by_digest(digest)


def ranges_of(wanted: Sequence[str]) -> Sequence[str]:
    """The platform's languages that fit `wanted` (BCP 47, best first) best, as statements take them."""
    return rules.ranges(tuple(wanted), tuple(known_languages()))
