"""Loading a course from files into its draft."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from django.db import transaction

from courses.content.draft import content_of_draft, texts_of_parts, write_draft
from courses.content.models import Activity, Authority, Course, Module
from courses.content.values import CourseContent, CourseWords, LessonContent, LessonWords, ModuleWords, digest_of
from courses.exchange.files import CourseFileError, read_course
from courses.skills.models import Skill

__all__ = ["CourseFileError", "load_course"]

_W = TypeVar("_W", CourseWords, ModuleWords, LessonWords)


@transaction.atomic
def load_course(folder: Path) -> UUID:
    """Make the draft of the course in `folder` say what the files say; return the course's id. A second call changes nothing.

    A translation that comes with the files is taken as made from the source text beside it, but one that is unchanged
    while its source has changed: that one is stale.

    Raises:
        CourseFileError: the files are not valid; it names each file and place. Nothing was written.
    """
    files = read_course(folder)
    place = folder / "course.toml"
    content = files.content
    _check_skills(content, place)
    if Course.objects.filter(slug=content.slug).exclude(pk=content.id).exists():
        raise CourseFileError(f"{place}: slug: there is another course {content.slug!r} already; take another slug")
    _refuse_foreign_ids(content, place)
    if not Authority.objects.filter(pk=files.authority).exists():
        raise CourseFileError(f"{place}: authority: must be “regional” or the code of a member state")
    Course.objects.get_or_create(
        pk=content.id, defaults={"slug": content.slug, "authority_id": files.authority, "licence": content.licence}
    )
    Course.objects.select_for_update(no_key=True).get(pk=content.id)
    stored = content_of_draft(content.id)
    content = _with_sources(content, stored)
    if stored != content:
        write_draft(content)
    return content.id


def _refuse_foreign_ids(content: CourseContent, place: Path) -> None:
    """An id that another course uses would tear its module or lesson out of it."""
    activities = [activity.id for module in content.modules for activity in module.activities]
    modules = [module.id for module in content.modules]
    if (
        Activity.objects.filter(pk__in=activities).exclude(course=content.id).exists()
        or Module.objects.filter(pk__in=modules).exclude(course=content.id).exists()
    ):
        raise CourseFileError(f"{place}: id: a module, lesson or quiz with this id belongs to another course")


def _check_skills(content: CourseContent, place: Path) -> None:
    known = set(Skill.objects.filter(framework__current=True).values_list("code", flat=True))
    wrong = [
        f"{place}: modules[{m}].lessons[{n}].skills: the framework has no skill {code}"
        for m, module in enumerate(content.modules)
        for n, lesson in enumerate(module.lessons)
        for code in lesson.skills
        if code not in known
    ]
    if wrong:
        raise CourseFileError("\n".join(wrong))


def _with_sources(content: CourseContent, stored: CourseContent) -> CourseContent:
    """The same, each translation with the source text that it was made from."""
    modules, lessons = texts_of_parts(content)
    language = content.source_language
    return replace(
        content,
        texts=_sourced(content.texts, stored.texts, language),
        modules=tuple(
            replace(
                module,
                texts=_sourced(module.texts, modules.get(module.id, {}), language),
                activities=tuple(
                    replace(activity, texts=_sourced(activity.texts, lessons.get(activity.id, {}), language))
                    if isinstance(activity, LessonContent)
                    else activity
                    for activity in module.activities
                ),
            )
            for module in content.modules
        ),
    )


def _sourced(texts: Mapping[str, _W], stored: Mapping[str, _W], source_language: str) -> dict[str, _W]:
    source = texts.get(source_language)
    present = digest_of(source.fields()) if source is not None else None
    found = {}
    for language, words in texts.items():
        before = stored.get(language)
        if language == source_language:
            made_from = None
        elif before is not None and before.fields() == words.fields():
            made_from = before.source
        else:
            made_from = present
        found[language] = replace(words, source=made_from)
    return found
