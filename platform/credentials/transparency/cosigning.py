"""Asking the witnesses of other states to cosign our newest checkpoint."""

from __future__ import annotations

import logging
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import Max

from credentials.transparency import notes, selectors
from credentials.transparency.errors import NotPublished
from credentials.transparency.keys import witnesses
from credentials.transparency.models import LogCheckpoint, LogCosignature
from credentials.transparency.notes import NotANote, Signature, Verifier
from credentials.transparency.witness import Submission

_TIMEOUT_S = 10
_MAX_BYTES = 64 * 1024
_log = logging.getLogger(__name__)
# (address, body) -> status and body of the answer; 0 when there was none.
Send = Callable[[str, bytes], tuple[int, bytes]]


@dataclass(frozen=True)
class WitnessResult:
    """What became of one witness. problem: empty when its cosignature stands."""

    witness: str
    problem: str = ""
    # The witness says that the log showed it something else: people must look.
    is_alarm: bool = False


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


_opener = urllib.request.build_opener(_NoRedirects)


def post(url: str, body: bytes) -> tuple[int, bytes]:
    """Send a checkpoint; an address that does not answer in ten seconds answers 0."""
    request = urllib.request.Request(url, data=body, headers={"Content-Type": "text/plain; charset=utf-8"})  # noqa: S310
    try:
        with _opener.open(request, timeout=_TIMEOUT_S) as answer:
            return int(answer.status), answer.read(_MAX_BYTES)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read(_MAX_BYTES)
    except OSError:
        return 0, b""


def request_cosignatures(*, send: Send = post, parallel: bool = True) -> list[WitnessResult]:
    """Ask each witness that has not cosigned the newest checkpoint; may run at any time, any number at once.

    Nothing is held in the database while witnesses are asked. A witness that is at another size than we thought answers
    with it and is asked once more.
    """
    asked = witnesses()
    try:
        checkpoint = selectors.newest()
    except NotPublished:
        return []
    cosigned = LogCosignature.objects.filter(witness__in=[verifier.vkey for verifier, _ in asked]).values("witness")
    had = dict(cosigned.annotate(size=Max("checkpoint_id")).values_list("witness", "size"))
    waiting = [
        (verifier, url, had.get(verifier.vkey, 0))
        for verifier, url in asked
        if had.get(verifier.vkey, 0) < checkpoint.size
    ]
    answers: list[WitnessResult] = []
    for is_last in (False, True):
        responses = _ask(waiting, checkpoint, send=send, parallel=parallel)
        behind: list[tuple[Verifier, str, int]] = []
        for (verifier, url, old), (status, body) in zip(waiting, responses, strict=True):
            size = _size_reported(body) if status == 409 and not is_last else None
            if size is not None and size <= checkpoint.size and size != old:
                behind.append((verifier, url, size))
            else:
                answers.append(_take(verifier, checkpoint, status, body))
        waiting = behind
    for answer in answers:
        if answer.is_alarm:
            _log.error("a witness refuses the log", extra={"alert": "log_fork", "witness": answer.witness})
    return answers


def _ask(
    waiting: Sequence[tuple[Verifier, str, int]], checkpoint: LogCheckpoint, *, send: Send, parallel: bool
) -> list[tuple[int, bytes]]:
    requests = [
        (
            f"{url}/add-checkpoint",
            Submission.body(
                old=old, proof=selectors.consistency(old=old, new=checkpoint.size), note=checkpoint.note
            ).encode(),
        )
        for _, url, old in waiting
    ]
    if not parallel or len(requests) < 2:
        return [send(url, body) for url, body in requests]
    with ThreadPoolExecutor(max_workers=min(12, len(requests))) as pool:
        return list(pool.map(lambda entry: send(*entry), requests))


def _size_reported(body: bytes) -> int | None:
    try:
        return notes.number(body.decode().removesuffix("\n"))
    except (NotANote, UnicodeDecodeError):
        return None


def _take(verifier: Verifier, checkpoint: LogCheckpoint, status: int, body: bytes) -> WitnessResult:
    if status == 200:
        signature = _cosignature(verifier, checkpoint, body)
        if signature is None:
            return WitnessResult(verifier.name, "its answer has no cosignature that holds")
        LogCosignature.objects.bulk_create(
            [
                LogCosignature(
                    checkpoint=checkpoint,
                    witness=verifier.vkey,
                    line=signature.line,
                    signed_at=datetime.fromtimestamp(notes.signed_at(signature), UTC),
                )
            ],
            ignore_conflicts=True,
        )
        return WitnessResult(verifier.name)
    if status == 409:
        size = _size_reported(body)
        if size is not None and size > checkpoint.size:
            return WitnessResult(
                verifier.name, f"it has seen {size} entries of this log, and there are fewer", is_alarm=True
            )
        return WitnessResult(verifier.name, "it is at another size; it is asked again the next time")
    if status == 422:
        return WitnessResult(verifier.name, "it says that the checkpoint contradicts an earlier one", is_alarm=True)
    return WitnessResult(verifier.name, f"it answers {status}" if status else "it does not answer")


def _cosignature(verifier: Verifier, checkpoint: LogCheckpoint, body: bytes) -> Signature | None:
    text = notes.Note.parse(checkpoint.note).text
    try:
        lines = notes.signatures(body.decode())
    except (NotANote, UnicodeDecodeError):
        return None
    return next((line for line in lines if notes.holds(text, line, verifier)), None)
