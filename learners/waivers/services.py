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
from learners.events import LessonsWaived, MasteryChanged, Outcome
from learners.mastery.models import LevelChange, SkillState
from learners.waivers import rules, statements
from learners.waivers.rules import Ground, Held
from privacy import public as privacy

_WORKER = "worker:waivers"
PLACEMENT = "placement"


@transaction.atomic
def waive(recorded: Sequence[Recorded[Outcome | MasteryChanged]]) -> list[Enrolment]:
    """Take graded attempts and changed mastery: learners with a placement may skip the lessons that they master.

    A placement is noted on the enrolment; every such enrolment gets the waivers that the learner's levels give at
    present. The two kinds may come in any order, and twice: the enrolments are locked before anything is read, so
    whichever comes later sees both. A constant number of statements.

    Returns:
        The enrolments with a new waiver, still locked: it may have been all that was missing.
    """
    happened = [delivery.event for delivery in recorded]
    learner_ids = sorted({event.learner_id for event in happened})
    placed: dict[tuple[UUID, UUID], datetime] = {}
    for event in happened:
        if isinstance(event, Outcome) and event.mode == PLACEMENT and event.answers:
            key = event.learner_id, event.edition_id
            placed[key] = min(event.submitted_at, placed.get(key, event.submitted_at))
    enrolments = _locked(learner_ids, placed)
    if not enrolments:
        return []
    editions = courses.editions({enrolment.edition_id for enrolment in enrolments})
    held = _held({enrolment.learner_id for enrolment in enrolments})
    wanted = {
        enrolment.pk: rules.waived(editions[enrolment.edition_id].lessons, held.get(enrolment.learner_id, {}))
        for enrolment in enrolments
    }
    now = clock.now()
    new = _insert(wanted, version=courses.framework().version, now=now)
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
        [LessonsWaived(learner_id=enrolment.learner_id, edition_id=enrolment.edition_id) for enrolment in changed]
    )
    return changed


def _locked(learner_ids: Sequence[UUID], placed: Mapping[tuple[UUID, UUID], datetime]) -> list[Enrolment]:
    """Lock the learners' enrolments in order, note the placements, and return those with one."""
    enrolments = list(
        Enrolment.objects.select_for_update(no_key=True).filter(learner_id__in=learner_ids).order_by("pk")
    )
    noted = []
    for enrolment in enrolments:
        at = placed.get((enrolment.learner_id, enrolment.edition_id))
        if at is not None and enrolment.placed_at is None:
            enrolment.placed_at = at
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


def _insert(wanted: Mapping[UUID, Mapping[UUID, Sequence[Ground]]], *, version: str, now: datetime) -> set[UUID]:
    """Store the waivers that are new, in one statement; return the enrolments that got one."""
    waivers = [
        (enrolment_id, lesson_id, [_ground(ground) for ground in grounds])
        for enrolment_id, lessons in sorted(wanted.items())
        for lesson_id, grounds in sorted(lessons.items())
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
