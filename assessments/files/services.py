"""Storing files, and deleting them. Whether an attempt takes a file is decided by the attempt, which is locked first."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Annotated
from uuid import UUID

from assessments.errors import FileIdReused, FileRefused, FileTooLarge
from assessments.files.metadata import Unreadable, without_metadata
from assessments.files.models import HandedInFile
from assessments.files.rules import MAX_BYTES, MediaType, sniffed
from common.schemas import Keywords


@dataclass(frozen=True)
class FileView:
    """A file as its learner is told of it."""

    id: UUID
    media_type: MediaType
    size: Annotated[int, Keywords("bytes, without the metadata that was taken out")]


def kept_already(*, file_id: UUID, attempt_id: UUID, body: bytes) -> FileView | None:
    """Return the file that was kept of these bytes under this id; None when the id is free; one query.

    Raises:
        FileIdReused: the id stands for other bytes or another attempt.
    """
    existing = HandedInFile.objects.defer("body").filter(pk=file_id).first()
    if existing is None:
        return None
    if existing.attempt_id != attempt_id or bytes(existing.sha256) != sha256(body).digest():
        raise FileIdReused()
    return _view(existing)


def keep(*, file_id: UUID, attempt_id: UUID, media_type: str, body: bytes, now: datetime) -> FileView:
    """Keep a file without its metadata. The id must be free (`kept_already`).

    Args:
        media_type: what the caller says it is; the bytes must show the same.

    Raises:
        FileTooLarge, FileRefused: the file itself.
    """
    if len(body) > MAX_BYTES:
        raise FileTooLarge(most_bytes=MAX_BYTES)
    if sniffed(body) != media_type:
        raise FileRefused()
    try:
        kept = without_metadata(media_type, body)
    except Unreadable as error:
        raise FileRefused() from error
    new = HandedInFile.objects.create(
        pk=file_id,
        attempt_id=attempt_id,
        media_type=media_type,
        size=len(kept),
        sha256=sha256(body).digest(),
        body=kept,
        uploaded_at=now,
    )
    return _view(new)


def drop(*, file_id: UUID, attempt_id: UUID) -> bool:
    """Delete a file; a second call changes nothing. Return whether it was there."""
    deleted, _ = HandedInFile.objects.filter(pk=file_id, attempt_id=attempt_id).delete()
    return bool(deleted)


def missing(*, attempt_id: UUID, file_ids: Collection[UUID]) -> set[UUID]:
    """Those of the files that the attempt does not have; one query."""
    there = HandedInFile.objects.filter(attempt_id=attempt_id, pk__in=file_ids).values_list("pk", flat=True)
    return set(file_ids) - set(there)


def present(named: Collection[tuple[UUID, UUID]]) -> set[tuple[UUID, UUID]]:
    """Those of the files, as pairs of attempt and file, that are there; one query."""
    there = HandedInFile.objects.filter(
        attempt_id__in={attempt_id for attempt_id, _ in named}, pk__in={file_id for _, file_id in named}
    )
    return set(there.values_list("attempt_id", "pk")) & set(named)


def count(*, attempt_id: UUID) -> int:
    """How many files the attempt has; one query."""
    return HandedInFile.objects.filter(attempt_id=attempt_id).count()


def _view(row: HandedInFile) -> FileView:
    return FileView(row.pk, row.media_type, row.size)
