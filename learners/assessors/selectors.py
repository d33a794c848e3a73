"""Reads of cases for assessors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


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


def refusal(*, learner_id: UUID, assessment_id: UUID) -> Refusal | None:
    """The refusal that this case of the learner ended in; None where it did not end in one."""
    return None
