"""What an attempt's outcome says to the other parts. Pure: no Django, no clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from assessments.scoring.rules import score_attempt

# A trainer's word for the difficulty, in logits.
LOGITS: Mapping[str, float] = {"easy": -1.0, "medium": 0.0, "hard": 1.0}


@dataclass(frozen=True)
class ScoredItem:
    """One item of a graded attempt. `answered` is false when it was left open."""

    id: UUID
    item_id: UUID
    revision: int
    skills: tuple[str, ...]
    level: int
    difficulty: str
    guess: float
    answered: bool
    score: float


def outcome(
    *, learner_id: UUID, edition_id: UUID, quiz_id: UUID, attempt_id: UUID, mode: str, passed: bool, score: float,
    submitted_at: datetime, expired: bool, language: str, framework_version: str, rule_version: str,
    items: Sequence[ScoredItem],
) -> dict[str, Any]:  # fmt: skip
    """Return the payload of `assessments.outcome_recorded`; config/flow.py and learners.public name its members.

    What was left open in a submitted attempt is an answer with score 0: whoever could skip the hard items without a
    trace would look better than they are. An expired attempt has no answers: nobody said anything in it, and a dead
    battery is no proof of missing skill (docs/decisions/0050).
    """
    answers = [] if expired else [
        {
            "id": item.id,
            "item_id": item.item_id,
            "item_revision": item.revision,
            "skills": sorted(item.skills),
            "level": item.level,
            "score": item.score,
            "guess": item.guess,
            "difficulty": LOGITS[item.difficulty],
            "supervised": False,
            "language": language,
            "answered_at": submitted_at,
            "framework_version": framework_version,
            "rule_version": rule_version,
        }
        for item in items
    ]  # fmt: skip
    return {
        "learner_id": learner_id,
        "edition_id": edition_id,
        "quiz_id": quiz_id,
        "attempt_id": attempt_id,
        "mode": mode,
        "passed": passed,
        "score": score,
        "submitted_at": submitted_at,
        "skills": by_skill(items),
        "answers": answers,
    }


def by_skill(items: Sequence[ScoredItem]) -> list[dict[str, Any]]:
    """Return for each skill, sorted, how many of its items were answered and their mean score (0 for those left open)."""
    of_skill: dict[str, list[ScoredItem]] = {}
    for item in items:
        for skill in item.skills:
            of_skill.setdefault(skill, []).append(item)
    return [
        {
            "skill": skill,
            "answered": sum(item.answered for item in listed),
            "score": score_attempt([item.score for item in listed]),
        }
        for skill, listed in sorted(of_skill.items())
    ]
