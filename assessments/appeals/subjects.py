"""What an appeal disputes, as it is now: looked up among the learner's own things only."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from assessments.appeals import rules
from assessments.appeals.models import Appeal
from assessments.appeals.rules import Bounds, Subject
from assessments.attempts.models import Attempt, AttemptItem
from assessments.errors import NothingToAppeal
from assessments.quizzes.models import Quiz
from common.errors import NotFound
from courses import public as courses
from credentials import public as credentials
from learners import public as learners


@dataclass(frozen=True)
class Disputed:
    """A result as it is now: `shown` in words for the record, `bounds` for a decision about it."""

    shown: dict[str, Any]
    bounds: Bounds


def disputed(*, learner_id: UUID, subject: Subject) -> Disputed:
    """Return the learner's result that `subject` names.

    Raises:
        NotFound: the learner has no such thing; the error does not say whether somebody else has.
        NothingToAppeal: there is no result yet, or no refusal.
    """
    if subject.kind == rules.LEVEL:
        return _level(learner_id, subject.skill)
    if subject.attempt_id is not None:
        return _attempt(learner_id, subject, subject.attempt_id)
    if subject.achievement:
        return _achievement(learner_id, subject.achievement)
    assert subject.level_assessment_id is not None
    return _level_assessment(learner_id, subject.level_assessment_id)


def subject_of(appeal: Appeal) -> Subject:
    """The subject that a stored appeal names."""
    return Subject(
        appeal.kind, appeal.skill, appeal.attempt_id, appeal.item_id, appeal.level_assessment_id, appeal.achievement
    )


def _most(learner_id: UUID, skills: Collection[str]) -> dict[str, int]:
    """The highest level that a reviewer may decide in each of the skills."""
    framework = courses.framework()
    given: dict[str, list[int]] = {skill: [] for skill in skills}
    for change in learners.level_history(learner_id):
        if change.skill in given and change.decision_id is not None:
            given[change.skill].append(change.level)
    return {
        skill: rules.highest(
            computed=list(framework.thresholds),
            skill_most=framework.skills[skill].max_level if skill in framework.skills else 0,
            decided=decided,
        )
        for skill, decided in given.items()
    }


def _least(learner_id: UUID, held: Mapping[str, int]) -> dict[str, int]:
    """The level of each of the skills above which a decision has to be, from the levels that are held.

    Another appeal may keep one of them frozen: then a decision does not change what it will be on its release.
    """
    unfrozen = learners.unfrozen_levels(learner_id=learner_id, skills=list(held))
    return {skill: max(level, unfrozen[skill]) for skill, level in held.items()}


def _level(learner_id: UUID, skill: str) -> Disputed:
    held = learners.ability_estimates(learner_id).skills.get(skill)
    if held is None:
        raise NotFound(pointer="/subject/skill")
    most = _most(learner_id, [skill])[skill]
    if held.level >= most:
        raise NothingToAppeal(
            _("Higher levels in this skill are given by assessors: ask for an assessment."), pointer="/subject/skill"
        )
    return Disputed({"level": held.level}, Bounds(levels={skill: (held.level, most)}))


def _attempt(learner_id: UUID, subject: Subject, attempt_id: UUID) -> Disputed:
    attempt = Attempt.objects.filter(pk=attempt_id, learner_id=learner_id).first()
    if attempt is None:
        raise NotFound(pointer="/subject/attempt_id")
    scores = dict(AttemptItem.objects.filter(attempt=attempt).values_list("pk", "score"))
    if subject.item_id is not None and subject.item_id not in scores:
        raise NotFound(pointer="/subject/item_id")
    if attempt.submitted_at is None or attempt.score is None:
        raise NothingToAppeal(_("This attempt has no result yet."), pointer="/subject/attempt_id")
    is_refusal = subject.kind == rules.REFUSAL
    if is_refusal and attempt.passed:
        raise NothingToAppeal(_("This attempt was passed."), pointer="/subject/attempt_id")
    if attempt.expired and not is_refusal:
        raise NothingToAppeal(
            _("This attempt ended without answers; appeal against the refusal."), pointer="/subject/attempt_id"
        )
    changeable = frozenset() if attempt.expired else frozenset([subject.item_id] if subject.item_id else scores)
    shown: dict[str, Any] = {"score": attempt.score, "passed": bool(attempt.passed)}
    if is_refusal:
        shown["expired"] = attempt.expired
    shown["items"] = {str(item): score for item, score in scores.items() if item in changeable}
    return Disputed(shown, Bounds(scores=scores, changeable=changeable, new_try=is_refusal))


def _level_assessment(learner_id: UUID, assessment_id: UUID) -> Disputed:
    refused = learners.refusal(learner_id=learner_id, assessment_id=assessment_id)
    if refused is None:
        raise NotFound(pointer="/subject/level_assessment_id")
    held = learners.ability_estimates(learner_id).of(refused.skill).level
    if held >= refused.level:
        raise NothingToAppeal(_("You hold this level."), pointer="/subject/level_assessment_id")
    # What takes more than one assessor is not given by one reviewer: the learner may ask assessors again.
    least = _least(learner_id, {refused.skill: held})[refused.skill]
    alone = {refused.skill: (least, refused.level)} if refused.level <= rules.ALONE else {}
    return Disputed(
        {"skill": refused.skill, "level": held, "asked": refused.level, "reasons": list(refused.reasons)},
        Bounds(levels=alone, new_try=True),
    )


def _achievement(learner_id: UUID, slug: str) -> Disputed:
    progress = credentials.achievement_progress(learner_id=learner_id, slug=slug)
    if progress is None:
        raise NotFound(pointer="/subject/achievement")
    if progress.awarded:
        raise NothingToAppeal(_("You hold this achievement."), pointer="/subject/achievement")
    short = {code: held for code, wanted, held in progress.skills if held < wanted}
    least, most = _least(learner_id, short), _most(learner_id, short)
    return Disputed(
        {
            "completed": progress.completed,
            "skills": [{"skill": code, "wanted": wanted, "level": held} for code, wanted, held in progress.skills],
        },
        Bounds(
            levels={code: (least[code], most[code]) for code in short},
            new_try=bool(quizzes_of_achievement(learner_id, slug)),
        ),
    )


def quizzes_of_achievement(learner_id: UUID, slug: str) -> Sequence[UUID]:
    """Quizzes that count for the completion of the achievement's edition, which the learner has not completed."""
    progress = credentials.achievement_progress(learner_id=learner_id, slug=slug)
    if progress is None or progress.completed or not progress.needs_completion:
        return []
    quizzes = Quiz.objects.filter(pinned__edition_id=progress.edition_id).filter(
        mode__in=("assessment", "certification")
    )
    return list(quizzes.order_by("pk").values_list("pk", flat=True))
