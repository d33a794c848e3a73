"""The events that assessments record."""

from __future__ import annotations

from uuid import UUID

from events.public import Event, Instant, Value
from learners.events import CorrectedOutcome, Outcome


class SkillScore(Value, frozen=True, kw_only=True):
    """A skill in an attempt.

    Args:
        answered: how many of its items were answered.
        score: the mean of all its items, 0 to 1; those left open count 0.
    """

    skill: str
    answered: int
    score: float


class OutcomeRecorded(Outcome, frozen=True, kw_only=True):
    """An attempt was graded."""

    kind = "assessments.outcome_recorded"
    quiz_id: UUID
    attempt_id: UUID
    score: float
    skills: tuple[SkillScore, ...]


class OutcomeCorrected(CorrectedOutcome, frozen=True, kw_only=True):
    """A person gave items of an attempt other scores."""

    kind = "assessments.outcome_corrected"
    quiz_id: UUID
    attempt_id: UUID
    score: float


class MarkingNeeded(Event, frozen=True, kw_only=True):
    """People must mark answers of a submitted attempt.

    Args:
        attempt_items: ids of the items of the attempt whose answers these are.
    """

    kind = "assessments.marking_needed"
    attempt_id: UUID
    learner_id: UUID
    attempt_items: tuple[UUID, ...]


class AppealOpened(Event, frozen=True, kw_only=True):
    """A learner disputes a result.

    Args:
        subject: the kind of thing that is disputed.
        due_at: until when it is to be decided.
    """

    kind = "assessments.appeal_opened"
    learner_id: UUID
    appeal_id: UUID
    subject: str
    due_at: Instant


class AppealOverdue(Event, frozen=True, kw_only=True):
    """Nobody decided an appeal in time."""

    kind = "assessments.appeal_overdue"
    learner_id: UUID
    appeal_id: UUID
    due_at: Instant


class AppealDecided(Event, frozen=True, kw_only=True):
    """A person decided an appeal.

    Args:
        subject: the kind of thing that was disputed.
        revisions: keys of the item revisions that the remedy is about.
    """

    kind = "assessments.appeal_decided"
    learner_id: UUID
    appeal_id: UUID
    subject: str
    outcome: str
    revisions: tuple[int, ...]
