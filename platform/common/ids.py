"""Identifiers."""

from __future__ import annotations

import secrets
from uuid import UUID

import uuid6


def new_id() -> UUID:
    """Return a UUIDv7 (RFC 9562): unique without a round trip, and close to its neighbours in an index."""
    return UUID(bytes=uuid6.uuid7().bytes)


def public_code() -> str:
    """Return 26 characters of 130 random bits (Crockford's base 32, lower case): nothing to enumerate or misread."""
    alphabet = "0123456789abcdefghjkmnpqrstvwxyz"
    return "".join(secrets.choice(alphabet) for _ in range(26))
