"""What an edition says, as one value: the common form of a trainer's rows and of a folder of files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class EditionWords:
    title: str
    summary: str
    status: str


@dataclass(frozen=True)
class ModuleWords:
    title: str
    status: str


@dataclass(frozen=True)
class LessonWords:
    """`body` is Markdown."""

    title: str
    body: str
    status: str


@dataclass(frozen=True)
class LessonContent:
    """`skills`: code -> the level that the lesson leads to."""

    id: UUID
    slug: str
    minutes: int
    skills: Mapping[str, int]
    texts: Mapping[str, LessonWords]


@dataclass(frozen=True)
class ModuleContent:
    id: UUID
    texts: Mapping[str, ModuleWords]
    lessons: tuple[LessonContent, ...]


@dataclass(frozen=True)
class EditionContent:
    """Modules and lessons stand in their order; every mapping of texts is by language."""

    id: UUID
    course_slug: str
    licence: str
    attribution: str
    number: int
    default_language: str
    languages: tuple[str, ...]
    requires_assessment: bool
    texts: Mapping[str, EditionWords]
    modules: tuple[ModuleContent, ...]

    def lessons(self) -> Iterator[LessonContent]:
        """Every lesson, in order."""
        return (lesson for module in self.modules for lesson in module.lessons)
