"""Reads of what people decided."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from learners.decisions.models import LevelDecision
from learners.mastery.models import LevelChange


@dataclass(frozen=True)
class Change:
    """One entry of the history of a learner's levels."""

    at: datetime
    skill: str
    level: int
    cause: str
    evidence_id: UUID | None = None
    probability: float | None = None
    decision_id: UUID | None = None
    reason: str = ""
    decided_by: tuple[UUID, ...] = ()
    rule: str | None = None


def history(learner_id: UUID) -> list[Change]:
    """Every level that evidence gave the learner and every one that people decided, oldest first; two queries."""
    found = [
        Change(one.at, one.skill_code, one.level, "evidence", one.evidence_id, one.probability, rule=one.rule_version)
        for one in LevelChange.objects.filter(learner_id=learner_id)
    ]
    found += [
        Change(
            one.decided_at, one.skill_code, one.level, one.cause, decision_id=one.pk, reason=one.reason,
            decided_by=tuple(one.decided_by),
        )
        for one in LevelDecision.objects.filter(learner_id=learner_id)
    ]  # fmt: skip
    return sorted(found, key=lambda one: (one.at, one.decision_id is not None, one.skill, one.level))
