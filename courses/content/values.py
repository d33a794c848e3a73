"""What a course says, as one value: the common form of a trainer's rows, of an edition and of a folder of files. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol
from uuid import UUID

import rfc8785

SOURCE = "source"
MACHINE_DRAFTED = "machine_drafted"


def digest_of(value: Any) -> str:
    """Return the SHA-256 (hex) of the RFC 8785 form of a JSON value: the same in every installation."""
    return hashlib.sha256(rfc8785.dumps(value)).hexdigest()


class Words(Protocol):
    """The words of a text in one language.

    status: how far it may be trusted. source: digest of the source text that a translation was made from; None if unknown
    or if this is the source.
    """

    @property
    def status(self) -> str: ...
    @property
    def source(self) -> str | None: ...
    def fields(self) -> dict[str, str]:
        """The words by field."""

    def is_complete(self) -> bool:
        """Whether nothing that readers need is empty."""


@dataclass(frozen=True)
class CourseWords:
    title: str
    summary: str
    status: str
    source: str | None = None

    def fields(self) -> dict[str, str]:
        return {"title": self.title, "summary": self.summary}

    def is_complete(self) -> bool:
        return bool(self.title.strip())


@dataclass(frozen=True)
class ModuleWords:
    title: str
    status: str
    source: str | None = None

    def fields(self) -> dict[str, str]:
        return {"title": self.title}

    def is_complete(self) -> bool:
        return bool(self.title.strip())


@dataclass(frozen=True)
class LessonWords:
    """`body` is Markdown."""

    title: str
    body: str
    status: str
    source: str | None = None

    def fields(self) -> dict[str, str]:
        return {"title": self.title, "body": self.body}

    def is_complete(self) -> bool:
        return bool(self.title.strip() and self.body.strip())


def is_stale(language: str, texts: Mapping[str, Words], source_language: str) -> bool:
    """Whether a translation was made from another text than the one that stands in the source language now."""
    words, source = texts.get(language), texts.get(source_language)
    if language == source_language or words is None or source is None:
        return False
    return words.source is not None and words.source != digest_of(source.fields())


@dataclass(frozen=True)
class LessonContent:
    """`skills`: code -> the level that the lesson leads to."""

    id: UUID
    slug: str
    minutes: int
    skills: Mapping[str, int]
    texts: Mapping[str, LessonWords]


@dataclass(frozen=True)
class QuizPlace:
    """Where a quiz stands; what it asks is another app's (courses.publishing.contributors)."""

    id: UUID
    slug: str


@dataclass(frozen=True)
class ModuleContent:
    id: UUID
    texts: Mapping[str, ModuleWords]
    activities: tuple[LessonContent | QuizPlace, ...]

    @property
    def lessons(self) -> tuple[LessonContent, ...]:
        """The lessons, in order."""
        return tuple(activity for activity in self.activities if isinstance(activity, LessonContent))


@dataclass(frozen=True)
class CourseContent:
    """Modules and activities stand in their order; every mapping of texts is by language.

    languages: those wanted of a draft, those offered of an edition.
    """

    id: UUID
    slug: str
    licence: str
    attribution: str
    source_language: str
    languages: tuple[str, ...]
    requires_assessment: bool
    texts: Mapping[str, CourseWords]
    modules: tuple[ModuleContent, ...]

    def lessons(self) -> Iterator[LessonContent]:
        """Every lesson, in order."""
        return (lesson for module in self.modules for lesson in module.lessons)

    def all_texts(self) -> Iterator[Mapping[str, Words]]:
        """The texts of the course, of its modules and of its lessons."""
        yield self.texts
        yield from (module.texts for module in self.modules)
        yield from (lesson.texts for lesson in self.lessons())

    def in_languages(self, languages: tuple[str, ...]) -> CourseContent:
        """The same, offered in these languages."""
        return replace(self, languages=languages)


def complete_languages(content: CourseContent) -> tuple[str, ...]:
    """Return those of the wanted languages in which every text is there, in their order."""

    def is_complete(language: str) -> bool:
        return all(language in texts and texts[language].is_complete() for texts in content.all_texts())

    return tuple(language for language in dict.fromkeys(content.languages) if is_complete(language))
