"""When an achievement is earned, and what may be said of a certificate. Pure: no clock, no database."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID


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
    criteria: Mapping[str, Any], *, completed: bool, levels: Mapping[str, int], certified: Mapping[str, int]
) -> bool:
    """Whether an achievement is earned.

    Args:
        criteria: {"edition_completed": bool, "skills": [{"skill": code, "level": lowest level, "certified": true or missing}, …]}
        completed: the learner completed the achievement's edition.
        levels: the learner's level in each skill; a skill that is missing has none.
        certified: the level that the stricter test certified, likewise.
    """
    if criteria.get("edition_completed") and not completed:
        return False
    return all(
        (certified if wanted.get("certified") else levels).get(wanted["skill"], 0) >= wanted["level"]
        for wanted in criteria["skills"]
    )


def evidence_digest(evidence_ids: Iterable[UUID]) -> str:
    """SHA-256 in hex over the ids of the evidence, sorted, one to a line: names what a decision rests on."""
    return hashlib.sha256("\n".join(sorted(str(one) for one in set(evidence_ids))).encode()).hexdigest()


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
