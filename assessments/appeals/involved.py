"""Who had a hand in a result and so may not review it."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from assessments.appeals.models import Appeal, AppealDecision
from assessments.marking.selectors import markers_of
from learners import public as learners


def level_deciders(learner_id: UUID, skills: Collection[str]) -> set[UUID]:
    """Accounts of the people who decided the learner's level in any of these skills before."""
    return {
        account
        for change in learners.level_history(learner_id)
        if change.skill in skills and change.decision_id is not None
        for account in change.decided_by
    }


def involved_in(appeal: Appeal) -> set[UUID]:
    """Accounts that may not review the appeal: the learner, first markers, assessors, who decided it before."""
    found = {appeal.learner_id}
    found |= set(
        AppealDecision.objects.filter(learner_id=appeal.learner_id, appeal__subject=appeal.subject).values_list(
            "decided_by_id", flat=True
        )
    )
    if appeal.attempt_id is not None:
        found |= markers_of(appeal.attempt_id)
    if appeal.level_assessment_id is not None:
        refused = learners.refusal(learner_id=appeal.learner_id, assessment_id=appeal.level_assessment_id)
        found |= set(refused.refused_by) if refused else set()
    skills = [appeal.skill] if appeal.skill else [one["skill"] for one in appeal.disputed.get("skills", ())]
    if skills:
        found |= level_deciders(appeal.learner_id, skills)
    return found
