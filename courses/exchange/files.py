"""Reading a course from a folder of files: `course.toml`, and `lessons/<slug>/<language>.md` for the lessons' bodies.

course.toml: `id` (a UUID, made once and kept for life: it makes the course the same one in every installation), `slug`,
`licence`, `attribution`, `source_language`, `languages`, `requires_assessment`, optionally `authority`;
`[texts.<language>]` title, summary, status; `[[modules]]` with slug, `[modules.texts.<language>]` title, status,
`[[modules.lessons]]` with slug, minutes, skills = [{code, level}] and `[modules.lessons.status]` <language> = status, and
`[[modules.quizzes]]` with slug, which stand behind the module's lessons. A lesson, quiz or module whose slug changes keeps
what it is by `id`, the id that it had (`manage.py load_course` prints them). A body's first line is `# Title`; the rest is
Markdown.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from common.languages import canonical
from courses.content.values import (
    CourseContent,
    CourseWords,
    LessonContent,
    LessonWords,
    ModuleContent,
    ModuleWords,
    QuizPlace,
)
from courses.exchange import identity

STATUSES = ("source", "machine_drafted", "reviewed")
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_MAX_BODY = 200_000
_NO_ID = UUID(int=0)
_PLURAL = {"module": "modules", "activity": "activities"}
_T = TypeVar("_T")


class CourseFileError(ValueError):
    """Files of a course are not what they should be; the message has one line per place: file, place, what is wrong."""


class _Table:
    """One table of a TOML file, which knows where it stands and collects what is wrong in it."""

    def __init__(self, values: Any, file: Path, place: str, wrong: list[str]) -> None:
        self.file, self.place, self.wrong = file, place, wrong
        if not isinstance(values, Mapping):
            self.complain("", "must be a table")
            values = {}
        self.values: Mapping[str, Any] = values

    def complain(self, name: str, what: str) -> None:
        place = ".".join(filter(None, (self.place, name)))
        self.wrong.append(f"{self.file}: {place or 'top'}: {what}")

    def only(self, *names: str) -> None:
        for name in self.values.keys() - set(names):
            self.complain(name, "is not known here")

    def text(self, name: str, most: int, *, empty: bool = False) -> str:
        value = self.values.get(name, "" if empty else None)
        if not isinstance(value, str) or "\x00" in value or not (value.strip() or empty):
            self.complain(name, "must be a text" if name in self.values else "is missing")
            return ""
        if len(value) > most:
            self.complain(name, f"has {len(value)} characters, {most} at most")
        return value.strip()

    def slug(self, name: str = "slug") -> str:
        value = self.text(name, 80)
        if value and not _SLUG.fullmatch(value):
            self.complain(name, "must be lower-case letters and digits with single hyphens between them")
            return ""
        return value

    def number(self, name: str, least: int, most: int) -> int:
        value = self.values.get(name)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            self.complain(name, f"must be a whole number from {least} to {most}")
            return least
        return value

    def id(self, default: UUID | None = None) -> UUID:
        value = self.values.get("id")
        if value is None and default is not None:
            return default
        try:
            return UUID(str(value))
        except ValueError:
            self.complain("id", "must be a UUID" if value is not None else "is missing: put a new UUID there, once")
            return _NO_ID

    def flag(self, name: str) -> bool:
        value = self.values.get(name)
        if not isinstance(value, bool):
            self.complain(name, "must be true or false")
        return value is True

    def status(self, name: str = "status") -> str:
        value = self.values.get(name)
        if value not in STATUSES:
            self.complain(name, f"must be one of {', '.join(STATUSES)}")
            return STATUSES[0]
        return str(value)

    def table(self, name: str) -> _Table:
        return _Table(self.values.get(name, {}), self.file, ".".join(filter(None, (self.place, name))), self.wrong)

    def tables(self, name: str) -> list[_Table]:
        entries = self.values.get(name, [])
        if not isinstance(entries, Sequence) or isinstance(entries, str):
            self.complain(name, "must be a list of tables")
            return []
        place = ".".join(filter(None, (self.place, name)))
        return [_Table(entry, self.file, f"{place}[{index}]", self.wrong) for index, entry in enumerate(entries)]

    def by_language(self, languages: Sequence[str], read: Callable[[_Table], _T]) -> dict[str, _T]:
        found = {}
        for language in self.values:
            if language not in languages:
                self.complain(language, "is not among the languages")
                continue
            found[language] = read(self.table(language))
        return found


@dataclass(frozen=True)
class CourseFiles:
    """What the files say. authority: who answers for the course, once it is there that is no more read from the files."""

    content: CourseContent
    authority: str


def read_course(folder: Path) -> CourseFiles:
    """Read and check the files of a course; nothing else is touched.

    Raises:
        CourseFileError: a file is missing, cannot be read, or holds something it should not.
    """
    file = folder / "course.toml"
    try:
        values = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CourseFileError(f"{file}: {error}") from error
    wrong: list[str] = []
    course = _Table(values, file, "", wrong)
    content = _read(course, folder)
    authority = course.text("authority", 20, empty=True) or "regional"
    if wrong:
        raise CourseFileError("\n".join(wrong))
    return CourseFiles(content, authority)


def _read(course: _Table, folder: Path) -> CourseContent:
    course.only(
        "id",
        "slug",
        "authority",
        "licence",
        "attribution",
        "source_language",
        "languages",
        "requires_assessment",
        "texts",
        "modules",
    )
    course_id = course.id()
    languages = tuple(_languages(course))
    source_language = course.text("source_language", 20)
    if source_language and source_language not in languages:
        course.complain("source_language", "is not among the languages")
    seen = _Seen()
    content = CourseContent(
        id=course_id,
        slug=course.slug(),
        licence=course.text("licence", 40),
        attribution=course.text("attribution", 200, empty=True),
        source_language=source_language,
        languages=languages,
        requires_assessment=course.flag("requires_assessment"),
        texts=course.table("texts").by_language(
            languages,
            lambda words: CourseWords(
                title=words.text("title", 200), summary=words.text("summary", 5000, empty=True), status=words.status()
            ),
        ),
        modules=tuple(_module(module, course_id, languages, folder, seen) for module in course.tables("modules")),
    )
    for orphan in seen.folders_without_lesson(folder / "lessons"):
        course.wrong.append(f"{orphan}: no lesson of course.toml has this slug")
    return content


def _module(module: _Table, course_id: UUID, languages: Sequence[str], folder: Path, seen: _Seen) -> ModuleContent:
    module.only("id", "slug", "texts", "lessons", "quizzes")
    slug = seen.once("module", module, module.slug())
    lessons = tuple(_lesson(lesson, course_id, languages, folder, seen) for lesson in module.tables("lessons"))
    quizzes = tuple(_quiz(quiz, course_id, seen) for quiz in module.tables("quizzes"))
    return ModuleContent(
        id=module.id(identity.module_id_of(course_id, slug)),
        texts=module.table("texts").by_language(
            languages, lambda words: ModuleWords(title=words.text("title", 200), status=words.status())
        ),
        activities=(*lessons, *quizzes),
    )


def _quiz(quiz: _Table, course_id: UUID, seen: _Seen) -> QuizPlace:
    quiz.only("id", "slug")
    slug = seen.once("activity", quiz, quiz.slug())
    return QuizPlace(id=quiz.id(identity.activity_id_of(course_id, slug)), slug=slug)


class _Seen:
    """Slugs seen so far: each is the key of an id."""

    def __init__(self) -> None:
        self.slugs: set[tuple[str, str]] = set()

    def once(self, kind: str, table: _Table, slug: str) -> str:
        if slug and (kind, slug) in self.slugs:
            table.complain("slug", f"two {_PLURAL[kind]} have the slug {slug!r}")
        self.slugs.add((kind, slug))
        return slug

    def folders_without_lesson(self, lessons: Path) -> Iterator[Path]:
        if lessons.is_dir():
            for entry in sorted(lessons.iterdir()):
                if entry.is_dir() and ("activity", entry.name) not in self.slugs:
                    yield entry


def _languages(course: _Table) -> Iterator[str]:
    values = course.values.get("languages")
    if not isinstance(values, list) or not values:
        course.complain("languages", "must be a list of at least one language tag")
        return
    for index, tag in enumerate(values):
        if not isinstance(tag, str) or not _TAG.fullmatch(tag) or len(tag) > 20 or canonical(tag) != tag:
            course.complain(f"languages[{index}]", "must be a BCP 47 tag in its usual case, such as ja or zh-Hans")
        elif tag in values[:index]:
            course.complain(f"languages[{index}]", "is listed twice")
        else:
            yield tag


def _lesson(lesson: _Table, course_id: UUID, languages: Sequence[str], folder: Path, seen: _Seen) -> LessonContent:
    lesson.only("id", "slug", "minutes", "skills", "status")
    slug = seen.once("activity", lesson, lesson.slug())
    skills: dict[str, int] = {}
    for skill in lesson.tables("skills"):
        skill.only("code", "level")
        code = skill.text("code", 20)
        if code in skills:
            skill.complain("code", f"{code} is listed twice")
        skills[code] = skill.number("level", 1, 6)
    status = lesson.table("status")
    texts = {}
    if slug:
        for language in languages:
            path = folder / "lessons" / slug / f"{language}.md"
            if path.exists():
                title, body = _read_body(path, lesson.wrong)
                texts[language] = LessonWords(title=title, body=body, status=status.status(language))
        for path in sorted((folder / "lessons" / slug).glob("*.md")):
            if path.stem not in languages:
                lesson.wrong.append(f"{path}: {path.stem!r} is not among the languages")
    for language in status.values.keys() - texts.keys():
        status.complain(language, f"there is no lessons/{slug}/{language}.md")
    return LessonContent(
        id=lesson.id(identity.activity_id_of(course_id, slug)),
        slug=slug,
        minutes=lesson.number("minutes", 1, 240),
        skills=skills,
        texts=texts,
    )


def _read_body(path: Path, wrong: list[str]) -> tuple[str, str]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        wrong.append(f"{path}: {error}")
        return "", ""
    first, _, rest = text.partition("\n")
    if not first.startswith("# ") or not 0 < len(first[2:].strip()) <= 200:
        wrong.append(f"{path}: line 1: must be `# Title`, 200 characters at most")
    if not rest.strip():
        wrong.append(f"{path}: line 2: there is no text below the title")
    if "\x00" in text or len(text) > _MAX_BODY:
        wrong.append(f"{path}: must hold no U+0000 and at most {_MAX_BODY} characters")
    return first[2:].strip(), rest.strip()
