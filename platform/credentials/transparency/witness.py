"""Witnessing other logs (C2SP tlog-witness): cosign a checkpoint only if it continues the one that was cosigned last."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from common.errors import Conflict, Malformed
from credentials.transparency import merkle, notes
from credentials.transparency.errors import CheckpointInconsistent, CheckpointUnsigned, LogUnknown
from credentials.transparency.models import LogFork, WitnessedLog
from credentials.transparency.notes import Checkpoint, Cosigner, NotANote, Note, Verifier

_MAX_PROOF_LINES = 63


class CheckpointStale(Conflict):
    """The request begins at another size than the one cosigned last; `size` is that one."""

    code = "checkpoint_stale"
    member_types = {"size": int}

    def __init__(self, size: int) -> None:
        super().__init__(size=size)
        self.size = size


@dataclass(frozen=True)
class Submission:
    """What a log hands in: the size to begin at, the proof from there, the checkpoint."""

    old: int
    proof: tuple[bytes, ...]
    checkpoint: Checkpoint
    note: Note

    @classmethod
    def parse(cls, body: str) -> Submission:
        """Read the body of `add-checkpoint`.

        Raises:
            NotANote: it is none.
        """
        head, break_, whole = body.partition("\n\n")
        lines = head.split("\n")
        if not break_ or not lines[0].startswith("old ") or len(lines) > _MAX_PROOF_LINES + 1:
            raise NotANote("the body has a line `old <size>`, proof lines, an empty line, and a checkpoint")
        note = Note.parse(whole)
        return cls(
            old=notes.number(lines[0].removeprefix("old ")),
            proof=tuple(notes.decoded(line, length=merkle.HASH_BYTES) for line in lines[1:]),
            checkpoint=Checkpoint.parse(note.text),
            note=note,
        )

    @staticmethod
    def body(*, old: int, proof: Sequence[bytes], note: str) -> str:
        """Write the body of `add-checkpoint`."""
        lines = "".join(base64.b64encode(sibling).decode() + "\n" for sibling in proof)
        return f"old {old}\n{lines}\n{note}"


def add_checkpoint(body: str, *, cosigner: Cosigner, known: Mapping[str, Sequence[Verifier]], now: datetime) -> str:
    """Cosign a checkpoint and return the signature line; a repeat of the newest one is cosigned anew.

    Args:
        known: the verifier keys of each origin that is witnessed.

    Raises:
        Malformed: the body is none, or begins above the checkpoint's size.
        LogUnknown: the origin is not among the known ones.
        CheckpointUnsigned: no known key of the log signed it, or a signature by one does not hold.
        CheckpointStale: another size was cosigned last. The record is compared and moved on under one lock, so that of
            two requests at once the second finds what the first left.
        CheckpointInconsistent: it contradicts what was cosigned. Two roots of one size are kept as proof (LogFork).
    """
    try:
        asked = Submission.parse(body)
    except NotANote as error:
        raise Malformed(str(error)) from error
    verifiers = known.get(asked.checkpoint.origin)
    if not verifiers:
        raise LogUnknown()
    try:
        signed = notes.signed_by(asked.note, verifiers)
    except NotANote as error:
        raise CheckpointUnsigned() from error
    if not signed:
        raise CheckpointUnsigned()
    if asked.old > asked.checkpoint.size:
        raise Malformed(_("The old size is above the checkpoint's."))
    own = Note(asked.note.text, tuple(signature for _, signature in signed))
    line, refusal = _judge(asked, own, cosigner=cosigner, now=now)
    # Raised out here: what is kept of a fork must not be rolled back with the refusal.
    if refusal is not None:
        raise refusal
    return line


@transaction.atomic
def _judge(asked: Submission, own: Note, *, cosigner: Cosigner, now: datetime) -> tuple[str, Exception | None]:
    checkpoint = asked.checkpoint
    mine = {"witness": cosigner.name, "origin": checkpoint.origin}
    WitnessedLog.objects.bulk_create([WitnessedLog(**mine, root=merkle.EMPTY_ROOT)], ignore_conflicts=True)
    record = WitnessedLog.objects.select_for_update(no_key=True).get(**mine)
    if asked.old != record.size:
        return "", CheckpointStale(record.size)
    if checkpoint.size == record.size and checkpoint.root != bytes(record.root):
        if record.note:
            _keep_fork(record, own, now=now)
        return "", CheckpointInconsistent()
    if not merkle.is_consistent(
        old=asked.old, new=checkpoint.size, old_root=bytes(record.root), new_root=checkpoint.root, proof=asked.proof
    ):
        return "", CheckpointInconsistent()
    cosignature = cosigner.cosign(asked.note.text, at=int(now.timestamp()))
    record.size, record.root = checkpoint.size, checkpoint.root
    record.note, record.cosigned_at = own.whole + cosignature.line, now
    record.save(update_fields=["size", "root", "note", "cosigned_at"])
    return cosignature.line, None


def _keep_fork(record: WitnessedLog, refused: Note, *, now: datetime) -> None:
    fork: dict[str, Any] = {"kept": record.note, "refused": refused.whole, "seen_at": now}
    LogFork.objects.bulk_create([LogFork(origin=record.origin, size=record.size, **fork)], ignore_conflicts=True)


def witnessed(origin_hash: str, *, cosigner: Cosigner, origins: Sequence[str]) -> str:
    """The newest checkpoint that was cosigned of the log whose origin has that SHA-256, in hex; one query.

    Raises:
        LogUnknown: there is none.
    """
    origin = next((known for known in origins if sha256(known.encode()).hexdigest() == origin_hash), None)
    note = WitnessedLog.objects.filter(witness=cosigner.name, origin=origin).values_list("note", flat=True).first()
    if not note:
        raise LogUnknown()
    return str(note)
