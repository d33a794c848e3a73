"""Reads of what people decided, and of the levels that count with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from learners.decisions.models import LevelDecision, LevelFreeze
from learners.decisions.rules import EVIDENCE, Decided, Standing, standing
from learners.mastery.models import LevelChange

Key = tuple[UUID, str]  # learner, skill


@dataclass(frozen=True)
class Change:
    """One entry of the history of a learner's levels: what was given, why, and by what.

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


def effective(
    *, computed: Mapping[Key, Sequence[tuple[int, datetime]]], learner_ids: Iterable[UUID] = ()
) -> Mapping[Key, Standing]:
    """Return the level that counts, by (learner, skill), from the levels that evidence reached; two queries.

    Args:
        computed: (level, instant) of every level reached; an empty list for a skill answered without reaching any.
        learner_ids: learners beside those in `computed`, of whom only what people decided is wanted.

    Returns:
        Those of `computed`, and every further skill of these learners on which people decided.
    """
    decided, frozen = what_people_said({learner_id for learner_id, _ in computed} | set(learner_ids))
    return {
        key: standing(computed.get(key, ()), decided.get(key, ()), frozen.get(key)) for key in {*computed, *decided}
    }


def what_people_said(learner_ids: Iterable[UUID]) -> tuple[dict[Key, list[Decided]], dict[Key, Standing]]:
    """Return the decisions on these learners, and the standings that open freezes hold; two queries."""
    ids = list(learner_ids)
    decided: dict[Key, list[Decided]] = defaultdict(list)
    frozen: dict[Key, Standing] = {}
    for pk, learner_id, code, level, computed, cause, at in LevelDecision.objects.filter(
        learner_id__in=ids
    ).values_list("pk", "learner_id", "skill_code", "level", "computed_level", "cause", "decided_at"):
        decided[learner_id, code].append(Decided(pk, level, computed, cause, at))
    for learner_id, code, level, since, cause, decision_id in LevelFreeze.objects.filter(
        learner_id__in=ids, released_at=None
    ).values_list("learner_id", "skill_code", "level", "since", "cause", "decision_id"):
        frozen[learner_id, code] = Standing(level, since, cause, decision_id)
    return dict(decided), frozen


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
    return sorted(found, key=lambda one: (one.at, one.decision_id is not None, one.skill, one.level))
