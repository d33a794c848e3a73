"""Pure parts of the feed: pseudonyms, and which rows are wanted."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import NamedTuple
from uuid import UUID

from agencies.grants.rules import GrantFacts, agencies_for_learners

# What is told in bands, because exact figures would match the lists of two agencies (decision 0061).
SHARE_BANDS = ("none", "under_half", "half_or_more", "all")
CONFIDENCE_BANDS = ("low", "medium", "high")
COUNT_BANDS = ("none", "few", "some", "many")


class FeedCursor(NamedTuple):
    """How far a reader of a feed is.

    A pull from the start goes through the rows up to `position`, the newest one at its start, in the order of their
    pseudonyms, which says nothing about the learners; then through what changed behind `position`, in that order.

    Args:
        life: of the database, as `statements.feed_life` gives it: positions of another life mean other rows.
        position: all rows up to it were told, except those behind `after`.
        after: the last pseudonym told of a pull from the start; None when that part is over.
    """

    life: str
    position: int
    after: str | None

    def is_gone(self, *, life: str, newest: int, horizon: int) -> bool:
        """Whether going on from here could miss a withdrawal.

        Tombstones up to `position` are told or were there before the pull from the start began, which told none of their
        learners. So it does not matter that they were purged: only a horizon above `position` does.

        Args:
            life: the present one.
            newest: the highest position that was handed out in it: a cursor above is of a life that was forgotten.
            horizon: the highest position whose tombstone was purged.
        """
        return self.life != life or self.position > newest or self.position < horizon


def pseudonym(key: bytes, identifier: UUID) -> str:
    """Return a learner's id, or that of a learner's thing, for one agency: the first 128 bits of HMAC-SHA256, in hex.

    Two agencies cannot match their learners by it, and nobody without the key can get from it to the account.
    """
    return hmac.new(key, identifier.bytes, hashlib.sha256).hexdigest()[:32]


def month(instant: datetime) -> str:
    """Return the UTC month of an instant, as `2026-11`."""
    return instant.astimezone(UTC).strftime("%Y-%m")


def share_band(done: int, of: int) -> str:
    """Return one of SHARE_BANDS for `done` out of `of`."""
    if done == 0:
        return "none"
    if done >= of:
        return "all"
    return "under_half" if 2 * done < of else "half_or_more"


def confidence_band(probability: float) -> str:
    """Return one of CONFIDENCE_BANDS for the probability with which a level's threshold is passed."""
    if probability < 0.5:
        return "low"
    # At this one a level is given (decision 0031).
    return "medium" if probability < 0.8 else "high"


def count_band(count: int) -> str:
    """Return one of COUNT_BANDS for a number of answers."""
    if count == 0:
        return "none"
    return "few" if count < 5 else "some" if count < 20 else "many"


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
