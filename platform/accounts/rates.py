"""Limits on what anybody may do without an account, counted in PostgreSQL as those of sign-in are."""

from __future__ import annotations

from allauth.core import ratelimit
from django.http import HttpRequest


def within_rate(request: HttpRequest, action: str) -> bool:
    """Whether the caller may do this once more now; it is counted. `action` is a key of ACCOUNT_RATE_LIMITS."""
    return bool(ratelimit.consume(request, action=action))
