"""Everything other apps may know about learners, as values; and the consumers that config/flow.py wires."""

from __future__ import annotations

from collections.abc import Sequence

from events.registry import Happened
from learners.enrolments.selectors import is_enrolled
from learners.mastery.selectors import counts_by_level
from learners.profiles.selectors import LearnerView, learner, states_of
from learners.records.selectors import progress_documents

__all__ = [
    "ANSWER_FIELDS",
    "LearnerView",
    "absorb_outcomes",
    "counts_by_level",
    "decide_awards",
    "is_enrolled",
    "issue_certificates",
    "learner",
    "note_passed_assessments",
    "progress_documents",
    "states_of",
]

# Members of each entry of `answers` in assessments.outcome_recorded.
ANSWER_FIELDS = (
    "id", "item_id", "item_revision", "skills", "level", "score", "guess", "difficulty", "supervised", "language",
    "answered_at", "framework_version", "rule_version",
)  # fmt: skip


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
