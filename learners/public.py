"""Everything other apps may know about learners, as values; and the consumers that config/flow.py wires."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from events.registry import Happened

# Members of each entry of `answers` in assessments.outcome_recorded.
ANSWER_FIELDS = (
    "id", "item_id", "item_revision", "skills", "level", "score", "guess", "difficulty", "supervised", "language",
    "answered_at", "framework_version", "rule_version",
)  # fmt: skip


@dataclass(frozen=True)
class LearnerView:
    id: UUID
    member_state: str
    languages: tuple[str, ...]


def learner(learner_id: UUID) -> LearnerView | None:
    """The learner, or None when the account has no profile yet."""
    raise NotImplementedError


def is_enrolled(*, learner_id: UUID, edition_id: UUID) -> bool:
    raise NotImplementedError


def states_of(learner_ids: Iterable[UUID]) -> Mapping[UUID, str]:
    """Member state of each learner, one query."""
    raise NotImplementedError


def progress_documents(learner_ids: Iterable[UUID]) -> Mapping[UUID, dict[str, Any]]:
    """What a consenting learner's agency sees: {"enrolments": [...], "skills": [...], "certificates": [...]}; constant queries."""
    raise NotImplementedError


def counts_by_level() -> Sequence[tuple[str, str, int, int]]:
    """(member state, skill code, level, learners) over all learners with that skill's state, level >= 1; one query."""
    raise NotImplementedError


def absorb_outcomes(happened: Sequence[Happened]) -> None:
    """Consumer: answers become evidence rows, and the mastery of every learner concerned follows."""
    raise NotImplementedError


def note_passed_assessments(happened: Sequence[Happened]) -> None:
    """Consumer: passed assessments complete the editions whose lessons are done."""
    raise NotImplementedError


def decide_awards(happened: Sequence[Happened]) -> None:
    """Consumer: awards every achievement whose criteria a learner now meets, once."""
    raise NotImplementedError


def issue_certificates(happened: Sequence[Happened]) -> None:
    """Consumer: signs and stores the credential of each award, once."""
    raise NotImplementedError
