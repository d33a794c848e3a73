"""Waiving lessons after a placement."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from common import clock
from courses import public as courses
from events import public as events
from events.public import Recorded
from learners.enrolments.models import Enrolment
from learners.enrolments.selectors import Pins, pins_of
from learners.events import LessonsWaived, MasteryChanged, Outcome
from learners.mastery.models import LevelChange, SkillState
from learners.waivers import rules, statements
from learners.waivers.rules import Ground, Held
from privacy import public as privacy

_WORKER = "worker:waivers"
PLACEMENT = "placement"


@transaction.atomic
def waive(recorded: Sequence[Recorded[Outcome | MasteryChanged]]) -> tuple[list[Enrolment], Pins]:
    """Take graded attempts and changed mastery: learners with a placement may skip the lessons that they master.

    A placement is noted on the enrolment; every such enrolment gets the waivers that the learner's levels give at
    present. The two kinds may come in any order, and twice: the enrolments are locked before anything is read, so
    whichever comes later sees both. A constant number of statements.

    Returns:
        The enrolments with a new waiver, still locked: it may have been all that was missing. And what they were pinned to.
    """
    happened = [delivery.event for delivery in recorded]
    learner_ids = sorted({event.learner_id for event in happened})
    placed: dict[tuple[UUID, UUID], datetime] = {}
    for event in happened:
        if isinstance(event, Outcome) and event.mode == PLACEMENT and event.answers:
            key = event.learner_id, event.edition_id
            placed[key] = min(event.submitted_at, placed.get(key, event.submitted_at))
    enrolments = list(
        Enrolment.objects.select_for_update(no_key=True).filter(learner_id__in=learner_ids).order_by("pk")
    )
    if not placed:
        enrolments = [enrolment for enrolment in enrolments if enrolment.placed_at is not None]
    if not enrolments:
        return [], Pins({}, {})
    pins = pins_of(enrolments, also=(edition_id for _, edition_id in placed))
    return waive_held(_placed(enrolments, placed, pins), pins), pins


def waive_held(enrolments: Sequence[Enrolment], pins: Pins) -> list[Enrolment]:
    """Waive what the learners of locked enrolments with a placement hold at present, in every edition they were pinned to.

    In every one, so that it is the same whether a placement or a move came first. A constant number of statements.

    Returns:
        The enrolments with a new waiver.
    """
    if not enrolments:
        return []
    held = _held({enrolment.learner_id for enrolment in enrolments})
    wanted = [
        (enrolment.pk, lesson, [_ground(ground) for ground in grounds])
        for enrolment in sorted(enrolments, key=lambda enrolment: enrolment.pk)
        for edition in pins.ever[enrolment.pk]
        for lesson, grounds in sorted(rules.waived(edition.lessons, held.get(enrolment.learner_id, {})).items())
    ]
    new = _insert(wanted, version=courses.framework().version, now=clock.now())
    if not new:
        return []
    changed = [enrolment for enrolment in enrolments if enrolment.pk in new]
    privacy.audit_many(
        actor=_WORKER,
        action="lessons.waived",
        subject_kind="enrolment",
        subject_ids=[str(enrolment.pk) for enrolment in changed],
    )
    events.record_many(
        [
            LessonsWaived(
                learner_id=enrolment.learner_id, edition_id=enrolment.edition_id, course_id=enrolment.course_id
            )
            for enrolment in changed
        ]
    )
    return changed


def _placed(
    enrolments: Sequence[Enrolment], placed: Mapping[tuple[UUID, UUID], datetime], pins: Pins
) -> list[Enrolment]:
    """Note the placements, by learner and edition, on locked enrolments, and return those with one."""
    # A placement is of its course: the learner may have moved since.
    placements: dict[tuple[UUID, UUID], datetime] = {}
    for (learner_id, edition_id), at in placed.items():
        if edition_id in pins.editions:
            key = learner_id, pins.editions[edition_id].course_id
            placements[key] = min(at, placements.get(key, at))
    noted = []
    for enrolment in enrolments:
        earliest = placements.get((enrolment.learner_id, enrolment.course_id))
        if earliest is not None and (enrolment.placed_at is None or earliest < enrolment.placed_at):
            enrolment.placed_at = earliest
            noted.append(enrolment)
    if noted:
        Enrolment.objects.bulk_update(noted, ["placed_at"])
    return [enrolment for enrolment in enrolments if enrolment.placed_at is not None]


def _held(learner_ids: Iterable[UUID]) -> Mapping[UUID, Mapping[str, Held]]:
    """The levels that learners hold, with what gave them."""
    ids = list(learner_ids)
    given = {
        (learner, code, level): (probability, str(evidence), rule)
        for learner, code, level, probability, evidence, rule in LevelChange.objects.filter(
            learner_id__in=ids
        ).values_list("learner_id", "skill_code", "level", "probability", "evidence_id", "rule_version")
    }
    found: dict[UUID, dict[str, Held]] = defaultdict(dict)
    for learner, code, level, probability in SkillState.objects.filter(learner_id__in=ids, level__gte=1).values_list(
        "learner_id", "skill_code", "level", "probability"
    ):
        by = given.get((learner, code, level), (probability, None, None))
        found[learner][code] = Held(level, *by)
    return found


def _insert(wanted: Sequence[tuple[UUID, UUID, list[dict[str, Any]]]], *, version: str, now: datetime) -> set[UUID]:
    """Store the waivers that are new, in one statement; return the enrolments that got one."""
    waivers = [
        (enrolment_id, lesson_id, {ground["skill"]: ground["level"] for ground in grounds}, grounds)
        for enrolment_id, lesson_id, grounds in wanted
    ]
    return statements.insert_waivers(waivers, framework_version=version, rule_version=rules.RULE, now=now)


def _ground(ground: Ground) -> dict[str, Any]:
    return {
        "skill": ground.skill,
        "level": ground.level,
        "held": ground.held.level,
        "probability": round(ground.held.probability, 3),
        "evidence": ground.held.evidence,
        "rule": ground.held.rule,
    }
