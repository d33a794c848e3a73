"""Answers in the form of allauth's API that it has no view for."""

from __future__ import annotations

from allauth.headless.base.response import RateLimitResponse
from django.http import HttpRequest, HttpResponse


def too_many(request: HttpRequest, wait_s: int) -> HttpResponse:
    """Return allauth's answer to too many tries, with the seconds to wait (RFC 9110, 10.2.3)."""
    response: HttpResponse = RateLimitResponse(request)
    response["Retry-After"] = str(wait_s)
    return response
