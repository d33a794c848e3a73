"""What may keep a learner from moving, and is known above learners only; config/apps.py names it."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID


class MoveGuard(Protocol):
    """Knows of attempts under way."""

    def hold(self, learner_id: UUID) -> None:
        """Let the learner begin no attempt until the caller's transaction ends."""

    def attempt_under_way(self, *, learner_id: UUID, edition_id: UUID) -> UUID | None:
        """Return the learner's attempt at a quiz of the edition that is under way, or None."""


_installed: list[MoveGuard] = []


def install(guard: MoveGuard) -> None:
    """Take the one of config/apps.py, when Django is ready."""
    _installed[:] = [guard]


def guard() -> MoveGuard:
    """The one that is installed.

    Raises:
        RuntimeError: none is; nobody could say whether a move loses an attempt.
    """
    if not _installed:
        raise RuntimeError("no guard of moves is installed: config/apps.py does it")
    return _installed[0]
