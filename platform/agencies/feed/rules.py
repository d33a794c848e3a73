"""Pure parts of the feed: pseudonyms, and which rows are wanted."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from datetime import date
from uuid import UUID

from agencies.grants.rules import GrantFacts, agencies_for_learners


def pseudonym(key: bytes, identifier: UUID) -> str:
    """Return a learner's id, or that of a learner's thing, for one agency: the first 128 bits of HMAC-SHA256, in hex.

    Two agencies cannot match their learners by it, and nobody without the key can get from it to the account.
    """
    return hmac.new(key, identifier.bytes, hashlib.sha256).hexdigest()[:32]


def wanted(
    *,
    states: Mapping[UUID, str],
    consents: Mapping[UUID, frozenset[UUID]],
    grants: Iterable[GrantFacts],
    purpose: str,
    day: date,
) -> list[tuple[UUID, UUID]]:
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
