"""Courses as trainers leave them."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from common.ids import new_id
from courses.content.draft import write_draft
from courses.content.values import (
    CourseContent,
    CourseWords,
    LessonContent,
    LessonWords,
    ModuleContent,
    ModuleWords,
    digest_of,
)
from courses.models import Course, Edition, LessonText
from courses.publishing.services import propose, publish

_numbers = itertools.count(1)


def make_content(
    *,
    course_id: UUID | None = None,
    slug: str = "",
    languages: Sequence[str] = ("en", "ja", "th", "id"),
    modules: int = 1,
    lessons: int = 1,
    body: str = "Some *words*.",
    requires_assessment: bool = True,
    skills: Sequence[Mapping[str, int]] = (),
    titles: Mapping[str, str] | None = None,
) -> CourseContent:
    """A draft whose check list has nothing that blocks; the first language is the source, the others are drafts of it."""
    status = {tag: "source" if tag == languages[0] else "machine_drafted" for tag in languages}

    def source(**words: str) -> dict[str, str | None]:
        made_from = digest_of(words)
        return {tag: None if tag == languages[0] else made_from for tag in languages}

    titles = titles or {tag: f"Title {tag}" for tag in languages}
    of_course = source(title=titles[languages[0]], summary=f"Summary {languages[0]}")

    def a_lesson(m: int, n: int) -> LessonContent:
        made_from = source(title=f"Lesson {m}.{n} {languages[0]}", body=body)
        return LessonContent(
            id=new_id(),
            slug=f"lesson-{m}-{n}",
            minutes=10,
            skills=skills[n] if skills else {"AIS-A1": 1},
            texts={
                tag: LessonWords(f"Lesson {m}.{n} {tag}", body, status=status[tag], source=made_from[tag])
                for tag in languages
            },
        )

    def a_module(m: int) -> ModuleContent:
        made_from = source(title=f"Module {m} {languages[0]}")
        return ModuleContent(
            id=new_id(),
            texts={
                tag: ModuleWords(f"Module {m} {tag}", status=status[tag], source=made_from[tag]) for tag in languages
            },
            activities=tuple(a_lesson(m, n) for n in range(lessons)),
        )

    return CourseContent(
        id=course_id or new_id(),
        slug=slug or f"course-{next(_numbers)}",
        licence="CC-BY-4.0",
        attribution="",
        source_language=languages[0],
        languages=tuple(languages),
        requires_assessment=requires_assessment,
        texts={
            tag: CourseWords(titles[tag], f"Summary {tag}", status=status[tag], source=of_course[tag])
            for tag in languages
        },
        modules=tuple(a_module(m) for m in range(modules)),
    )


def make_course(content: CourseContent | None = None, **given: Any) -> Course:
    """A course whose draft says that; no edition."""
    content = content or make_content(**given)
    course = Course.objects.create(pk=content.id, slug=content.slug)
    write_draft(content)
    course.refresh_from_db()
    return course


def make_proposed(**given: Any) -> Edition:
    """An edition that is proposed, of a course of its own."""
    course = make_course(**given)
    return Edition.objects.get(pk=propose(course_id=course.pk, actor="a trainer"))


def make_published(**given: Any) -> Edition:
    """The same, published."""
    edition = make_proposed(**given)
    publish(edition_id=edition.pk, actor="a trainer")
    edition.refresh_from_db()
    return edition


def make_next(edition: Edition) -> Edition:
    """The next edition of the same course, published: one letter of a lesson is another."""
    text = LessonText.objects.filter(lesson__activity__course=edition.course, language=edition.default_language)[0]
    text.body += "."
    text.save()
    following = propose(course_id=edition.course_id, actor="a trainer")
    publish(edition_id=following, actor="a trainer")
    edition.refresh_from_db()
    return Edition.objects.get(pk=following)


def lessons_of(edition: Edition) -> list[UUID]:
    """The lessons of an edition, in order."""
    from courses.public import edition as edition_view

    view = edition_view(edition.pk)
    assert view is not None
    return [lesson.id for lesson in view.lessons]


def first_lesson(edition: Edition) -> UUID:
    """The lesson that stands first."""
    return lessons_of(edition)[0]
