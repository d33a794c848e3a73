"""Reads of the log: tiles and proofs out of a few rows, and never more than a published checkpoint covers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, TypedDict
from uuid import UUID

from django.db.models import Count, Exists, OuterRef

from common.clock import rfc3339
from common.schemas import InstantText, Keywords
from credentials.certificates.models import Certificate
from credentials.transparency import merkle, notes, rules, statements, tiles
from credentials.transparency.errors import LogAltered, NotPublished
from credentials.transparency.models import LogCheckpoint, LogCosignature, LogEntry, LogLink, LogTile
from credentials.transparency.tiles import Tile

# Witnesses answer a moment after a checkpoint: a proof takes the best cosigned one of so many.
_RECENT_CHECKPOINTS = 50


def stored_tiles(wanted: Iterable[Tile]) -> dict[Tile, bytes]:
    """The tiles as they are stored, grown further perhaps than the caller knows; one query, none for none."""
    listed = sorted(wanted)
    if not listed:
        return {}
    return statements.select_tiles(listed)


def newest() -> LogCheckpoint:
    """The newest published checkpoint; one query.

    Raises:
        NotPublished: there is none.
    """
    found = LogCheckpoint.objects.order_by("-size").first()
    if found is None:
        raise NotPublished()
    return found


def note_of(checkpoint: LogCheckpoint) -> str:
    """The checkpoint with the cosignatures that it has; one query."""
    lines = checkpoint.cosignatures.order_by("witness").values_list("line", flat=True)
    return str(checkpoint.note + "".join(lines))


def _published(size: int) -> int:
    """`size` if a checkpoint covers it, else an error; one query."""
    if size > newest().size:
        raise NotPublished()
    return size


def _proof(ranges: list[merkle.Range]) -> list[bytes]:
    try:
        return tiles.proof(ranges, stored_tiles(tiles.needed(ranges)))
    except KeyError as error:
        raise LogAltered() from error


def inclusion(*, index: int, size: int) -> list[bytes]:
    """The proof that leaf `index` is in the tree of `size`; two queries.

    Raises:
        NotPublished: no checkpoint covers that size, or the tree has no such leaf.
    """
    if index >= _published(size):
        raise NotPublished()
    return _proof(merkle.inclusion_ranges(index, size))


def consistency(*, old: int, new: int) -> list[bytes]:
    """The proof that the tree of size `old` begins the one of size `new`; two queries.

    Raises:
        NotPublished: no checkpoint covers that size, or `old` is larger.
    """
    if old > _published(new):
        raise NotPublished()
    return _proof(merkle.consistency_ranges(old, new))


def tile(*, level: int, index: int, width: int) -> bytes:
    """The first `width` hashes of a tile; two queries.

    Raises:
        NotPublished: no checkpoint covers them.
    """
    if width > tiles.width_at((level, index), newest().size):
        raise NotPublished()
    found = LogTile.objects.filter(level=level, index=index).values_list("hashes", flat=True).first()
    hashes = bytes(found or b"")[: width * merkle.HASH_BYTES]
    if len(hashes) != width * merkle.HASH_BYTES:
        raise LogAltered()
    return hashes


def bundle(*, index: int, width: int) -> bytes:
    """The first `width` leaves of a level-0 tile, each behind its length as two bytes; two queries.

    Raises:
        NotPublished: no checkpoint covers them.
    """
    if width > tiles.width_at((0, index), newest().size):
        raise NotPublished()
    leaves = leaves_of(first=index * tiles.WIDTH, count=width)
    if len(leaves) != width:
        raise LogAltered()
    return b"".join(len(leaf).to_bytes(2, "big") + leaf for leaf in leaves)


def leaves_of(*, first: int, count: int) -> list[bytes]:
    """The leaves from index `first` on, in their order, at most so many; one query."""
    rows = LogEntry.objects.filter(index__gte=first, index__lt=first + count).order_by("index")
    return [bytes(leaf) for leaf in rows.values_list("leaf", flat=True)]


def unlogged(*, limit: int) -> list[UUID]:
    """Certificates that have no entry, the oldest first; one query."""
    issuances = LogLink.objects.filter(certificate_id=OuterRef("pk"), kind=LogLink.Kind.ISSUED)
    certificates = Certificate.objects.filter(~Exists(issuances)).order_by("pk")
    return list(certificates.values_list("pk", flat=True)[:limit])


class LoggedView(TypedDict):
    """An entry of the log, with the proof that it is in a tree."""

    index: Annotated[int, Keywords("The entry's index in the log, from 0.")]
    leaf: Annotated[str, Keywords("The entry's text.")]
    salt: Annotated[str, Keywords("Hex; SHA-256 of salt and content is the leaf's commitment.")]
    logged_at: Annotated[InstantText, Keywords("By the log's own clock.")]
    inclusion_proof: Annotated[list[str], Keywords("Hashes in base64.")]


class StatusLoggedView(LoggedView):
    """The entry of a change of status."""

    status: str


class LogProofView(LoggedView):
    """What a stranger needs to check offline that a certificate is in the log."""

    origin: Annotated[str, Keywords("The log's name.")]
    tree_size: int
    root_hash: Annotated[str, Keywords("Base64.")]
    checkpoint: Annotated[str, Keywords("A signed note with the witnesses' cosignatures.")]
    tlog_proof: Annotated[str, Keywords("The same as C2SP tlog-proof; the salt is the extra data.")]
    covered_at: Annotated[InstantText, Keywords("The first checkpoint that shows the entry.")]
    covered_by: Annotated[str | None, Keywords("The witness whose clock said so; null: our own.")]
    timeliness: Annotated[str, Keywords("Against the date on the certificate.", enum=["in_time", "late"])]
    status_changes: list[StatusLoggedView]


def proof_of(certificate_id: UUID) -> LogProofView | None:
    """What a stranger needs to check offline that a certificate is in the log; None while no checkpoint covers it.

    Seven queries. The checkpoint is the one of the newest that most witnesses cosigned among those that cover all
    entries of the certificate. `salt` with the credential's text gives the commitment that stands in the leaf.
    """
    links = list(
        LogLink.objects.filter(certificate_id=certificate_id)
        .select_related("entry", "certificate")
        .defer("certificate__credential")
        .order_by("entry_id")
    )
    published = LogCheckpoint.objects.order_by("-size").values_list("size", flat=True).first() or 0
    links = [link for link in links if link.entry_id < published]
    issued = next((link for link in links if link.kind == LogLink.Kind.ISSUED), None)
    if issued is None:
        return None
    checkpoint = _best_covering(links[-1].entry_id)
    paths = {link.entry_id: merkle.inclusion_ranges(link.entry_id, checkpoint.size) for link in links}
    stored = stored_tiles(tiles.needed(subtree for path in paths.values() for subtree in path))
    try:
        proofs = {
            index: [notes.encoded(sibling) for sibling in tiles.proof(path, stored)] for index, path in paths.items()
        }
    except KeyError as error:
        raise LogAltered() from error
    note = note_of(checkpoint)
    covered_at, covered_by = _first_covered(issued.entry_id)
    timeliness = rules.logged_in_time(issued_at=issued.certificate.valid_from, covered_at=covered_at)
    mine = _entry(issued, proofs)
    extra = notes.encoded(bytes(issued.salt))
    path_lines = "".join(f"{sibling}\n" for sibling in mine["inclusion_proof"])
    return {
        "origin": notes.Checkpoint.parse(notes.Note.parse(checkpoint.note).text).origin,
        **mine,
        "tree_size": checkpoint.size,
        "root_hash": notes.encoded(bytes(checkpoint.root)),
        "checkpoint": note,
        "tlog_proof": f"c2sp.org/tlog-proof@v1\nextra {extra}\nindex {issued.entry_id}\n{path_lines}\n{note}",
        "covered_at": rfc3339(covered_at),
        "covered_by": covered_by,
        "timeliness": timeliness.value,
        "status_changes": [
            {"status": link.status, **_entry(link, proofs)} for link in links if link.kind == LogLink.Kind.STATUS
        ],
    }


def _entry(link: LogLink, proofs: Mapping[int, list[str]]) -> LoggedView:
    return {
        "index": link.entry_id,
        "leaf": bytes(link.entry.leaf).decode(),
        "salt": bytes(link.salt).hex(),
        "logged_at": rfc3339(link.entry.logged_at),
        "inclusion_proof": proofs[link.entry_id],
    }


def _best_covering(index: int) -> LogCheckpoint:
    recent = LogCheckpoint.objects.filter(size__gt=index).order_by("-size").values("pk")[:_RECENT_CHECKPOINTS]
    found = (
        LogCheckpoint.objects.filter(pk__in=recent)
        .annotate(witnessed=Count("cosignatures"))
        .order_by("-witnessed", "-size")
        .first()
    )
    if found is None:
        raise NotPublished()
    return found


def _first_covered(index: int) -> tuple[Any, str | None]:
    """When the log first showed the entry: by a witness's clock, with its key, or else by our own, with None."""
    first = (
        LogCosignature.objects.filter(checkpoint_id__gt=index)
        .order_by("checkpoint_id", "signed_at")
        .values_list("signed_at", "witness")
        .first()
    )
    if first is not None:
        return first
    at = LogCheckpoint.objects.filter(size__gt=index).order_by("size").values_list("published_at", flat=True).first()
    return at, None
