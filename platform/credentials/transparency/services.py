"""Appending to the log, and signing its head: one transaction at a time."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from common import clock
from common.database import lock_for_transaction
from credentials.certificates.credentials import instant
from credentials.events import CertificateIssued, CertificateStatusChanged
from credentials.transparency import merkle, notes, rules, selectors, statements, tiles
from credentials.transparency.errors import LogAltered
from credentials.transparency.keys import log_signer
from credentials.transparency.models import LogCheckpoint, LogEntry, LogLink
from credentials.transparency.statements import NewLogEntry
from events.public import Recorded

# Appenders and the publisher take it before they read the tree's size, and hold it until they commit.
LOG_LOCK = "transparency log"
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


def log_certificates(recorded: Sequence[Recorded[CertificateIssued | CertificateStatusChanged]]) -> None:
    """Consumer: one entry per certificate issued and per change of status, once; a repeat changes nothing.

    A constant number of statements for the batch. When a change of status comes before the issuance is logged, the
    issuance is logged first, for the entry of the change has its index. Certificates that were erased are ignored.
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
    _log([_Fact(certificate_id, _ISSUED) for certificate_id in missing])
    return len(missing)


@transaction.atomic
def _log(facts: Sequence[_Fact]) -> None:
    if not facts:
        return
    ids = sorted({fact.certificate_id for fact in facts})
    # Held until the entry is committed: a certificate that is being erased is either gone already or waits.
    texts = statements.lock_certificates(ids)
    if not texts:
        return
    lock_for_transaction(LOG_LOCK)
    last = LogEntry.objects.order_by("-index").values_list("index", "logged_at").first()
    size, before = (last[0] + 1, last[1]) if last else (0, None)
    # Clocks of workers differ; along the log time does not run backwards.
    now = max(clock.now(), before) if before else clock.now()
    links = LogLink.objects.filter(certificate_id__in=list(texts))
    logged = list(links.values_list("certificate_id", "kind", "event_id", "entry_id"))
    entries = _new_entries(facts, texts, logged, size=size, now=now)
    if entries:
        _append(entries, size=size, now=now)


def _new_entries(
    facts: Sequence[_Fact],
    texts: dict[UUID, bytes],
    logged: Sequence[tuple[UUID, str, int | None, int]],
    *,
    size: int,
    now: datetime,
) -> list[NewLogEntry]:
    """The facts that are not logged yet, in the order in which they came."""
    issued = {certificate_id: index for certificate_id, kind, _, index in logged if kind == _ISSUED}
    changed = defaultdict(set)
    for certificate_id, _, event_id, _ in logged:
        changed[certificate_id].add(event_id)
    at = instant(now)
    salts = os.urandom(rules.SALT_BYTES * 2 * len(facts))
    entries: list[NewLogEntry] = []

    def add(fact: _Fact, content: bytes) -> None:
        salt = salts[len(entries) * rules.SALT_BYTES : (len(entries) + 1) * rules.SALT_BYTES]
        committed = rules.commitment(salt, content)
        entries.append(
            NewLogEntry(
                index=size + len(entries),
                leaf=rules.leaf(kind=fact.kind, committed=committed, logged_at=at),
                certificate_id=fact.certificate_id,
                kind=fact.kind,
                event_id=fact.event_id,
                status=fact.status,
                salt=salt,
            )
        )

    for fact in facts:
        pk = fact.certificate_id
        if pk not in texts:
            continue
        if pk not in issued:
            issued[pk] = size + len(entries)
            add(_Fact(pk, _ISSUED), texts[pk])
        if fact.kind == _STATUS and fact.event_id not in changed[pk]:
            changed[pk].add(fact.event_id)
            add(fact, rules.status_content(issued_index=issued[pk], status=fact.status))
    return entries


def _append(entries: Sequence[NewLogEntry], *, size: int, now: datetime) -> None:
    edge = selectors.stored_tiles(tiles.edge_of(size))
    try:
        changed = tiles.grown(edge, size, [merkle.leaf_hash(entry.leaf) for entry in entries])
    except (KeyError, ValueError) as error:
        raise LogAltered() from error
    statements.append(entries, changed, now=now)


@transaction.atomic
def publish(*, now: datetime) -> LogCheckpoint | None:
    """Sign the tree's head if it grew since the last checkpoint, and keep it; None when there is nothing new.

    Before it signs, it checks that the tree of the last checkpoint is still what was signed, and that
    the tiles since then follow from the entries. At most 65,536 entries at a time; the next call takes more.

    Raises:
        LogAltered: they do not; nothing is signed.
        ImproperlyConfigured: the log has no key.
    """
    signer = log_signer()
    lock_for_transaction(LOG_LOCK)
    newest = LogEntry.objects.order_by("-index").values_list("index", flat=True).first()
    last = LogCheckpoint.objects.order_by("-size").first()
    begun = last.size if last else 0
    size = min(0 if newest is None else newest + 1, begun + _MAX_PER_CHECKPOINT)
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
        tile: hashes[: tiles.width_at(tile, begun) * merkle.HASH_BYTES]
        for tile, hashes in selectors.stored_tiles(tiles.edge_of(begun)).items()
    }
    try:
        expected = tiles.grown(edge, begun, [merkle.leaf_hash(leaf) for leaf in leaves])
    except (KeyError, ValueError) as error:
        raise LogAltered() from error
    stored = selectors.stored_tiles(expected)
    if any(not stored.get(tile, b"").startswith(hashes) for tile, hashes in expected.items()):
        raise LogAltered()
