"""Handing files in, and taking them back while the attempt is under way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import transaction

from assessments.attempts.models import Attempt
from assessments.attempts.rules import is_late
from assessments.attempts.selectors import attempts_for_update
from assessments.errors import REASONS, FileIdReused, FileRefused, FilesNotTaken, FileTooLarge, InvalidAnswer
from assessments.files.metadata import Unreadable, without_metadata
from assessments.files.models import HandedInFile
from assessments.files.rules import MOST_BYTES, sniffed
from common.errors import NotFound
from privacy import public as privacy


@dataclass(frozen=True)
class FileView:
    """A file as its learner is told of it; `size` in bytes as kept."""

    id: UUID
    media_type: str
    size: int


@transaction.atomic
def put_file(
    *, file_id: UUID, attempt_id: UUID, learner_id: UUID, media_type: str, body: bytes, now: datetime
) -> tuple[FileView, bool]:
    """Keep a file of a live attempt, without its metadata; a repeat returns the first. Also tells whether it is new.

    Args:
        media_type: what the caller says it is; the bytes must show the same.

    Raises:
        NotFound: no such attempt of this learner.
        FileIdReused: the id stands for other bytes or another attempt.
        FilesNotTaken: the attempt is over, has no task that takes files, or has as many as it takes.
        FileTooLarge, FileRefused: the file itself.
        ConsentMissing: the learner has withdrawn it.
    """
    row = attempts_for_update().filter(pk=attempt_id, learner_id=learner_id).first()
    if row is None:
        raise NotFound()
    digest = sha256(body).digest()
    existing = HandedInFile.objects.defer("body").filter(pk=file_id).first()
    if existing is not None:
        if existing.attempt_id != attempt_id or bytes(existing.sha256) != digest:
            raise FileIdReused()
        return _view(existing), False
    privacy.require_consent(user_id=learner_id, purpose=privacy.LEARNING_RECORDS)
    _require_room(row, now)
    if len(body) > MOST_BYTES:
        raise FileTooLarge(most_bytes=MOST_BYTES)
    if sniffed(body) != media_type:
        raise FileRefused()
    try:
        kept = without_metadata(media_type, body)
    except Unreadable as error:
        raise FileRefused() from error
    new = HandedInFile.objects.create(
        pk=file_id, attempt_id=attempt_id, media_type=media_type, size=len(kept), sha256=digest, body=kept,
        uploaded_at=now,
    )  # fmt: skip
    privacy.audit(
        actor=str(learner_id), action="file.handed_in", subject_kind="attempt", subject_id=str(attempt_id),
        file_id=str(file_id), size=len(kept),
    )  # fmt: skip
    return _view(new), True


@transaction.atomic
def delete_file(*, file_id: UUID, attempt_id: UUID, learner_id: UUID, now: datetime) -> None:
    """Take a file back while its attempt is under way; a second call changes nothing.

    Raises:
        NotFound: no such attempt of this learner.
        FilesNotTaken: the attempt is over, and what was handed in stands.
    """
    row = attempts_for_update().filter(pk=attempt_id, learner_id=learner_id).first()
    if row is None:
        raise NotFound()
    if row.submitted_at is not None or is_late(due_at=row.due_at, now=now):
        raise FilesNotTaken()
    deleted, _ = HandedInFile.objects.filter(pk=file_id, attempt_id=attempt_id).delete()
    if deleted:
        privacy.audit(
            actor=str(learner_id), action="file.taken_back", subject_kind="attempt", subject_id=str(attempt_id),
            file_id=str(file_id),
        )  # fmt: skip


@contextmanager
def handed_in(*, attempt_id: UUID, responses: Mapping[UUID, Any]) -> Iterator[None]:
    """Keep the files that responses name from being taken back until the block ends; no query where they name none.

    The attempt is locked, as for whoever takes a file back, and the block is one transaction.

    Raises:
        InvalidAnswer: `reason` is file_missing, `file_ids` lists them; upload them and submit again.
    """
    named = {
        one for response in responses.values() if isinstance(response, Mapping) for one in _named(response.get("files"))
    }
    if not named:
        yield
        return
    with transaction.atomic():
        attempts_for_update().filter(pk=attempt_id).first()
        there = HandedInFile.objects.filter(attempt_id=attempt_id, pk__in=named).values_list("pk", flat=True)
        missing = sorted(str(one) for one in named - set(there))
        if missing:
            raise InvalidAnswer(REASONS["file_missing"], pointer="/answers", reason="file_missing", file_ids=missing)
        yield


def _named(files: Any) -> list[UUID]:
    return [UUID(one) for one in files] if isinstance(files, list) else []


def _require_room(row: Attempt, now: datetime) -> None:
    if row.submitted_at is not None or is_late(due_at=row.due_at, now=now):
        raise FilesNotTaken()
    limits = row.items.filter(revision__kind="task").values_list("revision__content", flat=True)
    most = sum(content[row.language]["limits"]["files"] for content in limits)
    if HandedInFile.objects.filter(attempt_id=row.pk).count() >= most:
        raise FilesNotTaken()


def _view(row: HandedInFile) -> FileView:
    return FileView(row.pk, row.media_type, row.size)
