"""Deciding awards."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from common import clock
from common.clock import rfc3339
from common.ids import new_id
from credentials.certificates import approvals, rules, statements
from credentials.certificates.database_role import as_issuer
from credentials.certificates.models import Achievement, AchievementVersion, Approval, Award, PassedQuiz
from credentials.certificates.statements import NewAward
from credentials.events import AwardDecided
from events import public as events
from events.public import Recorded
from learners import public as learners
from learners.events import OfLearner
from learners.public import TakenCourse
from privacy import public as privacy

_WORKER = "worker:certificates"


@dataclass
class AwardInputs:
    """What is known of a learner when awards are decided. taken: by course. passed: ids of quizzes."""

    state: str
    taken: dict[UUID, TakenCourse]
    passed: set[UUID]
    states: dict[str, tuple[int, float, str, str | None]]  # level, probability, framework version, rule version
    certified: dict[str, int]
    awarded: set[UUID]  # achievements awarded before, in any version

    def completed(self, achievement: Achievement) -> bool:
        """Whether the learner completed an edition of the achievement's course."""
        taken = self.taken.get(achievement.course_id)
        return taken is not None and taken.completed_at is not None

    def missing(self, version: AchievementVersion) -> list[rules.MissingForCertificate]:
        """What the learner lacks for the version of an achievement; see rules.missing."""
        return rules.missing(
            version.criteria,
            completed=self.completed(version.achievement),
            passed=self.passed,
            levels={code: state[0] for code, state in self.states.items()},
            certified=self.certified,
        )


@transaction.atomic
def decide_awards(recorded: Sequence[Recorded[OfLearner]]) -> None:
    """Consumer: awards every achievement whose criteria a learner now meets, once.

    The version counts that the authority of the learner's member state approves now. A constant number of statements for
    the batch. A learner who was awarded any version of an achievement is not awarded another version of it, nor by
    another edition: when criteria change, nothing is taken away and nothing is awarded a second time.
    """
    learner_ids = sorted({entry.event.learner_id for entry in recorded})
    offered = approvals.offers()
    if not learner_ids or not offered.everything():
        return
    found = award_inputs(learner_ids, [approval.version for approval in offered.everything()])
    earned = [
        (learner_id, approval, 1)
        for learner_id, inputs in sorted(found.items())
        for approval in offered.for_state(inputs.state)
        if approval.achievement_id not in inputs.awarded and not inputs.missing(approval.version)
    ]
    award(earned, now=clock.now(), inputs=found)


def award(
    earned: Sequence[tuple[UUID, Approval, int]],
    *,
    now: datetime,
    inputs: Mapping[UUID, AwardInputs] | None = None,
    action: str = "award.decided",
) -> None:
    """Award approved versions under their numbers, in the caller's transaction; each award leads to a certificate.

    An award that exists is not changed.

    Args:
        earned: (learner, approval that counts for them, number) of what the caller found to be earned. inputs: of each
            learner; read here when missing. action: of the audit log.
    """
    if not earned:
        return
    learner_ids = sorted({learner_id for learner_id, _, _ in earned})
    versions = [approval.version for _, approval, _ in earned]
    if inputs is None:
        inputs = award_inputs(learner_ids, versions)
    evidence = _evidence(set(learner_ids), _codes(versions))
    awards = [
        _new_award(learner_id, approval, number, inputs[learner_id], evidence.get(learner_id, []))
        for learner_id, approval, number in earned
    ]
    # A learner who was erased meanwhile is left out.
    present = learners.hold_learners(set(learner_ids))
    awards = [award for award in awards if award.learner_id in present]
    new = _insert(awards, now=now) if awards else []
    events.record_many([AwardDecided(award_id=award_id, learner_id=learner_id) for award_id, learner_id in new])
    privacy.audit_many(
        actor=_WORKER, action=action, subject_kind="award", subject_ids=[str(award_id) for award_id, _ in new]
    )


def award_inputs(learner_ids: Sequence[UUID], versions: Sequence[AchievementVersion]) -> dict[UUID, AwardInputs]:
    """The inputs of decisions on versions of achievements, by learner; five queries. Unknown learners are missing."""
    found = {
        learner_id: AwardInputs(state=state, taken={}, passed=set(), states={}, certified={}, awarded=set())
        for learner_id, state in learners.states_of(learner_ids).items()
    }
    taken = learners.taken_courses(
        learner_ids=learner_ids, course_ids={version.achievement.course_id for version in versions}
    )
    for (learner_id, course_id), course in taken.items():
        if learner_id in found:
            found[learner_id].taken[course_id] = course
    for held in learners.held_levels(learner_ids, _codes(versions)):
        if held.learner_id in found:
            inputs = found[held.learner_id]
            inputs.states[held.skill] = (held.level, held.probability, held.framework_version, held.rule_version)
            inputs.certified[held.skill] = held.certified_level
    quizzes = {UUID(quiz) for version in versions for quiz in version.criteria.get("quizzes", ())}
    if quizzes:
        passed = PassedQuiz.objects.filter(learner_id__in=learner_ids, quiz_id__in=quizzes)
        for learner_id, quiz_id in passed.values_list("learner_id", "quiz_id"):
            if learner_id in found:
                found[learner_id].passed.add(quiz_id)
    awards = Award.objects.filter(learner_id__in=learner_ids)
    for learner_id, achievement_id in awards.values_list("learner_id", "achievement_id"):
        if learner_id in found:
            found[learner_id].awarded.add(achievement_id)
    return found


def _codes(versions: Sequence[AchievementVersion]) -> list[str]:
    return sorted({wanted["skill"] for version in versions for wanted in version.criteria["skills"]})


def _evidence(learner_ids: set[UUID], codes: Sequence[str]) -> dict[UUID, list[tuple[UUID, Sequence[str], bool]]]:
    """(id, skills, supervised) of each learner's evidence on any of the skills."""
    found: dict[UUID, list[tuple[UUID, Sequence[str], bool]]] = defaultdict(list)
    for answer in learners.counting_evidence(learner_ids, codes):
        found[answer.learner_id].append((answer.id, answer.skills, answer.supervised))
    return found


def _new_award(
    learner_id: UUID,
    approval: Approval,
    number: int,
    inputs: AwardInputs,
    evidence: Sequence[tuple[UUID, Sequence[str], bool]],
) -> NewAward:
    version = approval.version
    wanted = [skill["skill"] for skill in version.criteria["skills"]]
    counted = [(pk, supervised) for pk, skills, supervised in evidence if set(skills) & set(wanted)]
    taken = inputs.taken.get(version.achievement.course_id)
    completed_at, edition_id = (taken.completed_at, taken.edition_id) if taken else (None, None)
    facts: dict[str, Any] = {
        "completed_at": rfc3339(completed_at) if completed_at else None,
        "course_id": str(version.achievement.course_id),
        "edition_id": str(edition_id) if edition_id else None,
        "version": version.number,
        "authority": approval.authority,
        "quizzes": list(version.criteria.get("quizzes", ())),
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
    return NewAward(
        id=new_id(),
        learner_id=learner_id,
        achievement_id=version.achievement_id,
        version_id=version.pk,
        edition_id=edition_id,
        facts=facts,
        evidence_sha256=digest,
        number=number,
    )


def _insert(awards: Sequence[NewAward], *, now: datetime) -> list[tuple[UUID, UUID]]:
    with as_issuer():
        return statements.insert_awards(awards, now=now)
