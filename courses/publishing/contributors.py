"""Quizzes and achievements take part in publishing: through contributors, which config/publishing.py names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from courses.content.values import CourseContent
from courses.publishing.rules import Finding


class Contributor(Protocol):
    """A part of a course's edition that another app owns. Every method runs within the caller's transaction.

    An edition's id is the key of what was frozen for it. All of them may be called again and then change nothing.
    """

    name: str

    def check(self, course_id: UUID, content: CourseContent) -> Sequence[Finding]:
        """Return what stands against an edition of the present draft, or is worth a look."""

    def digest(self, course_id: UUID) -> str:
        """Return a digest of all that would be frozen now, so that a change in between is noticed."""

    def freeze(self, edition_id: UUID, course_id: UUID) -> None:
        """Pin what the draft says to the edition."""

    def publish(self, edition_id: UUID, course_id: UUID) -> None:
        """Follow the edition's publication."""

    def restore(self, edition_id: UUID, course_id: UUID) -> None:
        """Make the draft say what was pinned to the edition."""

    def forget(self, edition_id: UUID) -> None:
        """Drop what was pinned to an edition whose proposal is withdrawn."""


_installed: list[Contributor] = []


def install(contributors: Sequence[Contributor]) -> None:
    """Take the list of config/publishing.py, when Django is ready."""
    _installed[:] = contributors


def contributors() -> Sequence[Contributor]:
    """Those that take part, in the order of config/publishing.py."""
    return tuple(_installed)
