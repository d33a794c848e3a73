"""Identifiers."""

from __future__ import annotations

import secrets
from uuid import UUID

from uuid_utils import compat

_CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = [first + second for first in _CROCKFORD for second in _CROCKFORD]


def new_id() -> UUID:
    """Return a UUIDv7 (RFC 9562): unique without a round trip, and close to its neighbours in an index.

    Within a process later ids are greater; within a millisecond they count up, so that however many are made at once, none
    is ahead of the clock.
    """
    return compat.uuid7()


def public_code() -> str:
    """Return 26 characters of 130 random bits (Crockford's base 32, lower case): nothing to enumerate or misread."""
    drawn = secrets.randbits(130)
    return "".join(_PAIRS[drawn >> shift & 0x3FF] for shift in range(0, 130, 10))
