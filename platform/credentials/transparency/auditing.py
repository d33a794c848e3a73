"""Audit of the whole log: the tree is computed anew from its entries and compared with all that was ever signed."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import Count, Max

from credentials.transparency import merkle, notes, selectors, tiles
from credentials.transparency.models import LogCheckpoint, LogCosignature, LogEntry
from credentials.transparency.notes import Checkpoint, NotANote, Verifier

_AT_A_TIME = 16 * tiles.WIDTH
_MAX_REPORTED = 20
_MAX_COUNTED = 10_000


@dataclass
class Audit:
    """What was found. problems: sentences, empty when everything holds."""

    entries: int = 0
    checkpoints: int = 0
    cosignatures: int = 0
    unlogged: int = 0
    problems: list[str] = field(default_factory=list)

    def add_problem(self, problem: str) -> None:
        if len(self.problems) < _MAX_REPORTED:
            self.problems.append(problem)


def audit(*, verifiers: Sequence[Verifier], old: Checkpoint | None = None) -> Audit:
    """Compare entries, tiles, checkpoints and cosignatures; a few queries per 4,096 entries. Writes nothing.

    The log may grow meanwhile: what is looked at is its tree when the audit began, which does not change.

    Args:
        verifiers: the keys of the log, former ones too: each checkpoint is signed by one of them.
        old: a checkpoint of this log from elsewhere, whose signature was checked: this tree must continue it.
    """
    found = Audit()
    signed = {log_checkpoint.size: log_checkpoint for log_checkpoint in LogCheckpoint.objects.order_by("size")}
    found.checkpoints = len(signed)
    roots = _roots(found, {*signed, *([old.size] if old else [])})
    for size, checkpoint in signed.items():
        _check(found, checkpoint, roots.get(size), verifiers)
    if old is not None:
        if old.size not in roots:
            found.add_problem(f"fork: the old checkpoint has {old.size} entries, and this log has {found.entries}")
        elif roots[old.size] != old.root:
            found.add_problem(f"fork: the tree of the old checkpoint, of {old.size} entries, does not begin this log")
    _check_cosignatures(found, signed)
    found.unlogged = len(selectors.unlogged(limit=_MAX_COUNTED))
    return found


def _roots(found: Audit, wanted: set[int]) -> dict[int, bytes]:
    """The roots of the trees of those sizes, from the entries alone; the tiles are compared on the way."""
    growing = merkle.IncrementalTree()
    roots = {0: growing.root} if 0 in wanted else {}
    edge: dict[tiles.Tile, bytes] = {}
    stops = sorted(wanted)
    while leaves := selectors.leaves_of(first=growing.size, count=_AT_A_TIME):
        hashed = [merkle.leaf_hash(leaf) for leaf in leaves]
        begun, end = growing.size, growing.size + len(leaves)
        at = begun
        for stop in [*stops[bisect_right(stops, begun) : bisect_right(stops, end)], end]:
            growing.add(hashed[at - begun : stop - begun])
            at = stop
            if stop in wanted:
                roots[stop] = growing.root
        changed = tiles.grown(edge, begun, hashed)
        stored = selectors.stored_tiles(changed)
        for tile, hashes in sorted(changed.items()):
            if not stored.get(tile, b"").startswith(hashes):
                found.add_problem(f"tile {tile[0]}/{tiles.tile_path(tile[1])} does not follow from the entries")
        edge = {tile: changed.get(tile) or edge[tile] for tile in tiles.edge_of(end)}
    found.entries = growing.size
    gaps = LogEntry.objects.aggregate(last=Max("index"), count=Count("index"))
    if gaps["last"] is not None and gaps["last"] + 1 != gaps["count"]:
        found.add_problem(f"entries are missing: there are {gaps['count']}, and the last index is {gaps['last']}")
    return roots


def _check(found: Audit, checkpoint: LogCheckpoint, root: bytes | None, verifiers: Sequence[Verifier]) -> None:
    if root is None:
        found.add_problem(
            f"fork: a checkpoint of {checkpoint.size} entries was signed, and the log has {found.entries}"
        )
    elif bytes(checkpoint.root) != root:
        found.add_problem(f"fork: the checkpoint of {checkpoint.size} entries was signed over another tree")
    try:
        note = notes.Note.parse(checkpoint.note)
        told, is_signed = Checkpoint.parse(note.text), bool(notes.signed_by(note, verifiers))
    except NotANote as error:
        found.add_problem(f"the checkpoint of {checkpoint.size} entries: {error}")
        return
    if not is_signed or told.origin not in {verifier.name for verifier in verifiers}:
        found.add_problem(f"the checkpoint of {checkpoint.size} entries: none of the log's keys signed it")
    if (told.size, told.root) != (checkpoint.size, bytes(checkpoint.root)):
        found.add_problem(f"the checkpoint of {checkpoint.size} entries: its row is not what its note says")


def _check_cosignatures(found: Audit, signed: Mapping[int, LogCheckpoint]) -> None:
    for size, witness, line in LogCosignature.objects.values_list("checkpoint_id", "witness", "line").iterator():
        found.cosignatures += 1
        try:
            verifier, (signature,) = Verifier.parse(witness), notes.signatures(line)
            # One that came after the checkpoints were read is looked at the next time.
            text = notes.Note.parse(signed[size].note).text if size in signed else None
        except (NotANote, ValueError):
            text, verifier, signature = "", None, None
        if text is None:
            continue
        if verifier is None or signature is None or not notes.holds(text, signature, verifier):
            found.add_problem(f"the cosignature of {witness.partition('+')[0]} on {size} entries does not hold")
