"""Loading a course from files into a draft."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from uuid import UUID

from django.db import transaction

from courses.catalogue.content import EditionContent
from courses.catalogue.files import CourseFileError, read_course
from courses.catalogue.identity import course_id_of
from courses.catalogue.models import (
    Course,
    Edition,
    EditionText,
    Lesson,
    LessonSkill,
    LessonText,
    Module,
    ModuleText,
)
from courses.catalogue.selectors import edition_content
from courses.skills.models import Framework, Skill

__all__ = ["CourseFileError", "load_course"]

_log = logging.getLogger(__name__)


@transaction.atomic
def load_course(folder: Path) -> UUID:
    """Load the edition in `folder` as a draft, or bring its draft up to the files; returns the edition's id.

    A published edition is left alone; when the files differ from it, a warning says so. A second call changes nothing.

    Raises:
        CourseFileError: the files are not valid; it names each file and place. Nothing was written.
    """
    content = read_course(folder)
    place = folder / "course.toml"
    stored = Edition.objects.select_for_update(of=("self",), no_key=True).filter(pk=content.id).first()
    if stored is not None:
        unchanged = edition_content(content.id) == content
        if stored.status != Edition.Status.DRAFT and not unchanged:
            _log.warning(
                "files differ from the published edition, which stays as it is: give them a new edition number",
                extra={"course": content.course_slug, "edition": content.number},
            )
        if unchanged or stored.status != Edition.Status.DRAFT:
            return content.id
    _refuse_foreign_rows(content, place)
    framework = Framework.objects.get(current=True)
    _write(content, framework, _skills(content, framework, place))
    return content.id


def _refuse_foreign_rows(content: EditionContent, place: Path) -> None:
    """What was made in the admin under the same slug has ids of its own; the files must not be mixed with it."""
    course = Course.objects.filter(slug=content.course_slug).first()
    if course is not None and course.pk != course_id_of(content.course_slug):
        raise CourseFileError(
            f"{place}: slug: there is a course {content.course_slug!r} that was not loaded from files"
        )
    edition = Edition.objects.filter(course=course, number=content.number).first() if course else None
    if edition is not None and edition.pk != content.id:
        raise CourseFileError(f"{place}: edition.number: edition {content.number} was made in the admin; take another")


def _skills(content: EditionContent, framework: Framework, place: Path) -> Mapping[str, Skill]:
    wanted = {code for lesson in content.lessons() for code in lesson.skills}
    known = {skill.code: skill for skill in Skill.objects.filter(framework=framework, code__in=wanted)}
    wrong = [
        f"{place}: modules[{m}].lessons[{n}].skills: framework {framework.version} has no skill {code}"
        for m, module in enumerate(content.modules)
        for n, lesson in enumerate(module.lessons)
        for code in lesson.skills
        if code not in known
    ]
    if wrong:
        raise CourseFileError("\n".join(wrong))
    return known


def _write(content: EditionContent, framework: Framework, skills: Mapping[str, Skill]) -> None:
    course, _ = Course.objects.update_or_create(
        pk=course_id_of(content.course_slug),
        defaults={"slug": content.course_slug, "licence": content.licence, "attribution": content.attribution},
    )
    Edition.objects.update_or_create(
        pk=content.id,
        defaults={
            "course": course,
            "number": content.number,
            "framework": framework,
            "default_language": content.default_language,
            "languages": list(content.languages),
            "requires_assessment": content.requires_assessment,
        },
    )
    lesson_ids = [lesson.id for lesson in content.lessons()]
    EditionText.objects.filter(edition_id=content.id).delete()
    ModuleText.objects.filter(module__edition_id=content.id).delete()
    LessonText.objects.filter(lesson__module__edition_id=content.id).delete()
    LessonSkill.objects.filter(lesson__module__edition_id=content.id).delete()
    Lesson.objects.filter(module__edition_id=content.id).exclude(pk__in=lesson_ids).delete()
    Module.objects.bulk_create(
        [Module(id=module.id, edition_id=content.id, position=n) for n, module in enumerate(content.modules)],
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["position"],
    )
    Lesson.objects.bulk_create(
        [
            Lesson(id=lesson.id, module_id=module.id, position=position, slug=lesson.slug, minutes=lesson.minutes)
            for module in content.modules
            for position, lesson in enumerate(module.lessons)
        ],
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["module", "position", "slug", "minutes"],
    )
    # Only now: a lesson may have moved out of a module that is gone.
    Module.objects.filter(edition_id=content.id).exclude(pk__in=[module.id for module in content.modules]).delete()
    _write_texts(content, skills)


def _write_texts(content: EditionContent, skills: Mapping[str, Skill]) -> None:
    EditionText.objects.bulk_create(
        EditionText(
            edition_id=content.id,
            language=language,
            title=words.title,
            summary=words.summary,
            status=words.status,
        )
        for language, words in content.texts.items()
    )
    ModuleText.objects.bulk_create(
        ModuleText(module_id=module.id, language=language, title=words.title, status=words.status)
        for module in content.modules
        for language, words in module.texts.items()
    )
    LessonText.objects.bulk_create(
        LessonText(lesson_id=lesson.id, language=language, title=words.title, body=words.body, status=words.status)
        for lesson in content.lessons()
        for language, words in lesson.texts.items()
    )
    LessonSkill.objects.bulk_create(
        LessonSkill(lesson_id=lesson.id, skill=skills[code], level=level)
        for lesson in content.lessons()
        for code, level in lesson.skills.items()
    )
