"""Pure parts of the feed: pseudonyms, and which rows are wanted."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from agencies.grants.rules import GrantFacts, agencies_for_learners


def pseudonym(key: bytes, identifier: UUID) -> str:
    """Return a learner's id, or that of a learner's thing, for one agency: the first 128 bits of HMAC-SHA256, in hex.

    Two agencies cannot match their learners by it, and nobody without the key can get from it to the account.
    """
    return hmac.new(key, identifier.bytes, hashlib.sha256).hexdigest()[:32]


def for_agency(key: bytes, document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a learner's progress as this agency is told it: ids that it alone knows, and days instead of instants.

    The ids stay the same from one telling to the next, but are nobody else's: by the stored ids two agencies could match
    their learners. A second or a millisecond does the same as an id, and the instants of a certificate stand beside the
    name on it; so `…_at` becomes `…_on`, a UTC day.
    """
    told: dict[str, Any] = {part: [_by_day(entry) for entry in document[part]] for part in document}
    for part in ("enrolments", "certificates"):
        told[part] = [{**one, "id": pseudonym(key, UUID(one["id"]))} for one in told[part]]
    return told


def _by_day(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Cut the RFC 3339 instants of an entry to their day."""
    days: dict[str, Any] = {}
    for name, value in entry.items():
        if name.endswith("_at"):
            days[f"{name.removesuffix('_at')}_on"] = value[:10] if value else None
        elif name in ("valid_from", "valid_until"):
            days[name] = value[:10] if value else None
        else:
            days[name] = value
    return days


def wanted(
    *, states: Mapping[UUID, str], consents: Mapping[UUID, frozenset[UUID]], grants: Iterable[GrantFacts], purpose: str,
    day: date,
) -> list[tuple[UUID, UUID]]:  # fmt: skip
    """Return (agency, learner) for each agency of the learner's own state that the learner consents to and that holds a
    grant in force; sorted by learner, so that the order of the feed is the same at each repeat.
    """
    known = list(grants)
    allowed = {
        state: agencies_for_learners(known, state=state, purpose=purpose, day=day) for state in set(states.values())
    }
    return [
        (agency_id, learner_id)
        for learner_id in sorted(states)
        for agency_id in sorted(consents.get(learner_id, frozenset()) & allowed[states[learner_id]])
    ]
