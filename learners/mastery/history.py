"""Every level that a learner was given, by evidence or by people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from learners.decisions.models import LevelDecision
from learners.decisions.rules import EVIDENCE
from learners.mastery.models import LevelChange


@dataclass(frozen=True)
class Change:
    """A change in the history of a learner's levels: what was given, why, and by what.

    `cause` is `evidence` (then `evidence_id` and `probability` are there), or that of a decision (then `decision_id`,
    `reason` and `decided_by`). `rule` is the version of the rule of the one, and of the rubric, if any, of the other;
    `framework_version` is the one whose thresholds were passed, or by which people decided.
    """

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
    framework_version: str = ""


def history(learner_id: UUID) -> list[Change]:
    """Return every level that evidence gave the learner and every one that people decided, oldest first; two queries."""
    found = [
        Change(
            at=change.at,
            skill=change.skill_code,
            level=change.level,
            cause=EVIDENCE,
            evidence_id=change.evidence_id,
            probability=change.probability,
            rule=change.rule_version,
            framework_version=change.framework_version,
        )
        for change in LevelChange.objects.filter(learner_id=learner_id)
    ]
    found += [
        Change(
            at=decision.decided_at,
            skill=decision.skill_code,
            level=decision.level,
            cause=decision.cause,
            decision_id=decision.pk,
            reason=decision.reason,
            decided_by=tuple(decision.decided_by),
            rule=decision.rubric,
            framework_version=decision.framework_version,
        )
        for decision in LevelDecision.objects.filter(learner_id=learner_id)
    ]
    return sorted(found, key=lambda change: (change.at, change.decision_id is not None, change.skill, change.level))
