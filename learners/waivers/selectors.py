"""Reads of waivers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, TypedDict
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db.models import F, UUIDField
from django.utils.translation import gettext as _

from common.queries import Given, IsAmong, KeptQuery
from common.schemas import Keywords
from learners.waivers import rules
from learners.waivers.models import LessonWaiver


class WaiverGroundView(TypedDict):
    """A level for which a lesson is waived."""

    skill: str
    level: Annotated[int, Keywords("That the lesson leads to.")]
    held: Annotated[int, Keywords("The learner's level when it was waived.")]
    probability: Annotated[float, Keywords("With which that level is held.")]


class WaiverView(TypedDict):
    """A waiver as its learner reads it, in the active language."""

    at: datetime
    because: list[WaiverGroundView]
    explanation: Annotated[str, Keywords("A sentence in the language of Accept-Language.")]


_OF_ENROLMENTS = KeptQuery(
    lambda: LessonWaiver.objects.filter(IsAmong(F("enrolment_id"), Given("enrolments", ArrayField(UUIDField()))))
)


def of_enrolments(enrolment_ids: Iterable[UUID]) -> Mapping[UUID, Sequence[LessonWaiver]]:
    """Waivers by enrolment, whether they count in the edition that it is pinned to or not; one query."""
    found: dict[UUID, list[LessonWaiver]] = {enrolment_id: [] for enrolment_id in enrolment_ids}
    for waiver in _OF_ENROLMENTS(enrolments=list(found)):
        found[waiver.enrolment_id].append(waiver)
    return found


def counting(lessons: Iterable[rules.Lesson], waivers: Iterable[LessonWaiver]) -> Mapping[UUID, LessonWaiver]:
    """The first waiver of each lesson that counts for what these lessons lead to."""
    levels = {lesson.id: lesson.levels for lesson in lessons}
    found: dict[UUID, LessonWaiver] = {}
    for waiver in sorted(waivers, key=lambda waiver: (waiver.at, waiver.pk)):
        held = {ground["skill"]: ground["held"] for ground in waiver.because}
        if waiver.lesson_id in levels and rules.counts(levels[waiver.lesson_id], held):
            found.setdefault(waiver.lesson_id, waiver)
    return found


def waiver_document(waiver: LessonWaiver) -> WaiverView:
    """The waiver as its learner reads it: since when, on which grounds, and a sentence in the active language."""
    return {
        "at": waiver.at,
        "because": [
            {
                "skill": ground["skill"],
                "level": ground["level"],
                "held": ground["held"],
                "probability": ground["probability"],
            }
            for ground in waiver.because
        ],
        "explanation": explanation(waiver),
    }


def explanation(waiver: LessonWaiver) -> str:
    """Say in the active language why the lesson may be skipped."""
    skills = ", ".join(
        _("%(skill)s at level %(level)s (probability %(probability)s)")
        % {"skill": ground["skill"], "level": ground["held"], "probability": f"{ground['probability']:.0%}"}
        for ground in waiver.because
    )
    return _(
        "You may skip this lesson: your placement shows that you hold what it teaches: %(skills)s. "
        "You can still do it if you like."
    ) % {"skills": skills}
