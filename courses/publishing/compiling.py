"""Compiling an edition into the documents that frontends read. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from common.clock import rfc3339
from common.conditional import etag_of
from common.rendering import to_json
from courses.catalogue.content import EditionContent, LessonContent, ModuleContent
from courses.publishing.markdown import to_html
from courses.publishing.rules import MACHINE_DRAFTED


@dataclass(frozen=True)
class Label:
    """A name in the language it was found in; `machine_drafted` is to be shown with it."""

    text: str
    language: str
    machine_drafted: bool = False

    def as_json(self) -> dict[str, Any]:
        return {"text": self.text, "language": self.language, "machine_drafted": self.machine_drafted}


@dataclass(frozen=True)
class Names:
    """Names of the framework at publishing: skills by code, levels by language and level; `version` is the framework's."""

    version: str
    language: str
    skills: Mapping[str, str]
    levels: Mapping[str, Mapping[int, Label]]

    def skill(self, code: str, level: int, language: str) -> dict[str, Any]:
        """A skill taught, with the names of itself and its level."""
        label = self.levels.get(language, {}).get(level) or self.levels[self.language][level]
        return {
            "code": code,
            "name": {"text": self.skills[code], "language": self.language, "machine_drafted": False},
            "level": level,
            "level_name": label.as_json(),
        }


@dataclass(frozen=True)
class Compiled:
    kind: str
    ref: UUID
    language: str
    body: bytes
    etag: str


def compile_edition(edition: EditionContent, *, names: Names, published_at: datetime) -> list[Compiled]:
    """Return every document of an edition that passes its check list: the same edition gives the same bytes."""
    return [
        document
        for language in edition.languages
        for document in _compile_in(language, edition, names, rfc3339(published_at))
    ]


def _compile_in(language: str, edition: EditionContent, names: Names, published_at: str) -> Iterator[Compiled]:
    course = _course(language, edition, names, published_at)
    documents = [
        _document("card", edition.id, language, {name: value for name, value in course.items() if name != "modules"}),
        _document("course", edition.id, language, course),
    ]
    order = [(module, lesson) for module in edition.modules for lesson in module.lessons]
    for position, (module, lesson) in enumerate(order):
        body = {
            **lesson_document(language, edition, lesson, names),
            "position": position,
            "module": {"id": module.id, "title": module.texts[language].title},
            "previous": order[position - 1][1].id if position else None,
            "next": order[position + 1][1].id if position + 1 < len(order) else None,
        }
        documents.append(_document("lesson", lesson.id, language, body))
    yield from documents
    yield _document("manifest", edition.id, language, _manifest(language, edition, documents[1:], published_at))


def _document(kind: str, ref: UUID, language: str, content: Mapping[str, Any]) -> Compiled:
    body = to_json(content)
    return Compiled(kind, ref, language, body, etag_of(body))


def _course(language: str, edition: EditionContent, names: Names, published_at: str) -> dict[str, Any]:
    words = edition.texts[language]
    highest: dict[str, int] = {}
    for lesson in edition.lessons():
        for code, level in lesson.skills.items():
            highest[code] = max(level, highest.get(code, 0))
    lessons = list(edition.lessons())
    return {
        "id": edition.id,
        "course": edition.course_slug,
        "number": edition.number,
        "language": language,
        "default_language": edition.default_language,
        "languages": list(edition.languages),
        "title": words.title,
        "summary": words.summary,
        "translation": words.status,
        "machine_drafted": any(status == MACHINE_DRAFTED for status in _statuses(language, edition)),
        "minutes": sum(lesson.minutes for lesson in lessons),
        "lesson_count": len(lessons),
        "requires_assessment": edition.requires_assessment,
        "skills": [names.skill(code, level, language) for code, level in sorted(highest.items())],
        "framework_version": names.version,
        "licence": edition.licence,
        "attribution": edition.attribution,
        "published_at": published_at,
        "modules": [_module(language, module, names) for module in edition.modules],
    }


def _statuses(language: str, edition: EditionContent) -> Iterator[str]:
    yield edition.texts[language].status
    yield from (module.texts[language].status for module in edition.modules)
    yield from (lesson.texts[language].status for lesson in edition.lessons())


def _module(language: str, module: ModuleContent, names: Names) -> dict[str, Any]:
    words = module.texts[language]
    return {
        "id": module.id,
        "title": words.title,
        "translation": words.status,
        "minutes": sum(lesson.minutes for lesson in module.lessons),
        "lessons": [
            {
                "id": lesson.id,
                "slug": lesson.slug,
                "title": lesson.texts[language].title,
                "minutes": lesson.minutes,
                "translation": lesson.texts[language].status,
                "skills": [names.skill(code, level, language) for code, level in sorted(lesson.skills.items())],
            }
            for lesson in module.lessons
        ],
    }


def lesson_document(language: str, edition: EditionContent, lesson: LessonContent, names: Names) -> dict[str, Any]:
    """A lesson as a learner sees it, without its place in the edition; the preview shows the same."""
    words = lesson.texts[language]
    return {
        "id": lesson.id,
        "edition_id": edition.id,
        "course": edition.course_slug,
        "slug": lesson.slug,
        "language": language,
        "languages": list(edition.languages),
        "title": words.title,
        "translation": words.status,
        "machine_drafted": words.status == MACHINE_DRAFTED,
        "minutes": lesson.minutes,
        "markdown": words.body,
        "html": to_html(words.body),
        "skills": [names.skill(code, level, language) for code, level in sorted(lesson.skills.items())],
        "licence": edition.licence,
        "attribution": edition.attribution,
    }


def _manifest(language: str, edition: EditionContent, documents: list[Compiled], published_at: str) -> dict[str, Any]:
    paths = {"course": "/api/v1/editions/{}", "lesson": "/api/v1/lessons/{}"}
    return {
        "edition_id": edition.id,
        "language": language,
        "published_at": published_at,
        "bytes": sum(len(document.body) for document in documents),
        "documents": [
            {
                "kind": document.kind,
                "id": document.ref,
                "href": f"{paths[document.kind].format(document.ref)}?language={language}",
                "bytes": len(document.body),
                "etag": document.etag,
            }
            for document in documents
        ],
    }
