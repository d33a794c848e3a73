"""Courses as trainers leave them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

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
from courses.publishing.services import publish
from courses.skills.models import Framework, Skill

_numbers = itertools.count(1)


def make_draft(
    *,
    languages: Sequence[str] = ("en", "ja", "th", "id"),
    modules: int = 1,
    lessons: int = 1,
    body: str = "Some *words*.",
    course: Course | None = None,
    number: int = 1,
) -> Edition:
    """A draft whose check list has nothing that blocks; the first language is the source, the others are drafts."""
    framework = Framework.objects.get(current=True)
    edition = Edition.objects.create(
        course=course or Course.objects.create(slug=f"course-{next(_numbers)}"),
        number=number,
        framework=framework,
        default_language=languages[0],
        languages=list(languages),
    )
    skill = Skill.objects.get(framework=framework, code="AIS-A1")
    status = {tag: "source" if tag == languages[0] else "machine_drafted" for tag in languages}
    for tag in languages:
        EditionText.objects.create(
            edition=edition, language=tag, title=f"Title {tag}", summary=f"Summary {tag}", status=status[tag]
        )
    for m in range(modules):
        module = Module.objects.create(edition=edition, position=m)
        ModuleText.objects.bulk_create(
            ModuleText(module=module, language=tag, title=f"Module {m} {tag}", status=status[tag]) for tag in languages
        )
        for n in range(lessons):
            lesson = Lesson.objects.create(module=module, position=n, slug=f"lesson-{m}-{n}", minutes=10)
            LessonSkill.objects.create(lesson=lesson, skill=skill, level=1)
            LessonText.objects.bulk_create(
                LessonText(lesson=lesson, language=tag, title=f"Lesson {m}.{n} {tag}", body=body, status=status[tag])
                for tag in languages
            )
    return edition


def make_published(**given: object) -> Edition:
    """The same, published."""
    edition = make_draft(**given)  # type: ignore[arg-type]
    publish(edition_id=edition.pk, actor="a trainer")
    edition.refresh_from_db()
    return edition


def first_lesson(edition: Edition) -> Lesson:
    """The lesson that stands first."""
    return Lesson.objects.filter(module__edition=edition).order_by("module__position", "position")[0]
