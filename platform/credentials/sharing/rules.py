"""What a link is worth. Pure: no clock, no database."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

LONGEST = timedelta(days=365)
DEFAULT_DAYS = 30
MAX_CERTIFICATES = 20
MAX_VIEWS = 100_000
# Of one learner's, working at a time.
MAX_OPEN = 100


class LinkState(StrEnum):
    """What becomes of a link: it works, or no more. To strangers all that do not work are the same."""

    OPEN = "open"
    REVOKED = "revoked"
    EXPIRED = "expired"
    USED_UP = "used_up"


def link_state(
    *, revoked_at: datetime | None, expires_at: datetime, views: int, max_views: int | None, now: datetime
) -> LinkState:
    """How a link stands, for its owner; the owner's own act first."""
    if revoked_at is not None:
        return LinkState.REVOKED
    if now >= expires_at:
        return LinkState.EXPIRED
    if max_views is not None and views >= max_views:
        return LinkState.USED_UP
    return LinkState.OPEN
