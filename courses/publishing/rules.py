"""What must hold before an edition is published, and which language of a document fits a reader best. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypedDict
from uuid import UUID

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from common.languages import canonical, lookup, same_language, shortened
from courses.content.values import (
    MACHINE_DRAFTED,
    CourseContent,
    LessonContent,
    ModuleContent,
    complete_languages,
    is_stale,
)

LONG_LESSON_MINUTES = 30


@dataclass(frozen=True)
class SkillRange:
    """The levels that a skill of the framework has."""

    min_level: int
    max_level: int


class FindingMember(TypedDict):
    """A finding as a problem object has it."""

    code: str
    detail: str
    module_id: str | None
    lesson_id: str | None
    language: str | None


@dataclass(frozen=True)
class Finding:
    """One thing that a trainer should know before publishing.

    Args:
        code: stable name of the rule.
        blocking: whether publishing is refused for it.
        message: a translated sentence.
        module_id, lesson_id: where it is; neither for the edition itself.
        language: in which language's text; empty when in all.
    """

    code: str
    blocking: bool
    message: str | Promise
    module_id: UUID | None = None
    lesson_id: UUID | None = None
    language: str = ""

    def as_json(self) -> FindingMember:
        """The finding as a member of a problem object."""
        return {
            "code": self.code,
            "detail": str(self.message),
            "module_id": str(self.module_id) if self.module_id else None,
            "lesson_id": str(self.lesson_id) if self.lesson_id else None,
            "language": self.language or None,
        }


def check(content: CourseContent, *, skills: Mapping[str, SkillRange], known_languages: Sequence[str]) -> list[Finding]:
    """Return what stands against publishing `content` and what is worth a look, blocking findings first.

    Args:
        content: the draft of a course. Its source language must be complete; a language that is not is not offered.
        skills: the skills of the current framework, by code.
        known_languages: the platform's languages; an edition may be offered in these and in their variants.
    """
    found = [
        *_check_course(content, known_languages),
        *(
            finding
            for number, module in enumerate(content.modules, 1)
            for finding in _check_module(content, number, module)
        ),
        *(finding for lesson in content.lessons() for finding in _check_lesson(content, lesson, skills)),
        *_check_translations(content),
    ]
    return sorted(found, key=lambda finding: not finding.blocking)


def blocks(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings for which publishing is refused."""
    return [finding for finding in findings if finding.blocking]


def _check_course(content: CourseContent, known_languages: Sequence[str]) -> Iterator[Finding]:
    if not content.licence.strip():
        yield Finding("licence_missing", True, _("The course names no licence."))
    if not content.languages:
        yield Finding("no_language", True, _("The course is offered in no language."))
    if content.source_language not in content.languages:
        yield Finding("source_language_not_offered", True, _("The source language is not among the languages offered."))
    for language, times in Counter(content.languages).items():
        if times > 1:
            yield Finding("language_twice", True, _("A language is listed twice."), language=language)
        if canonical(language) != language or same_language([language], known_languages) is None:
            yield Finding(
                "language_unknown", True, _("This is not a language tag that the platform knows."), language=language
            )
    if not content.modules:
        yield Finding("no_module", True, _("The course has no module."))
    source = content.texts.get(content.source_language)
    if source is None or not source.title.strip():
        yield Finding("course_title_missing", True, _("The course has no title."), language=content.source_language)
    for language in _offered(content):
        words = content.texts.get(language)
        if words is not None and not words.summary.strip():
            yield Finding("summary_missing", False, _("The course has no summary."), language=language)


def _check_module(content: CourseContent, number: int, module: ModuleContent) -> Iterator[Finding]:
    if not module.activities:
        yield Finding(
            "module_without_lessons",
            True,
            format_lazy(_("Module {number} has no lesson."), number=number),
            module_id=module.id,
        )
    words = module.texts.get(content.source_language)
    if words is None or not words.title.strip():
        yield Finding(
            "module_title_missing",
            True,
            format_lazy(_("Module {number} has no title."), number=number),
            module_id=module.id,
            language=content.source_language,
        )


