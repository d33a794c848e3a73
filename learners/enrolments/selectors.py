"""Reads of enrolments."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.postgres.aggregates import ArrayAgg
from django.contrib.postgres.fields import ArrayField
from django.db.models import F, Q, QuerySet, UUIDField

from common.queries import Given, IsAmong, KeptQuery
from courses import public as courses
from courses.public import EditionView
from learners.enrolments.models import Enrolment, EnrolmentEdition


@dataclass(frozen=True)
class Participation:
    """A learner's participation in an edition: are all lessons done, which cohorts of the course (by code), and the
    languages of the learner's profile, best first.
    """

    enrolment_id: UUID
    lessons_done: bool
    cohorts: tuple[str, ...]
    languages: tuple[str, ...]


def participation(*, learner_id: UUID, edition_id: UUID) -> Participation | None:
    """The learner's participation in the edition, None if no enrolment is pinned to it; one query."""
    row = (
        Enrolment.objects.filter(learner_id=learner_id, edition_id=edition_id)
        .annotate(
            cohorts=ArrayAgg(
                "memberships__cohort__code",
                filter=Q(memberships__isnull=False),
                default=[],
                order_by="memberships__cohort__code",
            )
        )
        .values_list("pk", "lessons_done_at", "cohorts", "learner__languages")
        .first()
    )
    return Participation(row[0], row[1] is not None, tuple(row[2]), tuple(row[3])) if row else None


def is_enrolled(*, learner_id: UUID, edition_id: UUID) -> bool:
    """Whether an enrolment of the learner is pinned to the edition; one query."""
    return Enrolment.objects.filter(learner_id=learner_id, edition_id=edition_id).exists()


def completions(
    *, learner_ids: Collection[UUID], edition_ids: Iterable[UUID]
) -> Mapping[tuple[UUID, UUID], datetime | None]:
    """When each learner completed each of the editions that they take or took, None for not yet, by (learner, edition).

    One query; editions that a learner was never pinned to are missing. An enrolment that moved is completed in all of its
    editions: what completes it in one of them does so for good.
    """
    wanted = set(edition_ids)
    rows = Enrolment.objects.filter(
        Q(edition_id__in=wanted) | Q(pinned__edition_id__in=wanted), learner_id__in=learner_ids
    ).values_list("learner_id", "edition_id", "pinned__edition_id", "completed_at")
    return {
        (learner_id, edition_id): completed_at
        for learner_id, now, earlier, completed_at in rows
        for edition_id in (now, earlier)
        if edition_id in wanted
    }


_PINS = KeptQuery(
    lambda: (
        EnrolmentEdition.objects.filter(IsAmong(F("enrolment_id"), Given("enrolments", ArrayField(UUIDField()))))
        .order_by()
        .values_list("enrolment_id", "edition_id")
    )
)


@dataclass(frozen=True)
class Pins:
    """Editions by id, and for each enrolment those that it was ever pinned to, the present one too."""

    editions: Mapping[UUID, EditionView]
    ever: Mapping[UUID, Sequence[EditionView]]


def pins_of(enrolments: Iterable[Enrolment], *, also: Iterable[UUID] = ()) -> Pins:
    """What the enrolments were ever pinned to; `also`: further editions to read. Two queries."""
    found = {enrolment.pk: {enrolment.edition_id} for enrolment in enrolments}
    for enrolment_id, edition_id in _PINS(enrolments=list(found)):
        found[enrolment_id].add(edition_id)
    editions = courses.editions({edition_id for ever in found.values() for edition_id in ever} | set(also))
    return Pins(
        editions=editions,
        ever={
            enrolment_id: [editions[edition_id] for edition_id in sorted(ever)] for enrolment_id, ever in found.items()
        },
    )


@dataclass(frozen=True)
class TakenCourse:
    """A course that a learner takes: the edition that they completed first, or else the one they enrolled in last."""

    edition_id: UUID
    completed_at: datetime | None


def editions_taken(learner_id: UUID) -> QuerySet[Enrolment, Any]:
    """The ids of the editions that the learner's enrolments are pinned to, as a condition of another query."""
    return Enrolment.objects.filter(learner_id=learner_id).values("edition_id")


def taken_courses(
    *, learner_ids: Collection[UUID], course_ids: Iterable[UUID]
) -> Mapping[tuple[UUID, UUID], TakenCourse]:
    """Each of the courses that each learner takes in any edition, by (learner, course).

    One query; courses that a learner does not take are missing.
    """
    rows = (
        Enrolment.objects.filter(learner_id__in=learner_ids, edition__course_id__in=list(course_ids))
        .order_by("learner_id", "edition__course_id", F("completed_at").asc(nulls_last=True), "-enrolled_at", "-pk")
        .distinct("learner_id", "edition__course_id")
        .values_list("learner_id", "edition__course_id", "edition_id", "completed_at")
    )
    return {
        (learner_id, course_id): TakenCourse(edition_id, completed_at)
        for learner_id, course_id, edition_id, completed_at in rows
    }


def own_enrolment(*, learner_id: UUID, enrolment_id: UUID) -> Enrolment | None:
    """The learner's own enrolment, or None: somebody else's is as unknown as one that does not exist."""
    return Enrolment.objects.filter(pk=enrolment_id, learner_id=learner_id).first()


def own_enrolments(*, learner_id: UUID, after: UUID | None, limit: int) -> Sequence[Enrolment]:
    """At most `limit` of the learner's enrolments behind `after`, by id (clients make UUIDv7: oldest first)."""
    found = Enrolment.objects.filter(learner_id=learner_id).order_by("pk")
    if after is not None:
        found = found.filter(pk__gt=after)
    return list(found[:limit])
