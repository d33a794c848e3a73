"""What an appeal is about, when it is due, and what a decision may do. Pure: no Django, no clock.

An appeal never ends below what it disputes: a reviewer raises a result or leaves it. (No reformatio in peius: whoever
had to fear a worse result would rather keep quiet about a wrong one.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from math import fsum
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from common.schemas import Keywords

LEVEL, SCORE, REFUSAL = KINDS = ("level", "score", "refusal")
UPHELD, PARTLY_UPHELD, DISMISSED = OUTCOMES = ("upheld", "partly_upheld", "dismissed")
STATES = OPEN, DECIDED, WITHDRAWN = ("open", "decided", "withdrawn")
AppealKind = Annotated[str, Keywords(enum=list(KINDS))]
AppealOutcome = Annotated[str, Keywords(enum=list(OUTCOMES))]
AppealState = Annotated[str, Keywords(enum=list(STATES))]
MAX_WORDS = 4000
# The highest level that one person may give: from 5 on, several assessors have to agree.
ALONE = 4
_ROUNDING = 1e-9


class SubjectUnclear(Exception):
    """The members of a subject do not name one thing: `place` says which, `reason` is a code."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(f"{place}: {reason}")
        self.place, self.reason = place, reason


class RemedyRefused(Exception):
    """A decision may not do that; `reason` is a code, `place` the part of the remedy."""

    def __init__(self, reason: str, place: str = "") -> None:
        super().__init__(f"{place}: {reason}" if place else reason)
        self.reason, self.place = reason, place


@dataclass(frozen=True)
class Subject:
    """The one thing that an appeal disputes; `read_subject` makes valid ones."""

    kind: str
    skill: str = ""
    attempt_id: UUID | None = None
    item_id: UUID | None = None
    level_assessment_id: UUID | None = None
    achievement: str = ""

    @property
    def key(self) -> str:
        """A text that is the same for the same thing."""
        named = (
            self.skill,
            self.attempt_id,
            self.item_id,
            self.level_assessment_id and f"assessment {self.level_assessment_id}",
            self.achievement and f"achievement {self.achievement}",
        )
        return " ".join([self.kind, *(str(member) for member in named if member)])


# What may name a subject of each kind: exactly one of these sets of members.
_NAMED_BY: Mapping[str, tuple[frozenset[str], ...]] = {
    LEVEL: (frozenset({"skill"}),),
    SCORE: (frozenset({"attempt_id"}), frozenset({"attempt_id", "item_id"})),
    REFUSAL: (frozenset({"attempt_id"}), frozenset({"level_assessment_id"}), frozenset({"achievement"})),
}


def read_subject(kind: str, members: Mapping[str, Any]) -> Subject:
    """Return the subject that `members` (those that are given) name.

    Raises:
        SubjectUnclear: something is missing, or does not go together.
    """
    given = {name: value for name, value in members.items() if value not in (None, "")}
    allowed = _NAMED_BY[kind]
    if frozenset(given) not in allowed:
        surplus = sorted(set(given) - frozenset().union(*allowed))
        if surplus:
            raise SubjectUnclear(surplus[0], "not_of_this_kind")
        raise SubjectUnclear(sorted(allowed[0])[0], "names_no_one_thing")
    return Subject(kind, **given)


def due(*, opened_at: datetime, value: float, unit: str, zone: str) -> datetime:
    """Return the instant until which an appeal has to be decided: the end of the last day in `zone`, or `value` hours on.

    Working days are counted as calendar days: an early answer satisfies any law.

    Raises:
        ValueError: a unit in which no due date is counted.
    """
    if unit == "hours":
        return opened_at + timedelta(hours=value)
    if unit not in ("calendar_days", "working_days"):
        raise ValueError(f"no due date is counted in {unit!r}")
    there = ZoneInfo(zone)
    last = opened_at.astimezone(there).date() + timedelta(days=int(value))
    return datetime.combine(last, time(23, 59, 59), there).astimezone(UTC)


@dataclass(frozen=True)
class Remedy:
    """What a decision does: levels by skill, scores by attempt item (None: the item is voided), another try."""

    levels: Mapping[str, int] = field(default_factory=dict)
    scores: Mapping[UUID, float | None] = field(default_factory=dict)
    new_try: bool = False

    def __bool__(self) -> bool:
        return bool(self.levels or self.scores or self.new_try)


@dataclass(frozen=True)
class Bounds:
    """What a remedy may touch, from the disputed result as it is now.

    levels: skill -> (level that is held, or will be when its freeze ends; highest level that a reviewer may decide).
    scores: attempt item -> current score (None: voided already), of all items of the attempt; `changeable` are those
    that are disputed.
    """

    levels: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    scores: Mapping[UUID, float | None] = field(default_factory=dict)
    changeable: frozenset[UUID] = frozenset()
    new_try: bool = False


def check(*, outcome: str, remedy: Remedy, bounds: Bounds) -> None:
    """Check a decision: a dismissal does nothing; what is upheld, in part or whole, changes something, and only upwards.

    Raises:
        RemedyRefused: nothing_decided, dismissed_with_remedy, not_disputed, not_higher, above_reviewers, lower_result.
    """
    if outcome == DISMISSED:
        if remedy:
            raise RemedyRefused("dismissed_with_remedy")
        return
    if not remedy:
        raise RemedyRefused("nothing_decided")
    if remedy.new_try and not bounds.new_try:
        raise RemedyRefused("not_disputed", "new_try")
    for skill, level in remedy.levels.items():
        if skill not in bounds.levels:
            raise RemedyRefused("not_disputed", skill)
        held, most = bounds.levels[skill]
        if level <= held:
            raise RemedyRefused("not_higher", skill)
        if level > most:
            raise RemedyRefused("above_reviewers", skill)
    for item, score in remedy.scores.items():
        stands = bounds.scores.get(item)
        if item not in bounds.changeable or stands is None:
            raise RemedyRefused("not_disputed", str(item))
        if score is not None and not stands < score <= 1:
            raise RemedyRefused("not_higher", str(item))
    if remedy.scores:
        # To strike an item that went better than the rest would lower the result.
        before, after = result(bounds.scores, {}), result(bounds.scores, remedy.scores)
        if before is None or after is None or after < before - _ROUNDING:
            raise RemedyRefused("lower_result")


def result(scores: Mapping[UUID, float | None], changes: Mapping[UUID, float | None]) -> float | None:
    """Return the mean score of the items that count after `changes`; None when all are voided."""
    counted = [score for score in {**scores, **changes}.values() if score is not None]
    return fsum(counted) / len(counted) if counted else None


def highest(*, computed: Sequence[int], skill_most: int, decided: Sequence[int]) -> int:
    """Return the highest level that a reviewer alone may decide in a skill.

    That is what may be computed, or what people gave before: a reviewer restores what assessors decided, and does not
    stand in for them.
    """
    return max([0, *(level for level in computed if level <= skill_most), *decided])
