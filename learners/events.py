"""The events that learners record, and what they take of the outcomes that assessments record.

Scored answers are learners' own: they define here what is an answer, and the events of assessments are made of them.
"""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from events.public import Event, Instant, Value


class OfLearner(Protocol):
    """Any event about one learner."""

    @property
    def learner_id(self) -> UUID: ...


class ProfileChanged(Event, frozen=True, kw_only=True):
    """A profile was made or changed."""

    kind = "learners.profile_changed"
    learner_id: UUID
    member_state: str


class AccountChanged(Event, frozen=True, kw_only=True):
    """The learner's account was made inactive or active again, or was erased."""

    kind = "learners.account_changed"
    learner_id: UUID


class Enrolled(Event, frozen=True, kw_only=True):
    """A learner enrolled."""

    kind = "learners.enrolled"
    learner_id: UUID
    edition_id: UUID
    course_id: UUID
    enrolment_id: UUID


class EnrolmentMoved(Event, frozen=True, kw_only=True):
    """A learner moved to another edition of the course.

    Args:
        edition_id: the one that the enrolment is pinned to now.
    """

    kind = "learners.enrolment_moved"
    learner_id: UUID
    edition_id: UUID
    course_id: UUID
    enrolment_id: UUID
    from_edition_id: UUID


class ProgressRecorded(Event, frozen=True, kw_only=True):
    """Lessons moved on."""

    kind = "learners.progress_recorded"
    learner_id: UUID
    edition_id: UUID
    course_id: UUID


class LessonsWaived(Event, frozen=True, kw_only=True):
    """After a placement, lessons need not be done."""

    kind = "learners.lessons_waived"
    learner_id: UUID
    edition_id: UUID
    course_id: UUID


class EditionCompleted(Event, frozen=True, kw_only=True):
    """All that an edition asks is done: recorded once for a course.

    Args:
        edition_id: the newest, of those that the learner was ever pinned to, for which it held when it first did for any.
    """

    kind = "learners.edition_completed"
    learner_id: UUID
    edition_id: UUID
    course_id: UUID


class MasteryChanged(Event, frozen=True, kw_only=True):
    """Evidence was absorbed.

    Args:
        skills: codes of the skills that it was evidence of.
    """

    kind = "learners.mastery_changed"
    learner_id: UUID
    skills: tuple[str, ...]


class LevelDecided(Event, frozen=True, kw_only=True):
    """People decided, froze or released a level.

    Args:
        level: the one that holds now.
    """

    kind = "learners.level_decided"
    learner_id: UUID
    skill: str
    level: int
    cause: str


class ScoredAnswer(Value, frozen=True, kw_only=True):
    """The answer to one item, scored.

    Args:
        id: becomes that of the evidence; an answer is absorbed once.
        skills: codes; an answer without any is no evidence.
        score: 0 to 1.
        voided: it counts neither for nor against the learner, and its score is 0; the learner met the item all the same.
        guess: the chance, 0 to 1, of being right without knowing.
        difficulty: in logits.
        seen_before: whether the learner had met the item before.
        lapsed: the item was left open when the time was over and nobody had handed in: nothing was said about it.
    """

    id: UUID
    item_id: UUID
    item_revision: int
    skills: tuple[str, ...]
    level: int
    score: float
    voided: bool
    guess: float
    difficulty: float
    seen_before: bool
    lapsed: bool


class CorrectedAnswer(ScoredAnswer, frozen=True, kw_only=True):
    """An answer as it is scored after a review.

    Args:
        corrects: the evidence that this replaces; an answer, or an earlier correction of it.
    """

    corrects: UUID


class Outcome(Event, frozen=True, kw_only=True):
    """A graded attempt, as far as learners take it: its result, what its answers share, and the answers.

    Args:
        mode: of the quiz. Practice is no evidence.
        answered_at: from when the answers count as evidence: when their scores were known.
        rule_version: of the rule that scored the answers.
    """

    learner_id: UUID
    edition_id: UUID
    mode: str
    passed: bool
    submitted_at: Instant
    supervised: bool
    language: str
    answered_at: Instant
    framework_version: str
    rule_version: str
    answers: tuple[ScoredAnswer, ...]


class CorrectedOutcome(Outcome, frozen=True, kw_only=True):
    """A graded attempt after people gave some of its answers other scores: these answers.

    Args:
        corrected_at: when that was decided.
    """

    corrected_at: Instant
    answers: tuple[CorrectedAnswer, ...]
