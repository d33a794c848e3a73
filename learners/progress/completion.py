"""When a course is completed: whatever came last, and for any edition that the enrolment was ever pinned to.

The same facts (lessons done, lessons waived, assessments passed, editions pinned to) give the same instants in any order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from courses import public as courses
from courses.public import EditionView
from events import public as events
from events.public import Recorded
from learners.enrolments import statements
from learners.enrolments.models import Enrolment
from learners.enrolments.selectors import Pins, pins_of
from learners.events import EditionCompleted, MasteryChanged, Outcome
from learners.progress import rules
from learners.progress.models import LessonProgress
from learners.waivers import selectors as waived
from learners.waivers.models import LessonWaiver
from learners.waivers.services import waive

# Practice proves nothing, and a placement only shows where to begin: neither is the assessment that an edition requires.
COUNTED_MODES = frozenset({"assessment", "certification"})


@dataclass(frozen=True)
class _Facts:
    """What is known of an enrolment: every edition it was pinned to, lessons done, and waivers of any of their lessons."""

    editions: Sequence[EditionView]
    done: Mapping[UUID, datetime]
    waivers: Sequence[LessonWaiver]

    def lessons_at(self, edition: EditionView) -> datetime | None:
        counting = waived.counting(edition.lessons, self.waivers)
        return rules.all_done_at(
            [lesson.id for lesson in edition.lessons],
            done=self.done,
            waived={lesson: waiver.at for lesson, waiver in counting.items()},
        )


@transaction.atomic
def waive_lessons(recorded: Sequence[Recorded[Outcome | MasteryChanged]]) -> None:
    """Consumer of graded attempts and of changed mastery: lessons are waived, and what that completes is completed.

    A second call changes nothing. A constant number of statements.
    """
    enrolments, pins = waive(recorded)
    if enrolments:
        settle(enrolments, pins)


@transaction.atomic
def note_passed_assessments(recorded: Sequence[Recorded[Outcome]]) -> None:
    """Consumer: passed assessments complete the courses whose lessons are done.

    The earliest passed attempt at a quiz of any edition counts, in whatever order they come; a course is completed once, with
    one event. A constant number of statements.
    """
    passed = [
        outcome
        for outcome in (delivery.event for delivery in recorded)
        if outcome.passed and outcome.mode in COUNTED_MODES
    ]
    if not passed:
        return
    editions = courses.editions({outcome.edition_id for outcome in passed})
    earliest: dict[tuple[UUID, UUID], datetime] = {}
    for outcome in passed:
        if outcome.edition_id in editions:
            key = outcome.learner_id, editions[outcome.edition_id].course_id
            earliest[key] = min(outcome.submitted_at, earliest.get(key, outcome.submitted_at))
    if not earliest:
        return
    completed = statements.note_passed(earliest)
    if completed:
        enrolments = list(Enrolment.objects.filter(pk__in=completed).order_by("learner_id", "pk"))
        _tell(enrolments, _facts_of(enrolments, pins_of(enrolments)))


def settle(enrolments: Sequence[Enrolment], pins: Pins) -> None:
    """Note on locked enrolments, from all that is known of them, whether lessons and course are done. Constant statements."""
    facts = _facts_of(enrolments, pins)
    changed, completed = [], []
    for enrolment in enrolments:
        was_completed = enrolment.completed_at is not None
        if _note(enrolment, facts[enrolment.pk]):
            changed.append(enrolment)
            if enrolment.completed_at is not None and not was_completed:
                completed.append(enrolment)
    if changed:
        Enrolment.objects.bulk_update(changed, ["lessons_done_at", "completed_at"])
    if completed:
        _tell(completed, facts)


def _note(enrolment: Enrolment, facts: _Facts) -> bool:
    done = [(edition, at) for edition in facts.editions if (at := facts.lessons_at(edition)) is not None]
    return enrolment.note_done(
        lessons_at=min((at for _, at in done), default=None),
        unassessed_at=min((at for edition, at in done if not edition.requires_assessment), default=None),
    )


def _facts_of(enrolments: Iterable[Enrolment], pins: Pins) -> Mapping[UUID, _Facts]:
    """By enrolment; two queries."""
    ids = [enrolment.pk for enrolment in enrolments]
    done: dict[UUID, dict[UUID, datetime]] = defaultdict(dict)
    for enrolment_id, lesson_id, at in LessonProgress.objects.filter(
        enrolment_id__in=ids, done_at__isnull=False
    ).values_list("enrolment_id", "lesson_id", "done_at"):
        if at is not None:
            done[enrolment_id][lesson_id] = at
    waivers = waived.of_enrolments(ids)
    return {
        enrolment_id: _Facts(pins.ever[enrolment_id], done[enrolment_id], waivers[enrolment_id]) for enrolment_id in ids
    }


def _tell(completed: Iterable[Enrolment], facts: Mapping[UUID, _Facts]) -> None:
    """Record the event of each enrolment that has just been completed."""
    events.record_many(
        [
            EditionCompleted(
                learner_id=enrolment.learner_id,
                edition_id=_completed_edition(enrolment, facts[enrolment.pk]),
                course_id=enrolment.course_id,
            )
            for enrolment in completed
        ]
    )


def _completed_edition(enrolment: Enrolment, facts: _Facts) -> UUID:
    """The newest edition for which all that it asks is there."""
    held = [
        edition
        for edition in facts.editions
        if (enrolment.assessment_passed_at is not None or not edition.requires_assessment)
        and facts.lessons_at(edition) is not None
    ]
    return max(held, key=lambda edition: edition.number).id if held else enrolment.edition_id
