"""What a quiz is made of, and the decisions that follow from it. Pure: no Django, no clock.

What is wrong with a blueprint is found in `faults`, whether a bank can fill it in `filling`, when it is open in `windows`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from hashlib import sha256
from typing import Annotated, Any, Literal, NamedTuple, TypedDict

import rfc8785

from assessments.scoring.rules import has_passed, score_attempt
from common.schemas import Keywords

MAX_ITEMS = 200
MIN_TIME_LIMIT_S, MAX_TIME_LIMIT_S = 60, 86_400
MAX_COOL_DOWN_S = 366 * 86_400
MODES = ("assessment", "practice", "placement", "certification")
QuizMode = Annotated[str, Keywords(enum=list(MODES))]
MissedPart = Literal["whole", "section", "skill"]
# A learner who is being placed or certified has nothing else under way.
EXCLUSIVE_MODES = frozenset({"placement", "certification"})
DIFFICULTIES = ("easy", "medium", "hard")
REVIEW_WHEN = ("at_once", "after_window", "after_last_attempt")


class ReviewDetail(StrEnum):
    """How much of a graded attempt its learner sees, each including what stands before it; the key is in none."""

    NOTHING = "nothing"
    SCORE = "score"
    MARKS = "marks"
    FEEDBACK = "feedback"


REVIEW_WHAT = tuple(str(review_detail) for review_detail in ReviewDetail)


@dataclass(frozen=True)
class Pool:
    """So many items with this first skill, level and stated difficulty; None: whatever it is.

    `section` is 0 in a quiz without sections, else the section's number from 1.
    """

    skill: str | None
    level: int | None
    count: int
    difficulty: str | None = None
    section: int = 0

    def takes(self, *, skill: str, level: int, difficulty: str) -> bool:
        """Whether an item of this first skill, level and difficulty belongs to the pool."""
        return self.skill in (None, skill) and self.level in (None, level) and self.difficulty in (None, difficulty)

    @property
    def breadth(self) -> tuple[int, str, int, str, int]:
        """The order in which pools draw: the more a pool asks of an item, the earlier."""
        open_ends = [self.skill, self.level, self.difficulty].count(None)
        return open_ends, self.skill or "", self.level or 0, self.difficulty or "", self.section

    @property
    def purpose(self) -> str:
        """What the draw from this pool is for, as the seed is hashed with it."""
        return f"{self} of section {self.section}" if self.section else str(self)

    def __str__(self) -> str:
        level = f"level {self.level}" if self.level is not None else None
        return " ".join(part for part in (self.skill, level, self.difficulty) if part)


@dataclass(frozen=True)
class Blueprint:
    """A quiz as its author states it; the shapes of the members stand at `Quiz`."""

    titles: Mapping[str, Any]
    mode: str
    pools: Any
    attempt_limit: int
    time_limit_s: int
    pass_share: Decimal
    sections: Any = field(default_factory=list)
    forms: Any = field(default_factory=list)
    skill_minimums: Any = field(default_factory=dict)
    cool_down_s: int = 0
    shuffle_items: bool = True
    shuffle_options: bool = True
    options_in_order: Any = field(default_factory=list)
    review_what: str = str(ReviewDetail.FEEDBACK)
    review_when: str = "at_once"
    prerequisites: Any = field(default_factory=list)
    windows: Any = field(default_factory=list)
    cut_at_close: bool = False
    certified_level: int | None = None
    max_exposure: Decimal = Decimal("0.3")


BLUEPRINT_FIELDS = tuple(entry.name for entry in fields(Blueprint))
# When a quiz is held is operation: it may change at any time, so no version holds it.
_NOT_PINNED = frozenset({"windows"})
_SHARES = ("pass_share", "max_exposure")


def document_of(blueprint: Blueprint) -> dict[str, Any]:
    """Return what a version pins of a valid blueprint: each member but the windows, shares as plain decimal text."""
    document = {name: getattr(blueprint, name) for name in BLUEPRINT_FIELDS if name not in _NOT_PINNED}
    return document | {name: f"{Decimal(document[name]).normalize():f}" for name in _SHARES}


def read_document(document: Mapping[str, Any]) -> Blueprint:
    """Return the blueprint that `document_of` wrote; it has no windows."""
    return Blueprint(**(dict(document) | {name: Decimal(document[name]) for name in _SHARES}))


def digest_of(document: Mapping[str, Any]) -> str:
    """Return the SHA-256, in hexadecimal digits, of a document's canonical form (RFC 8785): alike in every installation."""
    return sha256(rfc8785.dumps(dict(document))).hexdigest()


def read_pools(pools: Any, *, section: int = 0) -> tuple[Pool, ...]:
    """Return the pools of a valid blueprint or of one of its sections."""
    return tuple(
        Pool(entry.get("skill"), entry.get("level"), entry["count"], entry.get("difficulty"), section)
        for entry in pools
    )


def pools_of(blueprint: Blueprint) -> tuple[Pool, ...]:
    """Return every pool of a valid blueprint, those of its sections included; none when it has fixed forms."""
    within = (
        pool
        for number, section in enumerate(blueprint.sections, 1)
        for pool in read_pools(section["pools"], section=number)
    )
    return (*read_pools(blueprint.pools), *within)


def item_count(blueprint: Blueprint) -> int:
    """Return how many items an attempt has; forms are equally long."""
    if blueprint.forms:
        return len(blueprint.forms[0]["items"])
    return sum(pool.count for pool in pools_of(blueprint))


