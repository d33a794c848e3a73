"""What an appeal does to the things it is about: the only module that changes levels, scores and allowances."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from uuid import UUID, uuid5

from assessments.appeals import rules
from assessments.appeals.models import Appeal
from assessments.appeals.rules import Remedy
from assessments.appeals.statements import grant_try
from assessments.appeals.subjects import quizzes_of_achievement
from assessments.attempts import grading
from assessments.attempts.models import Attempt
from common.errors import DomainError, NotFound
from learners import public as learners


def opened(appeal: Appeal, *, now: datetime) -> None:
    """Freeze the disputed level: nothing computed moves it before a person has decided, and nothing is taken away."""
    if appeal.kind == rules.LEVEL:
        try:
            learners.freeze_level(
                freeze_id=appeal.pk, learner_id=appeal.learner_id, skill=appeal.skill, reason="appeal", now=now
            )
        except DomainError as error:
            # Frozen already, for another reason: it stays so until the other reason ends.
            if error.code != "level_frozen":
                raise


def closed(appeal: Appeal, *, now: datetime) -> None:
    """Let a frozen level follow from the evidence, and from decisions, again."""
    if appeal.kind == rules.LEVEL:
        # There is none of ours where the level was frozen before, for another reason.
        with suppress(NotFound):
            learners.release_level(freeze_id=appeal.pk, now=now)


def apply(appeal: Appeal, *, decision_id: UUID, remedy: Remedy, reason: str, actor: UUID, now: datetime) -> None:
    """Carry out a remedy that `rules.check` accepted; the caller's transaction holds the appeal's lock."""
    for skill, level in sorted(remedy.levels.items()):
        learners.decide_level(
            # An id of its own for each skill, and the same for a repeat.
            decision_id=uuid5(decision_id, skill),
            learner_id=appeal.learner_id,
            skill=skill,
            level=level,
            cause="appeal",
            decided_by=[actor],
            reason=reason,
            now=now,
        )
    if remedy.scores and appeal.attempt_id is not None:
        grading.correct(attempt_id=appeal.attempt_id, scores=remedy.scores, reason=reason, actor=str(actor), now=now)
    if remedy.new_try and appeal.level_assessment_id is None:
        # Assessors may be asked again without an allowance; attempts are counted.
        grant_try(learner_id=appeal.learner_id, quiz_ids=_quizzes(appeal), now=now)


def _quizzes(appeal: Appeal) -> list[UUID]:
    if appeal.attempt_id is not None:
        return list(Attempt.objects.filter(pk=appeal.attempt_id).values_list("quiz_id", flat=True))
    return list(quizzes_of_achievement(appeal.learner_id, appeal.achievement))
