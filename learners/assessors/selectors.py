"""Reads of cases for assessors. A verdict is not shown to anyone whose own verdict it could influence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from learners.assessors.models import AssessorVerdict, LevelAssessment


@dataclass(frozen=True)
class Refusal:
    """A level that assessors refused: what was asked for, who refused it, and when."""

    assessment_id: UUID
    learner_id: UUID
    skill: str
    level: int
    refused_by: tuple[UUID, ...]
    reasons: tuple[str, ...]
    refused_at: datetime


def own_case(*, learner_id: UUID, assessment_id: UUID) -> LevelAssessment | None:
    """The learner's own case with its verdicts, or None: somebody else's is as unknown as one that does not exist."""
    return LevelAssessment.objects.filter(pk=assessment_id, learner_id=learner_id).prefetch_related("verdicts").first()


def own_cases(*, learner_id: UUID, after: UUID | None, limit: int) -> Sequence[LevelAssessment]:
    """At most `limit` of the learner's cases behind `after`, by id (clients make UUIDv7: oldest first)."""
    found = LevelAssessment.objects.filter(learner_id=learner_id).order_by("pk").prefetch_related("verdicts")
    if after is not None:
        found = found.filter(pk__gt=after)
    return list(found[:limit])


def verdicts_for_learner(case: LevelAssessment) -> list[AssessorVerdict]:
    """The verdicts that the learner reads: all of them, once the case is decided, and none before."""
    return _in_order(case) if case.state == LevelAssessment.State.DECIDED else []


def verdicts_for_staff(case: LevelAssessment, *, assessor_id: UUID) -> list[AssessorVerdict]:
    """The verdicts that a member of staff reads: on an open case none, before they have given their own."""
    given = _in_order(case)
    if case.state == LevelAssessment.State.OPEN and all(verdict.assessor != assessor_id for verdict in given):
        return []
    return given


def refusal(*, learner_id: UUID, assessment_id: UUID) -> Refusal | None:
    """The refusal that this case of the learner ended in; None where it did not end in one."""
    case = own_case(learner_id=learner_id, assessment_id=assessment_id)
    if case is None or case.outcome != LevelAssessment.Outcome.REFUSED:
        return None
    return _refusal(case)


def refusals(learner_id: UUID) -> list[Refusal]:
    """Every refusal of a level to this learner, oldest first; two queries."""
    found = LevelAssessment.objects.filter(learner_id=learner_id, outcome=LevelAssessment.Outcome.REFUSED)
    return [_refusal(case) for case in found.order_by("closed_at", "pk").prefetch_related("verdicts")]


def _refusal(case: LevelAssessment) -> Refusal:
    against = [verdict for verdict in _in_order(case) if not verdict.recommended]
    assert case.closed_at is not None
    return Refusal(
        case.pk,
        case.learner_id,
        case.skill_code,
        case.level,
        tuple(verdict.assessor for verdict in against),
        tuple(verdict.reason for verdict in against),
        case.closed_at,
    )


def _in_order(case: LevelAssessment) -> list[AssessorVerdict]:
    return sorted(case.verdicts.all(), key=lambda verdict: (verdict.given_at, verdict.pk))
