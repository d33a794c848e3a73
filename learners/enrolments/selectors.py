"""Reads of enrolments."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import F, Q

from learners.enrolments.models import Enrolment


@dataclass(frozen=True)
class Participation:
    """A learner's participation in an edition: are all lessons done, and which cohorts (by code)."""

    enrolment_id: UUID
    lessons_done: bool
    cohorts: tuple[str, ...]


def participation(*, learner_id: UUID, edition_id: UUID) -> Participation | None:
    """The learner's participation in the edition, None without an enrolment; one query."""
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
        .values_list("pk", "lessons_done_at", "cohorts")
        .first()
    )
    return Participation(row[0], row[1] is not None, tuple(row[2])) if row else None


def is_enrolled(*, learner_id: UUID, edition_id: UUID) -> bool:
    """Whether the learner takes the edition; one query."""
    return Enrolment.objects.filter(learner_id=learner_id, edition_id=edition_id).exists()


def completions(
    *, learner_ids: Collection[UUID], edition_ids: Iterable[UUID]
) -> Mapping[tuple[UUID, UUID], datetime | None]:
    """When each learner completed each of the editions that they take, None for not yet, by (learner, edition).

    One query; editions that a learner does not take are missing.
    """
    rows = Enrolment.objects.filter(learner_id__in=learner_ids, edition_id__in=list(edition_ids)).values_list(
        "learner_id", "edition_id", "completed_at"
    )
    return {(learner_id, edition_id): completed_at for learner_id, edition_id, completed_at in rows}


@dataclass(frozen=True)
class TakenCourse:
    """A course that a learner takes: the edition that they completed first, or else the one they enrolled in last."""

    edition_id: UUID
    completed_at: datetime | None


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
