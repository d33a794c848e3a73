"""When an achievement is earned, and what may be said of a certificate. Pure: no clock, no database."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal, NotRequired, TypedDict
from uuid import UUID

from common.schemas import Keywords


class Verdict(StrEnum):
    """What is said of a certificate that somebody shows.

    Unknown: no certificate of ours. Unknown issuer: signed, by none of our issuers.
    """

    VALID = "valid"
    EXPIRED = "expired"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    SUPERSEDED = "superseded"
    TAMPERED = "tampered"
    UNKNOWN = "unknown"
    UNKNOWN_ISSUER = "unknown_issuer"


# From each status of a certificate those that may follow. What is revoked or superseded stays so; a database trigger holds
# the same table (learners/migrations). A suspended one is not replaced: that would lift the suspension.
TRANSITIONS: Mapping[str, frozenset[str]] = {
    "active": frozenset({"suspended", "revoked", "superseded"}),
    "suspended": frozenset({"active", "revoked"}),
    "revoked": frozenset(),
    "superseded": frozenset(),
}

# So many days before a certificate expires its learner is reminded, and from the first of them on it may be renewed.
REMINDED_AT = (90, 60, 30, 7)
RENEWABLE_BEFORE = timedelta(days=REMINDED_AT[0])


def may_follow(before: str, after: str) -> bool:
    """Whether a certificate of the one `Certificate.Status` may come to have the other."""
    return after in TRANSITIONS[before]


def renewable_from(valid_until: datetime) -> datetime:
    """From when on a certificate may be renewed; there is no end to it."""
    return valid_until - RENEWABLE_BEFORE


class MissingForCertificate(TypedDict):
    """What a learner lacks for an achievement: the course is not completed, a quiz not passed, or a level not held."""

    kind: Annotated[
        Literal["completion", "quiz", "skill"],
        Keywords("The course is not completed, a quiz is not passed, or a level is not held."),
    ]
    quiz_id: NotRequired[UUID]
    skill: NotRequired[str]
    level: NotRequired[Annotated[int, Keywords("Wanted.")]]
    held: NotRequired[Annotated[int, Keywords("The learner's own.")]]
    certified: NotRequired[Annotated[bool, Keywords("The stricter test counts.")]]


def missing(
    criteria: Mapping[str, Any],
    *,
    completed: bool,
    passed: Collection[UUID],
    levels: Mapping[str, int],
    certified: Mapping[str, int],
) -> list[MissingForCertificate]:
    """What stands between a learner and an achievement, empty when it is earned. Arguments as of `criteria_met`."""
    lacking: list[MissingForCertificate] = []
    if criteria.get("course_completed") and not completed:
        lacking.append({"kind": "completion"})
    lacking.extend(
        {"kind": "quiz", "quiz_id": UUID(quiz)} for quiz in criteria.get("quizzes", ()) if UUID(quiz) not in passed
    )
    for wanted in criteria["skills"]:
        strictly = bool(wanted.get("certified"))
        held = (certified if strictly else levels).get(wanted["skill"], 0)
        if held < wanted["level"]:
            lacking.append(
                {
                    "kind": "skill",
                    "skill": wanted["skill"],
                    "level": wanted["level"],
                    "held": held,
                    "certified": strictly,
                }
            )
    return lacking


# Published lists are made anew more often than this; what is older is said to be.
LISTS_ARE_FRESH_FOR = timedelta(days=1)
# Until a change stands in the published list.
LISTS_LAG = timedelta(minutes=2)


def lists_are_stale(published_at: datetime | None, *, changed_at: datetime | None, now: datetime) -> bool:
    """Whether who reads the published status lists may see another status than the one that holds.

    Args:
        published_at: when the lists were last published; None where none was yet. changed_at: of the status.
    """
    if published_at is None:
        return changed_at is not None and now - changed_at > LISTS_LAG
    if changed_at is not None and published_at < changed_at and now - changed_at > LISTS_LAG:
        return True
    return now - published_at > LISTS_ARE_FRESH_FOR


def criteria_met(
    criteria: Mapping[str, Any],
    *,
    completed: bool,
    passed: Collection[UUID],
    levels: Mapping[str, int],
    certified: Mapping[str, int],
) -> bool:
    """Whether an achievement is earned.

    Args:
        criteria: {"course_completed": bool, "quizzes": [id, …] or missing, "skills": [{"skill": code, "level": lowest level,
            "certified": true or missing}, …]}
        completed: the learner completed any edition of the achievement's course.
        passed: ids of the quizzes that the learner passed.
        levels: the learner's level in each skill; a skill that is missing has none.
        certified: the level that the stricter test certified, likewise.
    """
    return not missing(criteria, completed=completed, passed=passed, levels=levels, certified=certified)


def evidence_digest(evidence_ids: Iterable[UUID]) -> str:
    """SHA-256 in hex over the ids of the evidence, sorted, one to a line: names what a decision rests on."""
    return hashlib.sha256("\n".join(sorted(str(evidence_id) for evidence_id in set(evidence_ids))).encode()).hexdigest()


def verdict(*, proof_holds: bool, status: str, valid_until: datetime | None, now: datetime) -> Verdict:
    """What holds of a certificate; the gravest first: what was altered is not even worth its status.

    Args:
        status: a `Certificate.Status`.
    """
    if not proof_holds:
        return Verdict.TAMPERED
    if status != "active":
        return Verdict(status)
    if valid_until is not None and now >= valid_until:
        return Verdict.EXPIRED
    return Verdict.VALID
