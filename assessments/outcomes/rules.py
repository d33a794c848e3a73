"""What an attempt's outcome says to the other parts. Pure: no Django, no clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from assessments.events import OutcomeCorrected, OutcomeRecorded, SkillScore
from assessments.scoring.rules import score_attempt
from learners.events import CorrectedAnswer, ScoredAnswer

# A trainer's word for the difficulty, in logits.
LOGITS: Mapping[str, float] = {"easy": -1.0, "medium": 0.0, "hard": 1.0}


class ScoredItem(NamedTuple):
    """One item of a graded attempt.

    `answered` is false when it was left open; `score` is None when it was voided; `seen_before`: in an earlier attempt;
    `lapsed`: it was left open when the clock closed the attempt; `revision`: number of the first that measures the same.
    """

    id: UUID
    item_id: UUID
    revision: int
    skills: tuple[str, ...]
    level: int
    difficulty: str
    guess: float
    answered: bool
    score: float | None
    seen_before: bool = False
    lapsed: bool = False


class Graded(NamedTuple):
    """A graded attempt as its outcome publishes it, without its items."""

    learner_id: UUID
    edition_id: UUID
    quiz_id: UUID
    attempt_id: UUID
    mode: str
    passed: bool
    score: float
    submitted_at: datetime
    known_at: datetime
    language: str
    framework_version: str
    rule_version: str


class CorrectedItem(NamedTuple):
    """An item as it is scored now, under the id of the evidence that replaces `corrects`."""

    item: ScoredItem
    corrects: UUID


def outcome(graded: Graded, items: Sequence[ScoredItem]) -> OutcomeRecorded:
    """Return the event of a graded attempt.

    What was left open in a submitted attempt is an answer with score 0: a learner who could skip the hard items without a
    trace would look better than they are. When the clock closes an attempt, nobody has said anything about what was left
    open, and a dead battery is no proof of missing skill: those items are published as lapsed, which counts for certified
    mastery alone (docs/decisions/0050).
    """
    return OutcomeRecorded(
        learner_id=graded.learner_id,
        edition_id=graded.edition_id,
        quiz_id=graded.quiz_id,
        attempt_id=graded.attempt_id,
        mode=graded.mode,
        passed=graded.passed,
        score=graded.score,
        submitted_at=graded.submitted_at,
        skills=by_skill(items),
        supervised=False,
        language=graded.language,
        # What people marked later counts from then: it takes nothing back of what followed from other answers meanwhile.
        answered_at=graded.known_at,
        framework_version=graded.framework_version,
        rule_version=graded.rule_version,
        answers=tuple(
            ScoredAnswer(
                id=item.id,
                item_id=item.item_id,
                item_revision=item.revision,
                skills=tuple(sorted(item.skills)),
                level=item.level,
                score=item.score or 0.0,
                voided=item.score is None,
                guess=item.guess,
                difficulty=LOGITS[item.difficulty],
                seen_before=item.seen_before,
                lapsed=item.lapsed,
            )
            for item in items
        ),
    )


def correction(graded: Graded, corrected: Sequence[CorrectedItem], *, at: datetime) -> OutcomeCorrected:
    """Return the event of the attempt as it is now, with the answers whose scores changed at this instant.

    Each answer names the evidence that it replaces.
    """
    return OutcomeCorrected(
        learner_id=graded.learner_id,
        edition_id=graded.edition_id,
        quiz_id=graded.quiz_id,
        attempt_id=graded.attempt_id,
        mode=graded.mode,
        passed=graded.passed,
        score=graded.score,
        submitted_at=graded.submitted_at,
        supervised=False,
        language=graded.language,
        answered_at=graded.known_at,
        framework_version=graded.framework_version,
        rule_version=graded.rule_version,
        corrected_at=at,
        answers=tuple(
            CorrectedAnswer(
                id=item.id,
                item_id=item.item_id,
                item_revision=item.revision,
                skills=tuple(sorted(item.skills)),
                level=item.level,
                score=item.score or 0.0,
                voided=item.score is None,
                guess=item.guess,
                difficulty=LOGITS[item.difficulty],
                seen_before=item.seen_before,
                lapsed=item.lapsed,
                corrects=corrects,
            )
            for item, corrects in corrected
        ),
    )


def by_skill(items: Sequence[ScoredItem]) -> tuple[SkillScore, ...]:
    """Return for each skill, sorted, how many of its items were answered and their mean score (0 for those left open)."""
    of_skill: dict[str, list[ScoredItem]] = {}
    for item in items:
        for skill in item.skills:
            of_skill.setdefault(skill, []).append(item)
    return tuple(
        SkillScore(
            skill=skill,
            answered=sum(item.answered for item in listed),
            score=score_attempt(item.score for item in listed),
        )
        for skill, listed in sorted(of_skill.items())
    )
