"""The statements of the log that the ORM has no words for, and those that append to it; in the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from credentials.transparency.tiles import Tile


def lock_certificates(certificate_ids: Sequence[UUID]) -> dict[UUID, bytes]:
    """The signed texts of the certificates that exist, by id.

    They are locked (FOR KEY SHARE) in the order of their ids: a certificate that is being erased is gone, or is erased
    after this transaction.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, credential FROM credentials_certificate WHERE id = ANY(%s) ORDER BY id FOR KEY SHARE",
            [list(certificate_ids)],
        )
        return {certificate_id: credential.encode() for certificate_id, credential in cursor.fetchall()}


def select_tiles(tiles: Sequence[Tile]) -> dict[Tile, bytes]:
    """The hashes of those of the tiles that are stored."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT level, index, hashes FROM credentials_logtile
            WHERE (level, index) IN (SELECT * FROM unnest(%s::smallint[], %s::bigint[]))
            """,
            [[level for level, _ in tiles], [index for _, index in tiles]],
        )
        return {(level, index): bytes(hashes) for level, index, hashes in cursor.fetchall()}


@dataclass(frozen=True)
class NewLogEntry:
    """An entry to be appended, with its link. event_id and status: of a change of status."""

    index: int
    leaf: bytes
    certificate_id: UUID
    kind: str
    event_id: int | None
    status: str
    salt: bytes


def append(entries: Sequence[NewLogEntry], tiles: Mapping[Tile, bytes], *, now: datetime) -> None:
    """Insert entries and their links, and store the tiles that have grown by them; three statements.

    The caller holds the lock of the log.
    """
    indexes = [entry.index for entry in entries]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO credentials_logentry (index, leaf, logged_at)
            SELECT new.index, new.leaf, %s FROM unnest(%s::bigint[], %s::bytea[]) AS new(index, leaf)
            """,
            [now, indexes, [entry.leaf for entry in entries]],
        )
        cursor.execute(
            """
            INSERT INTO credentials_loglink (entry_id, certificate_id, kind, event_id, status, salt)
            SELECT * FROM unnest(%s::bigint[], %s::uuid[], %s::text[], %s::bigint[], %s::text[], %s::bytea[])
            """,
            [
                indexes,
                [entry.certificate_id for entry in entries],
                [entry.kind for entry in entries],
                [entry.event_id for entry in entries],
                [entry.status for entry in entries],
                [entry.salt for entry in entries],
            ],
        )
        addresses = sorted(tiles)
        cursor.execute(
            """
            INSERT INTO credentials_logtile AS tile (level, index, hashes)
            SELECT * FROM unnest(%s::smallint[], %s::bigint[], %s::bytea[])
            ON CONFLICT (level, index) DO UPDATE SET hashes = EXCLUDED.hashes
            """,
            [
                [level for level, _ in addresses],
                [index for _, index in addresses],
                [tiles[address] for address in addresses],
            ],
        )
