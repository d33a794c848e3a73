"""Identifiers."""

from __future__ import annotations

import secrets
from uuid import UUID

import uuid6

_CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = [first + second for first in _CROCKFORD for second in _CROCKFORD]


def new_id() -> UUID:
    """Return a UUIDv7 (RFC 9562): unique without a round trip, and close to its neighbours in an index."""
    return UUID(bytes=uuid6.uuid7().bytes)


def public_code() -> str:
    """Return 26 characters of 130 random bits (Crockford's base 32, lower case): nothing to enumerate or misread."""
    drawn = secrets.randbits(130)
    return "".join(_PAIRS[drawn >> shift & 0x3FF] for shift in range(0, 130, 10))
