"""Reads of files that were handed in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from assessments.files.models import HandedInFile
from assessments.files.rules import ENDINGS
from common.errors import NotFound


@dataclass(frozen=True)
class Download:
    """A file's bytes, and the name it is saved under: its id, for no other name is known."""

    media_type: str
    name: str
    body: bytes


def headers(file: Download) -> dict[str, str]:
    """Return the headers under which a browser saves the file, and never shows, runs or keeps it."""
    return {
        "Content-Disposition": f'attachment; filename="{file.name}"',
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": "private, no-store",
    }


def own_file(*, file_id: UUID, attempt_id: UUID, learner_id: UUID) -> Download:
    """A file of the learner's own attempt; one query.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    return _download(
        HandedInFile.objects.filter(pk=file_id, attempt_id=attempt_id, attempt__learner_id=learner_id).first()
    )


def file_of(*, file_id: UUID, attempt_id: UUID) -> Download:
    """A file of an attempt, for a caller who may see the attempt's work; one query.

    Raises:
        NotFound: the attempt has no such file.
    """
    return _download(HandedInFile.objects.filter(pk=file_id, attempt_id=attempt_id).first())


def described(*, attempt_id: UUID, file_ids: Sequence[str]) -> list[tuple[UUID, str, int]]:
    """Id, type and size of an attempt's files, in the order given, without their bytes; one query."""
    found = {
        row.pk: row
        for row in HandedInFile.objects.only("media_type", "size").filter(attempt_id=attempt_id, pk__in=file_ids)
    }
    return [(row.pk, row.media_type, row.size) for file_id in file_ids if (row := found.get(UUID(file_id))) is not None]


def _download(row: HandedInFile | None) -> Download:
    if row is None:
        raise NotFound()
    return Download(row.media_type, f"{row.pk}.{ENDINGS[row.media_type]}", bytes(row.body))
