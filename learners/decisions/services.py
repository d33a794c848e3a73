"""Deciding, freezing and releasing a level."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from events import public as events
from learners.decisions.models import LevelDecision, LevelFreeze
from learners.mastery.models import SkillState


@transaction.atomic
def decide_level(
    *, decision_id: UUID, learner_id: UUID, skill: str, level: int, cause: str, decided_by: Sequence[UUID], reason: str,
    now: datetime,
) -> None:  # fmt: skip
    """Give the learner the level that people decided; a second call changes nothing."""
    _, is_new = LevelDecision.objects.get_or_create(
        pk=decision_id,
        defaults={
            "learner_id": learner_id, "skill_code": skill, "level": level, "cause": cause,
            "decided_by": list(decided_by), "reason": reason, "decided_at": now,
        },
    )  # fmt: skip
    if is_new:
        SkillState.objects.filter(learner_id=learner_id, skill_code=skill).update(level=level, level_since=now)
        events.record("learners.mastery_changed", learner_id=str(learner_id), skills=[skill])


@transaction.atomic
def freeze_level(*, freeze_id: UUID, learner_id: UUID, skill: str, reason: str, now: datetime) -> None:
    """Keep the learner's level as it is until it is released; a second call changes nothing."""
    LevelFreeze.objects.get_or_create(
        pk=freeze_id,
        defaults={"learner_id": learner_id, "skill_code": skill, "reason": reason, "frozen_at": now},
    )


@transaction.atomic
def release_level(*, freeze_id: UUID, now: datetime) -> None:
    """Let the level follow from the evidence again; a second call changes nothing."""
    LevelFreeze.objects.filter(pk=freeze_id, released_at__isnull=True).update(released_at=now)
