"""Appending to the log, and signing its head: one at a time, whoever else tries."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from common import clock
from credentials.certificates.credentials import instant
from credentials.events import CertificateIssued, CertificateStatusChanged
from credentials.transparency import merkle, notes, rules, selectors, tiles
from credentials.transparency.errors import LogAltered
from credentials.transparency.keys import log_signer
from credentials.transparency.models import LogCheckpoint, LogLink
from events.public import Recorded

# Appenders and the publisher take it before they read the tree's size, and hold it until they commit.
LOG_LOCK = 0x4C_4F_47
# So that a backlog (the first run, an outage) is signed in steps of bounded memory.
_MAX_PER_CHECKPOINT = 1 << 16
_ISSUED, _STATUS = LogLink.Kind.ISSUED.value, LogLink.Kind.STATUS.value


@dataclass(frozen=True)
class _Fact:
    """What shall be logged. event_id and status: of a change of status."""

    certificate_id: UUID
    kind: str
    event_id: int | None = None
    status: str = ""


@dataclass(frozen=True)
class _Row:
    """A fact with its index in the log."""

    index: int
    fact: _Fact
    salt: bytes
    leaf: bytes


def log_certificates(recorded: Sequence[Recorded[CertificateIssued | CertificateStatusChanged]]) -> None:
    """Consumer: one entry per certificate issued and per change of status, once; a repeat changes nothing.

    A constant number of statements for the batch. A change of status that is told before the issuance is logged takes
    the issuance along, for its entry names the index of that one. Certificates that are gone are passed over.
    """
    _log([_fact(entry) for entry in recorded])


def _fact(entry: Recorded[CertificateIssued | CertificateStatusChanged]) -> _Fact:
    event = entry.event
    if isinstance(event, CertificateIssued):
        return _Fact(event.certificate_id, _ISSUED)
    return _Fact(event.certificate_id, _STATUS, entry.id, event.status)


def log_unlogged(*, limit: int = 500) -> int:
    """Log certificates that were issued before the log began; returns how many were found, 0 when all are in it."""
    missing = selectors.unlogged(limit=limit)
    _log([_Fact(part, _ISSUED) for part in missing])
    return len(missing)


@transaction.atomic
def _log(facts: Sequence[_Fact]) -> None:
    if not facts:
        return
    ids = sorted({fact.certificate_id for fact in facts})
    with connection.cursor() as cursor:
        # Held until the entry is committed: a certificate that is being erased is either gone already or waits.
        cursor.execute(
            "SELECT id, credential FROM credentials_certificate WHERE id = ANY(%s) ORDER BY id FOR KEY SHARE", [ids]
        )
        texts = {pk: credential.encode() for pk, credential in cursor.fetchall()}
        if not texts:
            return
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOG_LOCK])
        cursor.execute("SELECT index, logged_at FROM credentials_logentry ORDER BY index DESC LIMIT 1")
        last = cursor.fetchone()
        size, before = (last[0] + 1, last[1]) if last else (0, None)
        # Clocks of workers differ; along the log time does not run backwards.
        now = max(clock.now(), before) if before else clock.now()
        cursor.execute(
            "SELECT certificate_id, kind, event_id, entry_id FROM credentials_loglink WHERE certificate_id = ANY(%s)",
            [list(texts)],
        )
        rows = _rows(facts, texts, cursor.fetchall(), size=size, now=now)
        if rows:
            _append(cursor, rows, size=size, now=now)


def _rows(
    facts: Sequence[_Fact],
    texts: dict[UUID, bytes],
    logged: Sequence[tuple[UUID, str, int | None, int]],
    *,
    size: int,
    now: datetime,
) -> list[_Row]:
    """The facts that are not logged yet, in the order in which they were told."""
    issued = {certificate_id: index for certificate_id, kind, _, index in logged if kind == _ISSUED}
    changed = defaultdict(set)
    for certificate_id, _, event_id, _ in logged:
        changed[certificate_id].add(event_id)
    at = instant(now)
    salts = os.urandom(rules.SALT_BYTES * 2 * len(facts))
    rows: list[_Row] = []

    def add(fact: _Fact, content: bytes) -> None:
        salt = salts[len(rows) * rules.SALT_BYTES : (len(rows) + 1) * rules.SALT_BYTES]
        committed = rules.commitment(salt, content)
        rows.append(_Row(size + len(rows), fact, salt, rules.leaf(kind=fact.kind, committed=committed, logged_at=at)))

    for fact in facts:
        pk = fact.certificate_id
        if pk not in texts:
            continue
        if pk not in issued:
            issued[pk] = size + len(rows)
            add(_Fact(pk, _ISSUED), texts[pk])
        if fact.kind == _STATUS and fact.event_id not in changed[pk]:
            changed[pk].add(fact.event_id)
            add(fact, rules.status_content(issued_index=issued[pk], status=fact.status))
    return rows


def _append(cursor: Any, rows: Sequence[_Row], *, size: int, now: datetime) -> None:
    edge = selectors.stored_tiles(tiles.edge_of(size))
    try:
        changed = tiles.grown(edge, size, [merkle.leaf_hash(row.leaf) for row in rows])
    except (KeyError, ValueError) as error:
        raise LogAltered() from error
    indexes = [row.index for row in rows]
    cursor.execute(
        """
        INSERT INTO credentials_logentry (index, leaf, logged_at)
        SELECT new.index, new.leaf, %s FROM unnest(%s::bigint[], %s::bytea[]) AS new(index, leaf)
        """,
        [now, indexes, [row.leaf for row in rows]],
    )
    cursor.execute(
        """
        INSERT INTO credentials_loglink (entry_id, certificate_id, kind, event_id, status, salt)
        SELECT * FROM unnest(%s::bigint[], %s::uuid[], %s::text[], %s::bigint[], %s::text[], %s::bytea[])
        """,
        [
            indexes,
            [row.fact.certificate_id for row in rows],
            [row.fact.kind for row in rows],
            [row.fact.event_id for row in rows],
            [row.fact.status for row in rows],
            [row.salt for row in rows],
        ],
    )
    addresses = sorted(changed)
    cursor.execute(
        """
        INSERT INTO credentials_logtile AS tile (level, index, hashes)
        SELECT * FROM unnest(%s::smallint[], %s::bigint[], %s::bytea[])
        ON CONFLICT (level, index) DO UPDATE SET hashes = EXCLUDED.hashes
        """,
        [
            [level for level, _ in addresses],
            [index for _, index in addresses],
            [changed[address] for address in addresses],
        ],
    )


@transaction.atomic
def publish(*, now: datetime) -> LogCheckpoint | None:
    """Sign the tree's head if it grew since the last checkpoint, and keep it; None when there is nothing new.

    Before it signs it goes over what it vouches for: that the tree of the last checkpoint is still what was signed, and
    that the tiles since then follow from the entries. At most 65,536 entries at a time; the next call takes more.

    Raises:
        LogAltered: they do not; nothing is signed.
        ImproperlyConfigured: the log has no key.
    """
    signer = log_signer()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOG_LOCK])
        cursor.execute("SELECT index + 1 FROM credentials_logentry ORDER BY index DESC LIMIT 1")
        found = cursor.fetchone()
    last = LogCheckpoint.objects.order_by("-size").first()
    begun = last.size if last else 0
    size = min(found[0] if found else 0, begun + _MAX_PER_CHECKPOINT)
    if size < begun:
        raise LogAltered()
    if size == begun:
        return None
    if last is not None:
        _require_unchanged(last, signer)
    _require_tiles_of_entries(begun, size)
    root = _root(size)
    text = notes.Checkpoint(signer.name, size, root).text
    note = notes.Note(text, (signer.sign(text),))
    return LogCheckpoint.objects.create(
        size=size, root=root, note=note.whole, verifier_key=signer.verifier.vkey, published_at=now
    )


def _root(size: int) -> bytes:
    try:
        return tiles.root(size, selectors.stored_tiles(tiles.needed([(0, size)])))
    except KeyError as error:
        raise LogAltered() from error


def _require_unchanged(checkpoint: LogCheckpoint, signer: notes.NoteSigner) -> None:
    try:
        note = notes.Note.parse(checkpoint.note)
        notes.signed_by(note, [signer.verifier])
        signed = notes.Checkpoint.parse(note.text)
    except notes.NotANote as error:
        raise LogAltered() from error
    if signed.size != checkpoint.size or not signed.root == bytes(checkpoint.root) == _root(signed.size):
        raise LogAltered()


def _require_tiles_of_entries(begun: int, size: int) -> None:
    leaves = selectors.leaves_of(first=begun, count=size - begun)
    if len(leaves) != size - begun:
        raise LogAltered()
    edge = {
        entry: hashes[: tiles.width_at(entry, begun) * merkle.HASH_BYTES]
        for entry, hashes in selectors.stored_tiles(tiles.edge_of(begun)).items()
    }
    try:
        expected = tiles.grown(edge, begun, [merkle.leaf_hash(leaf) for leaf in leaves])
    except (KeyError, ValueError) as error:
        raise LogAltered() from error
    stored = selectors.stored_tiles(expected)
    if any(not stored.get(entry, b"").startswith(hashes) for entry, hashes in expected.items()):
        raise LogAltered()
