"""Deciding awards."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from common import clock
from common.clock import rfc3339
from common.ids import new_id
from credentials.certificates import rules, statements
from credentials.certificates.database_role import as_issuer
from credentials.certificates.models import Achievement, Award
from credentials.certificates.statements import NewAward
from credentials.events import AwardDecided
from events import public as events
from events.public import Recorded
from learners import public as learners
from learners.events import OfLearner
from privacy import public as privacy

_WORKER = "worker:certificates"


@dataclass
class AwardInputs:
    """What is known of a learner when awards are decided."""

    completed: dict[UUID, datetime]
    states: dict[str, tuple[int, float, str, str | None]]  # level, probability, framework version, rule version
    certified: dict[str, int]
    awarded_slugs: set[str]  # of achievements awarded before, in any version

    def missing(self, achievement: Achievement) -> list[rules.MissingForCertificate]:
        """What the learner lacks for the achievement; see rules.missing."""
        return rules.missing(
            achievement.criteria,
            completed=achievement.edition_id in self.completed,
            levels={code: state[0] for code, state in self.states.items()},
            certified=self.certified,
        )


@transaction.atomic
def decide_awards(recorded: Sequence[Recorded[OfLearner]]) -> None:
    """Consumer: awards every achievement whose criteria a learner now meets, once.

    A constant number of statements for the batch. A learner who was awarded any version of an achievement is not awarded
    another version of it: when criteria change, nothing is taken away and nothing is awarded a second time.
    """
    learner_ids = sorted({entry.event.learner_id for entry in recorded})
    achievements = list(Achievement.objects.filter(active=True).order_by("slug"))
    if not learner_ids or not achievements:
        return
    codes = sorted({wanted["skill"] for achievement in achievements for wanted in achievement.criteria["skills"]})
    found = award_inputs(learner_ids, {achievement.edition_id for achievement in achievements}, codes)
    earned = [
        (learner_id, achievement, 1)
        for learner_id, inputs in sorted(found.items())
        for achievement in achievements
        if achievement.slug not in inputs.awarded_slugs and not inputs.missing(achievement)
    ]
    award(earned, now=clock.now(), inputs=found)


def award(
    earned: Sequence[tuple[UUID, Achievement, int]],
    *,
    now: datetime,
    inputs: Mapping[UUID, AwardInputs] | None = None,
    action: str = "award.decided",
) -> None:
    """Award achievements under their numbers, in the caller's transaction; each award leads to a certificate.

    An award that exists is not changed.

    Args:
        earned: (learner, achievement, number) of what the caller found to be earned. inputs: of each learner; read here
            when missing. action: of the audit log.
    """
    if not earned:
        return
    codes = sorted({wanted["skill"] for _, achievement, _ in earned for wanted in achievement.criteria["skills"]})
    learner_ids = sorted({learner_id for learner_id, _, _ in earned})
    if inputs is None:
        inputs = award_inputs(learner_ids, {achievement.edition_id for _, achievement, _ in earned}, codes)
    evidence = _evidence(set(learner_ids), codes)
    awards = [
        _new_award(learner_id, achievement, number, inputs[learner_id], evidence.get(learner_id, []))
        for learner_id, achievement, number in earned
    ]
    # A learner who was erased meanwhile is left out.
    present = learners.hold_learners(set(learner_ids))
    awards = [award for award in awards if award.learner_id in present]
    new = _insert(awards, now=now) if awards else []
    events.record_many([AwardDecided(award_id=award_id, learner_id=learner_id) for award_id, learner_id in new])
    privacy.audit_many(
        actor=_WORKER, action=action, subject_kind="award", subject_ids=[str(award_id) for award_id, _ in new]
    )


def award_inputs(
    learner_ids: Sequence[UUID], edition_ids: Iterable[UUID], codes: Sequence[str]
) -> dict[UUID, AwardInputs]:
    """The inputs of award decisions, by learner; three queries."""
    found = {
        learner_id: AwardInputs(completed={}, states={}, certified={}, awarded_slugs=set())
        for learner_id in learner_ids
    }
    completions = learners.completions(learner_ids=learner_ids, edition_ids=edition_ids)
    for (learner_id, edition_id), completed_at in completions.items():
        if completed_at is not None:
            found[learner_id].completed[edition_id] = completed_at
    for held in learners.held_levels(learner_ids, codes):
        inputs = found[held.learner_id]
        inputs.states[held.skill] = (held.level, held.probability, held.framework_version, held.rule_version)
        inputs.certified[held.skill] = held.certified_level
    for learner_id, slug in Award.objects.filter(learner_id__in=learner_ids).values_list(
        "learner_id", "achievement__slug"
    ):
        found[learner_id].awarded_slugs.add(slug)
    return found


def _evidence(learner_ids: set[UUID], codes: Sequence[str]) -> dict[UUID, list[tuple[UUID, Sequence[str], bool]]]:
    """(id, skills, supervised) of each learner's evidence on any of the skills."""
    found: dict[UUID, list[tuple[UUID, Sequence[str], bool]]] = defaultdict(list)
    for answer in learners.counting_evidence(learner_ids, codes):
        found[answer.learner_id].append((answer.id, answer.skills, answer.supervised))
    return found


def _new_award(
    learner_id: UUID,
    achievement: Achievement,
    number: int,
    inputs: AwardInputs,
    evidence: Sequence[tuple[UUID, Sequence[str], bool]],
) -> NewAward:
    wanted = [skill["skill"] for skill in achievement.criteria["skills"]]
    counted = [(pk, supervised) for pk, skills, supervised in evidence if set(skills) & set(wanted)]
    completed_at = inputs.completed.get(achievement.edition_id)
    facts: dict[str, Any] = {
        "completed_at": rfc3339(completed_at) if completed_at else None,
        "skills": [
            {
                "skill": code,
                "level": inputs.states[code][0],
                "probability": inputs.states[code][1],
                "framework_version": inputs.states[code][2],
                "rule": inputs.states[code][3],
            }
            for code in wanted
        ],
        "answers": len(counted),
        "supervised": sum(supervised for _, supervised in counted),
    }
    digest = rules.evidence_digest(pk for pk, _ in counted)
    return NewAward(new_id(), learner_id, achievement.pk, facts, digest, number)


def _insert(awards: Sequence[NewAward], *, now: datetime) -> list[tuple[UUID, UUID]]:
    with as_issuer():
        return statements.insert_awards(awards, now=now)
