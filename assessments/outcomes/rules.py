"""What an attempt's outcome says to the other parts. Pure: no Django, no clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from assessments.scoring.rules import score_attempt

# A trainer's word for the difficulty, in logits.
LOGITS: Mapping[str, float] = {"easy": -1.0, "medium": 0.0, "hard": 1.0}


class ScoredItem(NamedTuple):
    """One item of a graded attempt.

    `answered` is false when it was left open; `score` is None when it was struck; `met_before` tells of earlier attempts.
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
    met_before: bool = False


class Graded(NamedTuple):
    """What an attempt's outcome is told with, beside its items."""

    learner_id: UUID
    edition_id: UUID
    quiz_id: UUID
    attempt_id: UUID
    mode: str
    passed: bool
    score: float
    submitted_at: datetime
    known_at: datetime
    expired: bool
    language: str
    framework_version: str
    rule_version: str


class CorrectedItem(NamedTuple):
    """An item as it is scored now, under the id of the evidence that replaces `corrects`."""

    item: ScoredItem
    corrects: UUID


def outcome(graded: Graded, items: Sequence[ScoredItem]) -> dict[str, Any]:
    """Return the payload of `assessments.outcome_recorded`; config/flow.py and learners.public name its members.

    What was left open in a submitted attempt is an answer with score 0: whoever could skip the hard items without a
    trace would look better than they are. In an expired attempt nobody said anything, and a dead battery is no proof of
    missing skill: its items are told as lapsed, which counts for certified mastery alone (docs/decisions/0050).
    """
    return {
        **_head(graded),
        "skills": by_skill(items),
        "in_common": _in_common(graded) | ({"lapsed": True} if graded.expired else {}),
        "answers": [_answer(item) for item in items],
    }


def correction(graded: Graded, corrected: Sequence[CorrectedItem], *, at: datetime) -> dict[str, Any]:
    """Return the payload of `assessments.outcome_corrected`: the attempt as it stands now, and the items that changed.

    Each answer names the evidence that it replaces (`corrects`). One that is `struck` has the score None: there is no
    evidence in its place.
    """
    return {
        **_head(graded),
        "in_common": _in_common(graded) | {"corrected_at": at},
        "answers": [
            {**_answer(one.item), "corrects": one.corrects, "struck": one.item.score is None} for one in corrected
        ],
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
            "score": score_attempt(item.score for item in listed),
        }
        for skill, listed in sorted(of_skill.items())
    ]


def _head(graded: Graded) -> dict[str, Any]:
    return {
        "learner_id": graded.learner_id,
        "edition_id": graded.edition_id,
        "quiz_id": graded.quiz_id,
        "attempt_id": graded.attempt_id,
        "mode": graded.mode,
        "passed": graded.passed,
        "score": graded.score,
        "submitted_at": graded.submitted_at,
    }


def _in_common(graded: Graded) -> dict[str, Any]:
    """What every answer of the attempt has, told once."""
    return {
        "supervised": False,
        "language": graded.language,
        # Evidence counts from when its score was known: what people marked later takes nothing back of what followed
        # from other answers meanwhile.
        "answered_at": graded.known_at,
        "framework_version": graded.framework_version,
        "rule_version": graded.rule_version,
    }


def _answer(item: ScoredItem) -> dict[str, Any]:
    return {
        "id": item.id,
        "item_id": item.item_id,
        "item_revision": item.revision,
        "skills": sorted(item.skills),
        "level": item.level,
        "score": item.score,
        "guess": item.guess,
        "difficulty": LOGITS[item.difficulty],
        "met_before": item.met_before,
    }
