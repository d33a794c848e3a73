"""Compiling an edition into the documents that frontends read. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from common.rendering import to_json
from courses.content.values import MACHINE_DRAFTED, CourseContent, LessonContent, ModuleContent, QuizPlace
from courses.publishing.markdown import to_html
from courses.publishing.versions import text_digest_of


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
    """A document. digest: SHA-256 (hex) of `body`. ref: the lesson's id for a lesson, else the edition's."""

    kind: str
    ref: UUID
    language: str
    body: bytes
    digest: str


def compile_edition(content: CourseContent, *, names: Names, edition_id: UUID, number: int) -> list[Compiled]:
    """Return every document of a course that passes its check list, as it is proposed: without an instant of publication.

    The same content gives the same bytes; a lesson's are the same in every edition that holds its version.
    """
    return [
        document
        for language in content.languages
        for document in _compile_in(language, content, names, edition_id, number)
    ]


def published(documents: Sequence[Compiled], *, published_at: str) -> list[Compiled]:
    """Return the cards, course pages and manifests among `documents` with the instant of their publication (RFC 3339).

    Lessons know nothing of it, and are not returned.
    """
    courses = {
        (document.kind, document.language): _replaced(document, published_at=published_at)
        for document in documents
        if document.kind in ("card", "course")
    }
    return [
        *courses.values(),
        *(
            _manifest_of(document, courses["course", document.language], published_at)
            for document in documents
            if document.kind == "manifest"
        ),
    ]


def _manifest_of(manifest: Compiled, course: Compiled, published_at: str) -> Compiled:
    content = json.loads(manifest.body)
    entries = [_entry(course) if entry["kind"] == "course" else entry for entry in content["documents"]]
    return _replaced(
        manifest, published_at=published_at, bytes=sum(entry["bytes"] for entry in entries), documents=entries
    )


def _replaced(document: Compiled, **members: Any) -> Compiled:
    body = to_json(json.loads(document.body) | members)
    return replace(document, body=body, digest=hashlib.sha256(body).hexdigest())


def _compile_in(
    language: str, content: CourseContent, names: Names, edition_id: UUID, number: int
) -> Iterator[Compiled]:
    lessons = {lesson.id: lesson_document(language, content, lesson) for lesson in content.lessons()}
    versions = {lesson_id: lesson["version"] for lesson_id, lesson in lessons.items()}
    course = _course(language, content, names, edition_id, number, versions)
    documents = [
        _document("course", edition_id, language, course),
        *(_document("lesson", lesson_id, language, lesson) for lesson_id, lesson in lessons.items()),
    ]
    card = {name: value for name, value in course.items() if name != "modules"}
    yield _document("card", edition_id, language, card)
    yield from documents
    yield _document(
        "manifest",
        edition_id,
        language,
        {
            "edition_id": edition_id,
            "course_id": content.id,
            "language": language,
            "published_at": None,
            "bytes": sum(len(document.body) for document in documents),
            "documents": [_entry(document) for document in documents],
        },
    )


def _document(kind: str, ref: UUID, language: str, content: Mapping[str, Any]) -> Compiled:
    body = to_json(content)
    return Compiled(kind, ref, language, body, hashlib.sha256(body).hexdigest())


def _entry(document: Compiled) -> dict[str, Any]:
    """A document in a manifest: its address is its content's, so that what a phone has already is not fetched again."""
    return {
        "kind": document.kind,
        "id": str(document.ref),
        "href": f"/api/v1/documents/{document.digest}",
        "bytes": len(document.body),
        "etag": f'"{document.digest}"',
    }


def _course(
    language: str,
    content: CourseContent,
    names: Names,
    edition_id: UUID,
    number: int,
    versions: Mapping[UUID, str],
) -> dict[str, Any]:
    """versions: by lesson, the digest of what it says in the language."""
    words = content.texts[language]
    highest: dict[str, int] = {}
    lessons = list(content.lessons())
    for lesson in lessons:
        for code, level in lesson.skills.items():
            highest[code] = max(level, highest.get(code, 0))
    return {
        "id": edition_id,
        "course_id": content.id,
        "course": content.slug,
        "number": number,
        "language": language,
        "default_language": content.source_language,
        "languages": list(content.languages),
        "title": words.title,
        "summary": words.summary,
        "translation": words.status,
        "machine_drafted": any(texts[language].status == MACHINE_DRAFTED for texts in content.all_texts()),
        "minutes": sum(lesson.minutes for lesson in lessons),
        "lesson_count": len(lessons),
        "requires_assessment": content.requires_assessment,
        "skills": [names.skill(code, level, language) for code, level in sorted(highest.items())],
        "framework_version": names.version,
        "licence": content.licence,
        "attribution": content.attribution,
        "published_at": None,
        "modules": [_module(language, module, names, versions) for module in content.modules],
    }


def _module(language: str, module: ModuleContent, names: Names, versions: Mapping[UUID, str]) -> dict[str, Any]:
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
                "version": versions[lesson.id],
                "skills": [names.skill(code, level, language) for code, level in sorted(lesson.skills.items())],
            }
            for lesson in module.lessons
        ],
        "activities": [
            {"kind": "quiz" if isinstance(activity, QuizPlace) else "lesson", "id": activity.id}
            for activity in module.activities
        ],
    }


def lesson_document(language: str, content: CourseContent, lesson: LessonContent) -> dict[str, Any]:
    """A lesson as a learner sees it. It knows neither its place nor its edition, so that it is the same in all of them."""
    words = lesson.texts[language]
    return {
        "id": lesson.id,
        "version": text_digest_of(lesson, language),
        "course_id": content.id,
        "course": content.slug,
        "slug": lesson.slug,
        "language": language,
        "title": words.title,
        "translation": words.status,
        "machine_drafted": words.status == MACHINE_DRAFTED,
        "minutes": lesson.minutes,
        "markdown": words.body,
        "html": to_html(words.body),
        "skills": [{"code": code, "level": level} for code, level in sorted(lesson.skills.items())],
        "licence": content.licence,
        "attribution": content.attribution,
    }
