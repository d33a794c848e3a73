"""Reading editions as values, from what they pin."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db.models import F, UUIDField

from common.caches import ProcessCache
from common.queries import Given, IsAmong, KeptQuery
from courses.content.models import Course
from courses.publishing.models import Edition, Pin, Version
from courses.values import CourseView, EditionView, LessonView, QuizView

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
    """Several editions: one query for those whose content is cached, three more for all others; unknown ids are missing."""
    states = {pk: (status, published_at) for pk, status, published_at in _STATES(editions=list(set(edition_ids)))}
    known = _kept.among([(pk, published_at) for pk, (_, published_at) in states.items() if published_at is not None])
    found: dict[UUID, EditionView] = {}
    for (pk, _), view in known.items():
        status = states[pk][0]
        found[pk] = view if view.status == status else replace(view, status=status)
    missing = states.keys() - found.keys()
    if missing:
        read = {view.id: view for view in _read(missing)}
        found.update(read)
        _kept.put({(view.id, view.published_at): view for view in read.values() if view.published_at is not None})
    return found


def _read(edition_ids: Iterable[UUID]) -> Iterable[EditionView]:
    """Without the words of lessons, which are documents and read each by itself."""
    ids = list(edition_ids)
    units: dict[UUID, list[_Unit]] = defaultdict(list)
    pins = Pin.objects.filter(edition__in=ids).exclude(version__kind=Version.Kind.COURSE)
    for edition_id, *unit in pins.values_list(
        "edition",
        "unit",
        "version__kind",
        "parent",
        "position",
        "version__text_digests",
        "version__content__minutes",
        "version__content__skills",
        "version__content__slug",
        "version__substantial",
        "version__number",
    ):
        units[edition_id].append(_Unit(*unit))
    own: dict[UUID, Mapping[str, Any]] = dict(
        Pin.objects.filter(edition__in=ids, version__kind=Version.Kind.COURSE).values_list(
            "edition", "version__content"
        )
    )
    for row in Edition.objects.filter(pk__in=ids).order_by().select_related("framework"):
        yield _view(row, own[row.pk], units[row.pk])


@dataclass(frozen=True)
class _Unit:
    id: UUID
    kind: str
    parent: UUID
    position: int
    versions: Mapping[str, str]
    minutes: int | None
    skills: Mapping[str, int] | None
    slug: str | None
    substantial: bool
    number: int


def _view(edition: Edition, own: Mapping[str, Any], units: Iterable[_Unit]) -> EditionView:
    places = {unit.id: unit.position for unit in units if unit.kind == Version.Kind.MODULE}
    activities = sorted(
        (unit for unit in units if unit.kind != Version.Kind.MODULE),
        key=lambda unit: (places[unit.parent], unit.position),
    )
    lessons = [unit for unit in activities if unit.kind == Version.Kind.LESSON]
    return EditionView(
        id=edition.pk,
        course_id=edition.course_id,
        course_slug=own["slug"],
        number=edition.number,
        status=edition.status,
        published_at=edition.published_at,
        default_language=edition.default_language,
        languages=tuple(edition.languages),
        requires_assessment=own["requires_assessment"],
        framework_version=edition.framework.version,
        titles={language: words["title"] for language, words in own["texts"].items() if language in edition.languages},
        lessons=tuple(
            LessonView(
                id=unit.id,
                position=position,
                minutes=unit.minutes or 0,
                skills=tuple(sorted(unit.skills or ())),
                levels=unit.skills or {},
                versions=unit.versions,
                substantial=unit.substantial,
                number=unit.number,
            )
            for position, unit in enumerate(lessons)
        ),
        quizzes=tuple(
            QuizView(id=unit.id, slug=unit.slug or "") for unit in activities if unit.kind == Version.Kind.QUIZ
        ),
    )


def running_editions(course_ids: Iterable[UUID]) -> Mapping[UUID, UUID]:
    """The published edition of each course, by course; a course without one is missing."""
    published = Edition.objects.filter(course__in=list(course_ids), status=Edition.Status.PUBLISHED)
    return dict(published.order_by().values_list("course", "pk"))


def offered_editions(course_ids: Iterable[UUID]) -> Mapping[UUID, UUID]:
    """The published edition of each course, by course, where those who take an earlier one are offered it; one query."""
    offered = Edition.objects.filter(
        course__in=list(course_ids), status=Edition.Status.PUBLISHED, move_rule=Edition.MoveRule.OFFER
    )
    return dict(offered.order_by().values_list("course", "pk"))


@dataclass(frozen=True)
class Seen:
    """The text that somebody read of a lesson: its language, and its digest as the lesson's document names it."""

    language: str
    digest: str
    until: int  # number of the version that they would read now


def versions_since(seen: Mapping[UUID, Seen]) -> Mapping[UUID, Sequence[bool]]:
    """For each lesson, the versions after the one that was read up to the one of today: whether each is substantial.

    Only versions that a published or retired edition has had. A lesson whose text is not known to have been in any of them is
    missing; one without later versions (the reader is ahead) has none. One query.
    """
    known: dict[UUID, dict[int, tuple[Mapping[str, str], bool]]] = defaultdict(dict)
    pins = Pin.objects.filter(edition__published_at__isnull=False, unit__in=list(seen))
    for unit, number, digests, substantial in pins.order_by().values_list(
        "unit", "version__number", "version__text_digests", "version__substantial"
    ):
        known[unit][number] = digests, substantial
    found = {}
    for unit, read in seen.items():
        numbers = [number for number, (digests, _) in known[unit].items() if digests.get(read.language) == read.digest]
        if numbers:
            # What reads alike in this language may be several versions: the last of them that is not ahead of today's.
            begun = max((number for number in numbers if number <= read.until), default=min(numbers))
            found[unit] = [
                substantial for number, (_, substantial) in sorted(known[unit].items()) if begun < number <= read.until
            ]
    return found


def lessons_of_courses(course_ids: Iterable[UUID]) -> Mapping[UUID, frozenset[UUID]]:
    """By course, every lesson that any published or retired edition of it has had."""
    found: dict[UUID, set[UUID]] = {course_id: set() for course_id in course_ids}
    pins = Pin.objects.filter(
        edition__course__in=list(found), edition__published_at__isnull=False, version__kind=Version.Kind.LESSON
    )
    for course_id, unit in pins.order_by().values_list("edition__course", "unit").distinct():
        found[course_id].add(unit)
    return {course_id: frozenset(units) for course_id, units in found.items()}


def course_of_edition(edition_id: UUID) -> UUID | None:
    """The course that an edition, also a proposed one, is of; None if there is no such edition."""
    return Edition.objects.filter(pk=edition_id).values_list("course", flat=True).first()


def course(course_id: UUID) -> CourseView | None:
    """One course, or None; two queries."""
    row = Course.objects.select_related("authority").filter(pk=course_id).first()
    if row is None:
        return None
    newest = Edition.objects.filter(course=course_id).order_by(F("published_at").desc(nulls_last=True), "-proposed_at")
    offered = newest.values_list("default_language", "languages").first()
    default, languages = offered or (row.source_language, [row.source_language])
    return CourseView(
        id=row.pk,
        slug=row.slug,
        authority=row.authority.code,
        languages=tuple(sorted(languages, key=lambda tag: tag != default)),
        second_person_approves_items=row.authority.second_person_approves_items,
    )
