"""What an entry says, and whether a certificate was logged when it says that it was issued. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum
from hashlib import sha256

SALT_BYTES = 16
# A worker drains within seconds and checkpoints follow within seconds; this is room for an outage, and for clocks.
TOLERANCE = timedelta(minutes=60)


class Timeliness(Enum):
    """What the log says about the date on a certificate."""

    IN_TIME = "in_time"
    LATE = "late"
    NOT_LOGGED = "not_logged"


def commitment(salt: bytes, content: bytes) -> str:
    """The salted hash that a leaf has of what it is about: hex SHA-256 over 16 random bytes and the content.

    Without the salt it shows nothing, not even to somebody who holds the content.
    """
    if len(salt) != SALT_BYTES:
        raise ValueError("a salt has 16 bytes")
    return sha256(salt + content).hexdigest()


def status_content(*, issued_index: int, status: str) -> bytes:
    """What the entry of a change of status commits to: the index of the certificate's own entry, and the new status."""
    return f"{issued_index} {status}".encode()


def leaf(*, kind: str, committed: str, logged_at: str) -> bytes:
    """The leaf's bytes: JSON with its members in this order and no spaces.

    Args:
        logged_at: an instant in UTC, to the second, as `credentials.instant` writes it.
    """
    return f'{{"commitment":"{committed}","kind":"{kind}","logged_at":"{logged_at}","version":1}}'.encode()


def logged_in_time(*, issued_at: datetime, covered_at: datetime | None, tolerance: timedelta = TOLERANCE) -> Timeliness:
    """Whether the log bears out a certificate's date.

    Args:
        issued_at: the date on the certificate. Whoever has the issuer's key can write any.
        covered_at: the instant of the first checkpoint that covers its entry, best a witness's; None: it has no entry.
    """
    if covered_at is None:
        return Timeliness.NOT_LOGGED
    return Timeliness.LATE if covered_at - issued_at > tolerance else Timeliness.IN_TIME