def shuffled_sections(blueprint: Blueprint) -> frozenset[int]:
    """Return the numbers of the sections whose items are shuffled; 0 stands for a quiz without sections."""
    if not blueprint.shuffle_items:
        return frozenset()
    return frozenset({0} | {n for n, section in enumerate(blueprint.sections, 1) if section.get("shuffle", True)})


def choose_form(names: Sequence[str], *, used: Iterable[str], seed: int) -> str:
    """Return the form that the learner had least often, by lot among those: none comes twice while another is left.

    Args:
        used: the forms of the learner's earlier attempts, one entry for each.
    """
    times = list(used)
    return min(names, key=lambda name: (times.count(name), sha256(f"{seed}\x1fform\x1f{name}".encode()).digest()))


# ---- the pass rule


@dataclass(frozen=True)
class PassRule:
    """What passing asks: a share of the whole, and smallest shares of sections (by number) and of skills (by code)."""

    share: Decimal
    sections: Mapping[int, Decimal] = field(default_factory=dict)
    skills: Mapping[str, Decimal] = field(default_factory=dict)


class JudgedItem(NamedTuple):
    """An item as the pass rule sees it: its score from 0 to 1, its section's number and its skills."""

    score: float
    section: int
    skills: Collection[str]


@dataclass(frozen=True)
class Missed:
    """A part of the pass rule that an attempt does not reach."""

    part: MissedPart
    name: str
    share: float
    needed: float


def pass_rule(quiz: Blueprint) -> PassRule:
    """Return the pass rule of a valid blueprint."""
    return PassRule(
        Decimal(str(quiz.pass_share)),
        {
            number: Decimal(str(section["min_share"]))
            for number, section in enumerate(quiz.sections, 1)
            if section.get("min_share") is not None
        },
        {skill: Decimal(str(share)) for skill, share in quiz.skill_minimums.items()},
    )


def missed(rule: PassRule, items: Sequence[JudgedItem]) -> list[Missed]:
    """Return what of the rule these items miss; an attempt has passed when that is nothing.

    A share is the mean score, compared as `scoring.rules.has_passed` does. A section or skill of which no item was
    asked cannot be missed.
    """
    wanted: list[tuple[MissedPart, str, Decimal, list[float]]] = [
        ("whole", "", rule.share, [item.score for item in items])
    ]
    for number, share in sorted(rule.sections.items()):
        wanted.append(("section", str(number), share, [item.score for item in items if item.section == number]))
    for skill, share in sorted(rule.skills.items()):
        wanted.append(("skill", skill, share, [item.score for item in items if skill in item.skills]))
    return [
        Missed(part, name, score_attempt(scores), float(share))
        for part, name, share, scores in wanted
        if (scores or part == "whole") and not has_passed(score=score_attempt(scores), pass_share=share)
    ]


# ---- what a learner sees afterwards


@dataclass(frozen=True)
class ReviewPolicy:
    """How much of a graded attempt its learner sees, and from when on; see `REVIEW_WHAT` and `REVIEW_WHEN`."""

    what: str = str(ReviewDetail.FEEDBACK)
    when: str = "at_once"


def review_shown(policy: ReviewPolicy, *, windows_over: bool, attempts_over: bool) -> ReviewDetail:
    """Return how much of a graded attempt its learner may see at present.

    Args:
        windows_over: every window of the quiz has closed, other cohorts' too; true when it has none.
        attempts_over: the learner has no attempt left, or has passed.
    """
    waits = {"at_once": False, "after_window": not windows_over, "after_last_attempt": not attempts_over}
    return ReviewDetail.NOTHING if waits[policy.when] else ReviewDetail(policy.what)


# ---- before an attempt


def available_at(
    *, last_end: datetime | None, cool_down_s: int, now: datetime, granted_at: datetime | None = None
) -> datetime | None:
    """Return when the next attempt may start if that is later than `now`, else None.

    Args:
        granted_at: when the learner was last granted an attempt beyond the limit. One granted since the last attempt may
            start at once: it makes good what went wrong there.
    """
    if last_end is None or not cool_down_s or (granted_at is not None and granted_at >= last_end):
        return None
    at = last_end + timedelta(seconds=cool_down_s)
    return at if at > now else None


class MissingView(TypedDict, total=False):
    """Something to do before a quiz, of which one of the forms is there."""

    quiz: Annotated[str, Keywords("slug of a quiz to pass")]
    lessons: Annotated[bool, Keywords("true: every lesson of the edition")]
    skill: str
    level: Annotated[int, Keywords("lowest level of the skill")]


def unmet(
    prerequisites: Sequence[Mapping[str, Any]],
    *,
    passed_quizzes: Collection[str],
    lessons_done: bool,
    levels: Mapping[str, int],
) -> list[Mapping[str, Any]]:
    """Return the prerequisites that a learner does not meet, in their order.

    Args:
        passed_quizzes: slugs of the edition's quizzes that the learner passed.
        levels: the learner's level by skill; a skill that is missing has none.
    """

    def met(requirement: Mapping[str, Any]) -> bool:
        if "quiz" in requirement:
            return requirement["quiz"] in passed_quizzes
        if "skill" in requirement:
            return levels.get(requirement["skill"], 0) >= int(requirement["level"])
        return lessons_done

    return [prerequisite for prerequisite in prerequisites if not met(prerequisite)]
