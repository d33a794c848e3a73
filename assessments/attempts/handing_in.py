"""Files of an attempt: handed in and taken back while it is under way, and kept as long as its answers name them.

What may be done depends on the attempt, which is locked here; how a file is kept is `files`' business.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from assessments.attempts.models import Attempt
from assessments.attempts.rules import is_late
from assessments.attempts.selectors import Question, attempts_for_update
from assessments.errors import REASONS, FilesNotTaken, InvalidAnswer
from assessments.files import services as files
from assessments.files.services import FileView
from common.errors import NotFound
from privacy import public as privacy


@transaction.atomic
def put_file(
    *, file_id: UUID, attempt_id: UUID, learner_id: UUID, media_type: str, body: bytes, now: datetime
) -> tuple[FileView, bool]:
    """Keep a file of a live attempt, without its metadata; a repeat returns the first. Also return whether it is new.

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
    kept = files.kept_already(file_id=file_id, attempt_id=attempt_id, body=body)
    if kept is not None:
        return kept, False
    privacy.require_consent(user_id=learner_id, purpose=privacy.LEARNING_RECORDS)
    _require_room(row, now)
    new = files.keep(file_id=file_id, attempt_id=attempt_id, media_type=media_type, body=body, now=now)
    privacy.audit(
        actor=str(learner_id),
        action="file.handed_in",
        subject_kind="attempt",
        subject_id=str(attempt_id),
        file_id=str(file_id),
        size=new.size,
    )
    return new, True


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
    if files.drop(file_id=file_id, attempt_id=attempt_id):
        privacy.audit(
            actor=str(learner_id),
            action="file.taken_back",
            subject_kind="attempt",
            subject_id=str(attempt_id),
            file_id=str(file_id),
        )


@contextmanager
def handed_in(*, attempt_id: UUID, responses: Mapping[UUID, Any]) -> Iterator[None]:
    """Keep the files that responses name from being taken back until the block ends; no query where they name none.

    The attempt is locked, as it is for a learner who takes a file back, and the block is one transaction.

    Raises:
        InvalidAnswer: `reason` is file_missing, `file_ids` lists them; upload them and submit again.
    """
    named = {
        file_id
        for response in responses.values()
        if isinstance(response, Mapping)
        for file_id in _named(response.get("files"))
    }
    if not named:
        yield
        return
    with transaction.atomic():
        attempts_for_update().filter(pk=attempt_id).first()
        missing = sorted(str(file_id) for file_id in files.missing(attempt_id=attempt_id, file_ids=named))
        if missing:
            raise InvalidAnswer(REASONS["file_missing"], pointer="/answers", reason="file_missing", file_ids=missing)
        yield


def without_missing_files(items: Mapping[UUID, Sequence[Question]]) -> dict[UUID, list[Question]]:
    """The items of attempts whose time is over, their saved responses without files that never came or were taken back.

    One query where a response names files, else none. The attempts are locked.
    """
    named = {
        (attempt_id, file_id)
        for attempt_id, listed in items.items()
        for item in listed
        if isinstance(item.response, Mapping)
        for file_id in _named(item.response.get("files"))
    }
    there = files.present(named) if named else set()
    return {
        attempt_id: [_with_files(item, attempt_id, there) for item in listed] for attempt_id, listed in items.items()
    }


def _with_files(item: Question, attempt_id: UUID, there: Collection[tuple[UUID, UUID]]) -> Question:
    if not isinstance(item.response, Mapping) or "files" not in item.response:
        return item
    kept = [file_id for file_id in item.response["files"] if (attempt_id, UUID(file_id)) in there]
    response = {**item.response, "files": kept}
    if not kept:
        del response["files"]
    return replace(item, response=response or None)


def _named(given: Any) -> list[UUID]:
    return [UUID(file_id) for file_id in given] if isinstance(given, list) else []


def _require_room(row: Attempt, now: datetime) -> None:
    if row.submitted_at is not None or is_late(due_at=row.due_at, now=now):
        raise FilesNotTaken()
    limits = row.items.filter(revision__kind="task").values_list("revision__content", flat=True)
    most = sum(content[row.language]["limits"]["files"] for content in limits)
    if files.count(attempt_id=row.pk) >= most:
        raise FilesNotTaken()
