"""Which representation a caller gets."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request


class Negotiation(DefaultContentNegotiation):
    """DRF's, which is not asked where there is nothing to choose: one representation, and a caller who takes any or that."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> Any:
        given = list(renderers)
        asked = request.META.get("HTTP_ACCEPT", "*/*")
        if len(given) == 1 and not format_suffix:
            media_type = given[0].media_type
            if asked in ("*/*", media_type):
                return given[0], media_type
        return super().select_renderer(request, given, format_suffix)
