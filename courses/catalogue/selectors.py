"""Reading editions as values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db.models import F, Prefetch, UUIDField

from common.caches import ProcessCache
from common.queries import Given, IsAmong, KeptQuery
from courses.catalogue.content import (
    EditionContent,
    EditionWords,
    LessonContent,
    LessonWords,
    ModuleContent,
    ModuleWords,
)
from courses.catalogue.models import Edition, Lesson, Module
from courses.values import EditionView, LessonView

# A frozen edition never changes, apart from its status, which is read every time. The instant of publishing is part of
# the key, so that nothing is kept from a publishing that was rolled back.
_kept: ProcessCache[tuple[UUID, datetime], EditionView] = ProcessCache(most=2000)


def edition(edition_id: UUID) -> EditionView | None:
    """One edition (its content is cached once published: it is frozen), or None."""
    return editions([edition_id]).get(edition_id)


_STATES = KeptQuery(
    lambda: (
        Edition.objects.filter(IsAmong(F("pk"), Given("editions", ArrayField(UUIDField()))))
        .order_by()
        .values_list("pk", "status", "published_at")
    )
)


def editions(edition_ids: Iterable[UUID]) -> Mapping[UUID, EditionView]:
    """Several editions: one query for those whose content is cached, five more for all others; unknown ids are missing."""
    states = {pk: (status, published_at) for pk, status, published_at in _STATES(editions=list(set(edition_ids)))}
    known = _kept.among([(pk, published_at) for pk, (_, published_at) in states.items() if published_at is not None])
    found: dict[UUID, EditionView] = {}
    for (pk, _), view in known.items():
        status = states[pk][0]
        found[pk] = view if view.status == status else replace(view, status=status)
    missing = states.keys() - found.keys()
    if missing:
        read = {view.id: view for view in map(_view, _with_lessons(missing))}
        found.update(read)
        _kept.put({(view.id, view.published_at): view for view in read.values() if view.published_at is not None})
    return found


def _with_lessons(edition_ids: Iterable[UUID]) -> Iterable[Edition]:
    lessons = Lesson.objects.order_by("position").prefetch_related("skills__skill")
    modules = Module.objects.order_by("position").prefetch_related(Prefetch("lessons", queryset=lessons))
    return (
        Edition.objects.filter(pk__in=edition_ids)
        .order_by()
        .select_related("course", "framework")
        .prefetch_related("texts", Prefetch("modules", queryset=modules))
    )


def _view(edition: Edition) -> EditionView:
    lessons = [lesson for module in edition.modules.all() for lesson in module.lessons.all()]
    return EditionView(
        id=edition.pk,
        course_slug=edition.course.slug,
        number=edition.number,
        status=edition.status,
        published_at=edition.published_at,
        default_language=edition.default_language,
        languages=tuple(edition.languages),
        requires_assessment=edition.requires_assessment,
        framework_version=edition.framework.version,
        titles={text.language: text.title for text in edition.texts.all()},
        lessons=tuple(
            LessonView(
                id=lesson.pk,
                position=position,
                minutes=lesson.minutes,
                skills=tuple(sorted(taught.skill.code for taught in lesson.skills.all())),
                levels={taught.skill.code: taught.level for taught in lesson.skills.all()},
            )
            for position, lesson in enumerate(lessons)
        ),
    )


def edition_content(edition_id: UUID) -> EditionContent:
    """Everything that an edition says, in a constant number of queries.

    A skill of another framework than the edition's stands as `code@version`, so that no rule takes it for a known one.

    Raises:
        Edition.DoesNotExist: there is no such edition.
    """
    lessons = Lesson.objects.order_by("position", "id").prefetch_related("texts", "skills__skill__framework")
    modules = Module.objects.order_by("position", "id").prefetch_related("texts", Prefetch("lessons", queryset=lessons))
    edition = (
        Edition.objects.select_related("course")
        .prefetch_related("texts", Prefetch("modules", queryset=modules))
        .get(pk=edition_id)
    )
    return EditionContent(
        id=edition.pk,
        course_slug=edition.course.slug,
        licence=edition.course.licence,
        attribution=edition.course.attribution,
        number=edition.number,
        default_language=edition.default_language,
        languages=tuple(edition.languages),
        requires_assessment=edition.requires_assessment,
        texts={
            text.language: EditionWords(title=text.title, summary=text.summary, status=text.status)
            for text in edition.texts.all()
        },
        modules=tuple(
            ModuleContent(
                id=module.pk,
                texts={text.language: ModuleWords(title=text.title, status=text.status) for text in module.texts.all()},
                lessons=tuple(_lesson_content(lesson, edition.framework_id) for lesson in module.lessons.all()),
            )
            for module in edition.modules.all()
        ),
    )


def _lesson_content(lesson: Lesson, framework_id: int) -> LessonContent:
    return LessonContent(
        id=lesson.pk,
        slug=lesson.slug,
        minutes=lesson.minutes,
        skills={
            taught.skill.code
            if taught.skill.framework_id == framework_id
            else f"{taught.skill.code}@{taught.skill.framework.version}": taught.level
            for taught in lesson.skills.all()
        },
        texts={
            text.language: LessonWords(title=text.title, body=text.body, status=text.status)
            for text in lesson.texts.all()
        },
    )
