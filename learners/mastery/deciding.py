"""Deciding, freezing and releasing levels: the level that counts follows in the same transaction.

Each first locks the learner's `Ability` row, as everything does that changes a learner's mastery. It is here and not with the
decisions because the skill states, which hold the level that counts, are mastery's to write.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from common.errors import NotFound, ReasonMissing
from courses import public as courses
from events import public as events
from learners.decisions.errors import DecisionIdTaken, LevelFrozen, LevelNotOfSkill, OwnCase
from learners.decisions.models import LevelDecision, LevelFreeze
from learners.decisions.rules import HIGHEST
from learners.events import LevelDecided
from learners.mastery import levels
from privacy import public as privacy


@transaction.atomic
def decide_level(
    *,
    decision_id: UUID,
    learner_id: UUID,
    skill: str,
    level: int,
    cause: str,
    decided_by: Sequence[UUID],
    reason: str,
    now: datetime,
    rubric: str | None = None,
) -> None:
    """Record that people decided a learner's level; a second call with the same decision changes nothing.

    A frozen level follows on release, and with it the evidence that came meanwhile. Certificates never change.

    Args:
        level: 0 (none) or one of the skill's range.
        cause: `assessors`, `appeal` or `review`.
        decided_by: accounts of those who decided, sorted here; none of them is the learner.

    Raises:
        LevelNotOfSkill: there is no such skill or level.
        ReasonMissing: nobody decided, or without a reason.
        OwnCase: the learner is among those who decided.
        DecisionIdTaken: the id is that of another decision.
        NotFound: there is no such learner.
    """
    people = sorted(set(decided_by))
    _check(learner_id, skill, level, people, reason)
    _lock(learner_id)
    wanted = (learner_id, skill, level, LevelDecision.Cause(cause), people)
    existing = LevelDecision.objects.filter(pk=decision_id).first()
    if existing is not None:
        if (existing.learner_id, existing.skill_code, existing.level, existing.cause, existing.decided_by) != wanted:
            raise DecisionIdTaken()
        return
    # Whoever decides on a frozen level has seen it as it was: what evidence gave meanwhile counts on release.
    frozen_at = _open(learner_id, skill).values_list("frozen_at", flat=True).first()
    LevelDecision.objects.create(
        pk=decision_id,
        learner_id=learner_id,
        skill_code=skill,
        level=level,
        computed_level=levels.computed_level(learner_id=learner_id, skill=skill, until=frozen_at),
        cause=cause,
        decided_by=people,
        reason=reason.strip(),
        rubric=rubric,
        framework_version=courses.framework().version,
        decided_at=now,
    )
    privacy.audit(
        actor=str(people[0]),
        action="level.decided",
        subject_kind="level_decision",
        subject_id=str(decision_id),
        level=level,
        cause=cause,
        decided_by=[str(person) for person in people],
    )
    _follow(learner_id, skill, cause)


@transaction.atomic
def freeze_level(*, freeze_id: UUID, learner_id: UUID, skill: str, reason: str, now: datetime) -> None:
    """Keep a learner's level what it is until it is released; a second call with the same id changes nothing.

    Args:
        reason: a code of 40 characters at most, such as `appeal`.

    Raises:
        LevelNotOfSkill: there is no such skill.
        LevelFrozen: an open freeze of another id holds the level already.
        DecisionIdTaken: the id stands for the freeze of another level.
        NotFound: there is no such learner.
    """
    if skill not in courses.framework().skills:
        raise LevelNotOfSkill()
    _lock(learner_id)
    existing = LevelFreeze.objects.filter(pk=freeze_id).first()
    if existing is not None:
        if (existing.learner_id, existing.skill_code) != (learner_id, skill):
            raise DecisionIdTaken()
        return
    # Under the lock of the ability; the constraint stands behind it.
    holding = _open(learner_id, skill).first()
    if holding is not None:
        raise LevelFrozen(freeze_id=str(holding.pk))
    stands = levels.effective_level_of(learner_id=learner_id, skill=skill)
    LevelFreeze.objects.create(
        pk=freeze_id,
        learner_id=learner_id,
        skill_code=skill,
        level=stands.level,
        since=stands.since,
        cause=stands.cause,
        decision_id=stands.decision_id,
        reason=reason,
        frozen_at=now,
    )
    privacy.audit(
        actor="service:levels",
        action="level.frozen",
        subject_kind="level_freeze",
        subject_id=str(freeze_id),
        level=stands.level,
        reason=reason,
    )
    _follow(learner_id, skill, "frozen")


@transaction.atomic
def release_level(*, freeze_id: UUID, now: datetime) -> None:
    """End a freeze: all that happened meanwhile counts from here on; a second call changes nothing.

    Raises:
        NotFound: there is no such freeze.
    """
    found = LevelFreeze.objects.filter(pk=freeze_id).values_list("learner_id", "skill_code").first()
    if found is None:
        raise NotFound()
    learner_id, skill = found
    _lock(learner_id)
    # A clock behind the one that froze must not keep a level frozen for good.
    freeze = LevelFreeze.objects.filter(pk=freeze_id, released_at=None).first()
    if freeze is None:
        return
    LevelFreeze.objects.filter(pk=freeze_id).update(released_at=max(now, freeze.frozen_at))
    privacy.audit(
        actor="service:levels", action="level.released", subject_kind="level_freeze", subject_id=str(freeze_id)
    )
    _follow(learner_id, skill, "released")


def _check(learner_id: UUID, skill: str, level: int, people: Sequence[UUID], reason: str) -> None:
    known = courses.framework().skills.get(skill)
    if known is None or not (level == 0 or known.min_level <= level <= min(known.max_level, HIGHEST)):
        raise LevelNotOfSkill()
    if not people or not reason.strip():
        raise ReasonMissing()
    if learner_id in people:
        raise OwnCase()


def _lock(learner_id: UUID) -> None:
    if learner_id not in levels.lock([learner_id]):
        raise NotFound()


def _open(learner_id: UUID, skill: str) -> QuerySet[LevelFreeze]:
    return LevelFreeze.objects.filter(learner_id=learner_id, skill_code=skill, released_at=None)


def _follow(learner_id: UUID, skill: str, cause: str) -> None:
    """Let the stored level follow, and tell those who act on levels."""
    levels.write_levels([learner_id])
    level = levels.effective_level_of(learner_id=learner_id, skill=skill).level
    events.record(LevelDecided(learner_id=learner_id, skill=skill, level=level, cause=cause))
