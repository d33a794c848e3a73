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


def _skills(appeal: Appeal) -> set[str]:
    """The skills whose levels the appeal is about; none where it is about an attempt."""
    if appeal.skill:
        return {appeal.skill}
    if appeal.level_assessment_id is not None:
        return {appeal.disputed["skill"]}
    return {skill["skill"] for skill in appeal.disputed.get("skills", ())}


def _is_same_matter(earlier: Appeal, appeal: Appeal) -> bool:
    """Whether who decided the earlier appeal of the same learner has judged what this one is about."""
    if earlier.subject == appeal.subject:
        return True
    if appeal.attempt_id is not None:
        return earlier.attempt_id == appeal.attempt_id
    return not _skills(earlier).isdisjoint(_skills(appeal))


def involved_in(appeal: Appeal) -> set[UUID]:
    """Accounts that may not review the appeal: the learner, first markers, assessors, and who decided before, or
    dismissed, anything about the same subject, attempt or skill."""
    found = {appeal.learner_id}
    earlier = AppealDecision.objects.filter(learner_id=appeal.learner_id).select_related("appeal")
    found |= {decision.decided_by_id for decision in earlier if _is_same_matter(decision.appeal, appeal)}
    if appeal.attempt_id is not None:
        found |= markers_of(appeal.attempt_id)
    if appeal.level_assessment_id is not None:
        refused = learners.refusal(learner_id=appeal.learner_id, assessment_id=appeal.level_assessment_id)
        found |= set(refused.refused_by) if refused else set()
    if skills := _skills(appeal):
        found |= level_deciders(appeal.learner_id, skills)
    return found