def _check_lesson(content: CourseContent, lesson: LessonContent, skills: Mapping[str, SkillRange]) -> Iterator[Finding]:
    def finding(code: str, blocking: bool, message: Any, language: str = "", **values: Any) -> Finding:
        text = format_lazy(message, lesson=lesson.slug, **values)
        return Finding(code, blocking, text, lesson_id=lesson.id, language=language)

    if not lesson.skills:
        yield finding("lesson_without_skill", True, _("Lesson “{lesson}” teaches no skill."))
    for code, level in lesson.skills.items():
        skill = skills.get(code)
        if skill is None:
            yield finding(
                "skill_unknown", True, _("Lesson “{lesson}”: the framework has no skill {skill}."), skill=code
            )
        elif not skill.min_level <= level <= skill.max_level:
            yield finding(
                "level_out_of_range",
                True,
                _("Lesson “{lesson}”: {skill} has the levels {least} to {most}, not {level}."),
                skill=code,
                least=skill.min_level,
                most=skill.max_level,
                level=level,
            )
    if lesson.minutes < 1:
        yield finding("no_minutes", True, _("Lesson “{lesson}” takes no time."))
    if lesson.minutes > LONG_LESSON_MINUTES:
        yield finding(
            "lesson_long",
            False,
            _("Lesson “{lesson}” takes {minutes} minutes; on a phone, shorter ones are finished more often."),
            minutes=lesson.minutes,
        )
    words = lesson.texts.get(content.source_language)
    if words is None or not words.title.strip():
        yield finding("lesson_title_missing", True, _("Lesson “{lesson}” has no title."), content.source_language)
    if words is None or not words.body.strip():
        yield finding("lesson_body_empty", True, _("Lesson “{lesson}” has no text."), content.source_language)


def _check_translations(content: CourseContent) -> Iterator[Finding]:
    complete = complete_languages(content)
    texts = list(content.all_texts())
    for language in _offered(content):
        there = [by_language[language] for by_language in texts if language in by_language]
        if language not in complete and language != content.source_language:
            yield Finding(
                "language_incomplete",
                False,
                format_lazy(
                    _("This language is not offered yet: {count} of {total} texts are complete."),
                    count=sum(words.is_complete() for words in there),
                    total=len(texts),
                ),
                language=language,
            )
            continue
        stale = sum(is_stale(language, by_language, content.source_language) for by_language in texts)
        if stale:
            yield Finding(
                "translation_stale",
                False,
                format_lazy(_("{count} texts were translated from an older source text."), count=stale),
                language=language,
            )
        drafted = sum(words.status == MACHINE_DRAFTED for words in there)
        if drafted:
            yield Finding(
                "machine_drafted",
                False,
                format_lazy(_("{count} texts are machine-drafted and are shown as such to learners."), count=drafted),
                language=language,
            )


def _offered(content: CourseContent) -> list[str]:
    return list(dict.fromkeys(content.languages))


@lru_cache(maxsize=1024)
def ranges(wanted: tuple[str, ...], known_languages: tuple[str, ...]) -> list[str]:
    """Return the languages that suit the priority list `wanted`, best first, in lower case.

    The first of an edition's languages to appear in the list is the one that `common.languages.lookup` finds; the list lets
    the database choose in the query that reads the document.

    Args:
        known_languages: the platform's languages. An edition may be offered in variants of them too (`pt-TL`): the query takes
            one for the tag without its region.
    """
    found: dict[str, None] = {}
    for tag in wanted:
        found |= dict.fromkeys(shortened(tag))
        same = same_language([tag], known_languages)
        if same is not None:
            found.setdefault(same.lower())
    left = [tag for tag in known_languages if tag.lower() not in found]
    while left and (near := lookup(wanted, left)) is not None:
        found.setdefault(near.lower())
        left.remove(near)
    return list(found)
