"""Reading a course from a folder of files: `course.toml`, and `lessons/<slug>/<language>.md` for the lessons' bodies.

course.toml: `slug`, `licence`, `attribution`; `[edition]` with number, default_language, languages, requires_assessment and
`[edition.texts.<language>]` title, summary, status; `[[modules]]` with slug, `[modules.texts.<language>]` title, status and
`[[modules.lessons]]` with slug, minutes, skills = [{code, level}] and `[modules.lessons.status]` <language> = status.
A body's first line is `# Title`; the rest is Markdown.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from common.languages import canonical
from courses.catalogue import identity
from courses.catalogue.content import (
    EditionContent,
    EditionWords,
    LessonContent,
    LessonWords,
    ModuleContent,
    ModuleWords,
)

STATUSES = ("source", "machine_drafted", "reviewed")
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_MAX_BODY = 200_000
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
                self.complain(language, "is not among edition.languages")
                continue
            found[language] = read(self.table(language))
        return found


def read_course(folder: Path) -> EditionContent:
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
    content = _read(_Table(values, file, "", wrong), folder)
    if wrong:
        raise CourseFileError("\n".join(wrong))
    return content


def _read(course: _Table, folder: Path) -> EditionContent:
    course.only("slug", "licence", "attribution", "edition", "modules")
    slug = course.slug()
    edition = course.table("edition")
    edition.only("number", "default_language", "languages", "requires_assessment", "texts")
    number = edition.number("number", 1, 32_767)
    languages = tuple(_languages(edition))
    default_language = edition.text("default_language", 20)
    if default_language and default_language not in languages:
        edition.complain("default_language", "is not among edition.languages")
    modules, seen = [], _Seen()
    for module in course.tables("modules"):
        module.only("slug", "texts", "lessons")
        module_slug = seen.once("module", module, module.slug())
        modules.append(
            ModuleContent(
                id=identity.module_id_of(slug, number, module_slug),
                texts=module.table("texts").by_language(
                    languages, lambda words: ModuleWords(title=words.text("title", 200), status=words.status())
                ),
                lessons=tuple(
                    _lesson(lesson, slug, number, languages, folder, seen) for lesson in module.tables("lessons")
                ),
            )
        )
    for orphan in seen.folders_without_lesson(folder / "lessons"):
        course.wrong.append(f"{orphan}: no lesson of course.toml has this slug")
    return EditionContent(
        id=identity.edition_id_of(slug, number),
        course_slug=slug,
        licence=course.text("licence", 40),
        attribution=course.text("attribution", 200, empty=True),
        number=number,
        default_language=default_language,
        languages=languages,
        requires_assessment=edition.flag("requires_assessment"),
        texts=edition.table("texts").by_language(
            languages,
            lambda words: EditionWords(
                title=words.text("title", 200), summary=words.text("summary", 5000, empty=True), status=words.status()
            ),
        ),
        modules=tuple(modules),
    )


class _Seen:
    """Slugs seen so far: each is the key of an id."""

    def __init__(self) -> None:
        self.slugs: set[tuple[str, str]] = set()

    def once(self, kind: str, table: _Table, slug: str) -> str:
        if slug and (kind, slug) in self.slugs:
            table.complain("slug", f"two {kind}s have the slug {slug!r}")
        self.slugs.add((kind, slug))
        return slug

    def folders_without_lesson(self, lessons: Path) -> Iterator[Path]:
        if lessons.is_dir():
            for entry in sorted(lessons.iterdir()):
                if entry.is_dir() and ("lesson", entry.name) not in self.slugs:
                    yield entry


def _languages(edition: _Table) -> Iterator[str]:
    values = edition.values.get("languages")
    if not isinstance(values, list) or not values:
        edition.complain("languages", "must be a list of at least one language tag")
        return
    for index, tag in enumerate(values):
        if not isinstance(tag, str) or not _TAG.fullmatch(tag) or len(tag) > 20 or canonical(tag) != tag:
            edition.complain(f"languages[{index}]", "must be a BCP 47 tag in its usual case, such as ja or zh-Hans")
        elif tag in values[:index]:
            edition.complain(f"languages[{index}]", "is listed twice")
        else:
            yield tag


def _lesson(
    lesson: _Table, course: str, number: int, languages: Sequence[str], folder: Path, seen: _Seen
) -> LessonContent:
    lesson.only("slug", "minutes", "skills", "status")
    slug = seen.once("lesson", lesson, lesson.slug())
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
                lesson.wrong.append(f"{path}: {path.stem!r} is not among edition.languages")
    for language in status.values.keys() - texts.keys():
        status.complain(language, f"there is no lessons/{slug}/{language}.md")
    return LessonContent(
        id=identity.lesson_id_of(course, number, slug),
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
