"""Asking assessors for a level, and judging: the verdict that settles a case gives the level in the same transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from common.errors import NotFound, ReasonMissing
from courses import public as courses
from learners.assessors import rubrics, rules
from learners.assessors.errors import (
    CaseClosed,
    CaseIdTaken,
    CaseOpen,
    LevelIsComputed,
    LevelOutOfReach,
    VerdictContradictsPoints,
    VerdictGiven,
    VerdictIncomplete,
)
from learners.assessors.models import AssessorVerdict, LevelAssessment
from learners.decisions.errors import LevelNotOfSkill, OwnCase
from learners.decisions.models import LevelDecision
from learners.mastery import levels
from learners.mastery.deciding import decide_level
from learners.profiles.errors import ProfileMissing
from learners.profiles.models import Learner
from privacy import public as privacy


@transaction.atomic
def open_case(
    *,
    assessment_id: UUID,
    learner_id: UUID,
    skill: str,
    level: int,
    evidence: Sequence[Mapping[str, Any]],
    now: datetime,
) -> tuple[LevelAssessment, bool]:
    """Ask assessors for a level; a second call returns the first case. Also tells whether it is new.

    Args:
        evidence: the work shown, [{kind, description, link}].

    Raises:
        ProfileMissing: the account is no learner's yet.
        ConsentMissing: without consent nothing of the learning may be recorded.
        LevelNotOfSkill: the framework does not know the skill.
        LevelIsComputed: assessors do not give this level.
        LevelOutOfReach: not of the skill's range, held already, or more than a step above the learner's level.
        CaseOpen: the learner has an open case on the skill under another id.
        CaseIdTaken: the id stands for something else, of whomever.
    """
    asked = [dict(work) for work in evidence]
    # Held, so that the same request from two phones is one case.
    if Learner.objects.select_for_update(no_key=True).filter(pk=learner_id).first() is None:
        raise ProfileMissing()
    existing = LevelAssessment.objects.filter(pk=assessment_id).first()
    if existing is not None:
        return _same(existing, learner_id, skill, level, asked), False
    privacy.require_consent(user_id=learner_id, purpose=privacy.LEARNING_RECORDS)
    _check_within_reach(learner_id, skill, level)
    holding = LevelAssessment.objects.filter(
        learner_id=learner_id, skill_code=skill, state=LevelAssessment.State.OPEN
    ).first()
    if holding is not None:
        raise CaseOpen(pointer="/skill", assessment_id=str(holding.pk))
    made = LevelAssessment(
        pk=assessment_id,
        learner_id=learner_id,
        skill_code=skill,
        level=level,
        evidence=asked,
        framework_version=courses.framework().version,
        rubric=rubrics.rubric().version,
        opened_at=now,
    )
    # Another learner may have taken the id this very moment.
    LevelAssessment.objects.bulk_create([made], ignore_conflicts=True)
    stored = _same(LevelAssessment.objects.get(pk=assessment_id), learner_id, skill, level, asked)
    privacy.audit(
        actor=str(learner_id),
        action="level_assessment.opened",
        subject_kind="level_assessment",
        subject_id=str(assessment_id),
        skill=skill,
        level=level,
    )
    return stored, True


@transaction.atomic
def withdraw(*, assessment_id: UUID, learner_id: UUID, now: datetime) -> None:
    """Take back an open case, as its learner; a second call changes nothing.

    Raises:
        NotFound: the learner has no such case.
        CaseClosed: it is decided.
    """
    case = _for_update(assessment_id)
    if case is None or case.learner_id != learner_id:
        raise NotFound()
    if case.state == LevelAssessment.State.WITHDRAWN:
        return
    if case.state == LevelAssessment.State.DECIDED:
        raise CaseClosed()
    LevelAssessment.objects.filter(pk=assessment_id).update(state=LevelAssessment.State.WITHDRAWN, closed_at=now)
    privacy.audit(
        actor=str(learner_id),
        action="level_assessment.withdrawn",
        subject_kind="level_assessment",
        subject_id=str(assessment_id),
    )


@transaction.atomic
def give_verdict(
    *,
    verdict_id: UUID,
    assessment_id: UUID,
    assessor_id: UUID,
    recommended: bool,
    points: Mapping[str, int],
    reason: str,
    now: datetime,
) -> LevelAssessment:
    """Judge a case as an assessor; return it as it then stands. A second call with the same id changes nothing.

    The verdict that brings the needed number to one side decides the case: the level is given (cause `assessors`, a
    decision of the case's own id), or refused. Who may be an assessor is for the caller to know.

    Raises:
        NotFound: there is no such case.
        OwnCase: the assessor is the learner.
        VerdictGiven: the assessor has given another verdict on it.
        CaseClosed: it is decided or withdrawn.
        VerdictIncomplete: the points are not those of the rubric.
        VerdictContradictsPoints: the recommendation does not follow from the points.
        ReasonMissing: there are no words with it.
    """
    case = _for_update(assessment_id)
    if case is None:
        raise NotFound()
    if case.learner_id == assessor_id:
        raise OwnCase()
    given = list(AssessorVerdict.objects.filter(assessment=case).order_by("given_at", "pk"))
    own = next((verdict for verdict in given if verdict.assessor == assessor_id), None)
    if own is not None:
        if own.pk != verdict_id:
            raise VerdictGiven()
        return case
    if case.state != LevelAssessment.State.OPEN:
        raise CaseClosed()
    rubric = rubrics.rubric()
    if not rules.is_complete(rubric, points):
        raise VerdictIncomplete()
    if rules.contradicts(rubric, points, recommended=recommended):
        raise VerdictContradictsPoints()
    if not reason.strip():
        raise ReasonMissing()
    given.append(
        AssessorVerdict.objects.create(
            pk=verdict_id,
            assessment=case,
            learner_id=case.learner_id,
            assessor=assessor_id,
            recommended=recommended,
            points=dict(points),
            reason=reason.strip(),
            given_at=now,
        )
    )
    privacy.audit(
        actor=str(assessor_id),
        action="level_assessment.judged",
        subject_kind="level_assessment",
        subject_id=str(assessment_id),
    )
    outcome = rules.outcome([verdict.recommended for verdict in given], agreeing=rubric.agreeing[case.level])
    if outcome is not None:
        _close(case, given, is_given=outcome, now=now)
    return case


def _close(case: LevelAssessment, given: Sequence[AssessorVerdict], *, is_given: bool, now: datetime) -> None:
    case.state, case.closed_at = LevelAssessment.State.DECIDED, now
    case.outcome = LevelAssessment.Outcome.GIVEN if is_given else LevelAssessment.Outcome.REFUSED
    case.save(update_fields=["state", "outcome", "closed_at"])
    agreed = [verdict for verdict in given if verdict.recommended is is_given]
    privacy.audit(
        actor=str(agreed[-1].assessor),
        action="level_assessment.decided",
        subject_kind="level_assessment",
        subject_id=str(case.pk),
        outcome=str(case.outcome),
    )
    # Whoever got this level or a higher one meanwhile, by an appeal, keeps it: giving a level lowers nothing.
    levels.lock([case.learner_id])
    if is_given and levels.unfrozen_level(learner_id=case.learner_id, skill=case.skill_code) < case.level:
        decide_level(
            decision_id=case.pk,
            learner_id=case.learner_id,
            skill=case.skill_code,
            level=case.level,
            cause=LevelDecision.Cause.ASSESSORS,
            decided_by=[verdict.assessor for verdict in agreed],
            reason="\n\n".join(verdict.reason for verdict in agreed),
            now=now,
            rubric=case.rubric,
        )


def _check_within_reach(learner_id: UUID, skill: str, level: int) -> None:
    framework = courses.framework()
    known = framework.skills.get(skill)
    if known is None:
        raise LevelNotOfSkill(pointer="/skill")
    if level not in rubrics.rubric().agreeing:
        raise LevelIsComputed(pointer="/level")
    current = levels.effective_level_of(learner_id=learner_id, skill=skill).level
    if not rules.may_ask_for(
        level=level,
        current=current,
        span=(known.min_level, known.max_level),
        max_jump=int(framework.award_rules.get("max_inferred_jump", 1)),
    ):
        raise LevelOutOfReach(pointer="/level", level=current)


def _same(
    existing: LevelAssessment, learner_id: UUID, skill: str, level: int, evidence: list[dict[str, Any]]
) -> LevelAssessment:
    if (existing.learner_id, existing.skill_code, existing.level, existing.evidence) != (
        learner_id,
        skill,
        level,
        evidence,
    ):
        raise CaseIdTaken()
    return existing


def _for_update(assessment_id: UUID) -> LevelAssessment | None:
    """The case, locked: verdicts on it are given one after the other. Before the ability's lock, never after."""
    return LevelAssessment.objects.select_for_update(no_key=True).filter(pk=assessment_id).first()
