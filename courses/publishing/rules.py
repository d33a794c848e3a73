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
from courses.catalogue.content import EditionContent, EditionWords, LessonContent, LessonWords, ModuleWords

LONG_LESSON_MINUTES = 30
MACHINE_DRAFTED = "machine_drafted"


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


def check(
    edition: EditionContent, *, skills: Mapping[str, SkillRange], known_languages: Sequence[str]
) -> list[Finding]:
    """Return what stands against publishing `edition` and what is worth a look, blocking findings first.

    Args:
        edition: the edition as it is.
        skills: the skills of the edition's framework, by code.
        known_languages: the platform's languages; an edition may be offered in these and in their variants.
    """
    found = [
        *_check_edition(edition, known_languages),
        *(finding for number, module in enumerate(edition.modules, 1) for finding in _check_module(edition, number)),
        *(finding for lesson in edition.lessons() for finding in _check_lesson(edition, lesson, skills)),
        *_check_translations(edition),
    ]
    return sorted(found, key=lambda finding: not finding.blocking)


def blocks(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings for which publishing is refused."""
    return [finding for finding in findings if finding.blocking]


def _check_edition(edition: EditionContent, known_languages: Sequence[str]) -> Iterator[Finding]:
    if not edition.licence.strip():
        yield Finding("licence_missing", True, _("The course names no licence."))
    if not edition.languages:
        yield Finding("no_language", True, _("The edition is offered in no language."))
    if edition.default_language not in edition.languages:
        yield Finding(
            "default_language_not_offered", True, _("The default language is not among the languages offered.")
        )
    for language, times in Counter(edition.languages).items():
        if times > 1:
            yield Finding("language_twice", True, _("A language is listed twice."), language=language)
        if canonical(language) != language or same_language([language], known_languages) is None:
            yield Finding(
                "language_unknown", True, _("This is not a language tag that the platform knows."), language=language
            )
    if not edition.modules:
        yield Finding("no_module", True, _("The edition has no module."))
    for language in _offered(edition):
        words = edition.texts.get(language)
        if words is None or not words.title.strip():
            yield Finding("edition_title_missing", True, _("The edition has no title."), language=language)
        elif not words.summary.strip():
            yield Finding("summary_missing", False, _("The edition has no summary."), language=language)


def _check_module(edition: EditionContent, number: int) -> Iterator[Finding]:
    module = edition.modules[number - 1]
    if not module.lessons:
        yield Finding(
            "module_without_lessons",
            True,
            format_lazy(_("Module {number} has no lesson."), number=number),
            module_id=module.id,
        )
    for language in _offered(edition):
        words = module.texts.get(language)
        if words is None or not words.title.strip():
            yield Finding(
                "module_title_missing",
                True,
                format_lazy(_("Module {number} has no title."), number=number),
                module_id=module.id,
                language=language,
            )


def _check_lesson(
    edition: EditionContent, lesson: LessonContent, skills: Mapping[str, SkillRange]
) -> Iterator[Finding]:
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
    for language in _offered(edition):
        words = lesson.texts.get(language)
        if words is None or not words.title.strip():
            yield finding("lesson_title_missing", True, _("Lesson “{lesson}” has no title."), language)
        if words is None or not words.body.strip():
            yield finding("lesson_body_empty", True, _("Lesson “{lesson}” has no text."), language)


def _check_translations(edition: EditionContent) -> Iterator[Finding]:
    for language in _offered(edition):
        statuses = [
            words.status for by_language in _texts(edition) for tag, words in by_language.items() if tag == language
        ]
        drafted = statuses.count(MACHINE_DRAFTED)
        if drafted:
            yield Finding(
                "machine_drafted",
                False,
                format_lazy(_("{count} texts are machine-drafted and are shown as such to learners."), count=drafted),
                language=language,
            )


def _texts(edition: EditionContent) -> Iterator[Mapping[str, EditionWords | ModuleWords | LessonWords]]:
    yield edition.texts
    yield from (module.texts for module in edition.modules)
    yield from (lesson.texts for lesson in edition.lessons())


def _offered(edition: EditionContent) -> list[str]:
    return list(dict.fromkeys(edition.languages))


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
