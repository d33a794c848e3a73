"""Pages for people who check a certificate: language, policy of what a browser may do, and that nobody keeps them."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.cache import patch_vary_headers
from drf_spectacular.utils import OpenApiParameter
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from common.languages import canonical, choose, lookup
from common.rendering import to_json

_CSS = (Path(__file__).parents[1] / "templates" / "verification" / "page.css").read_text().strip()
_CSS_HASH = base64.b64encode(hashlib.sha256(_CSS.encode()).digest()).decode()
_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_CSS_HASH}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
LANGUAGE = OpenApiParameter("language", str, description="BCP 47 tag; goes before `Accept-Language`.")


class PageRenderer(BaseRenderer):
    """Negotiates text/html; a page is rendered by the view, an error becomes a problem."""

    media_type = "text/html"
    format = "html"
    charset = None
    render_style = "binary"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        return b"" if data is None else to_json(data)


class OpenView(APIView):
    authentication_classes: Sequence[Any] = ()
    permission_classes: Sequence[Any] = ()


def language_of(request: HttpRequest) -> str:
    """The language to answer in, one of settings.LANGUAGES: the parameter's, then the header's, then English."""
    codes = [code for code, _ in settings.LANGUAGES]
    header = request.headers.get("Accept-Language", "")
    return lookup([request.GET.get("language", "")[:40]], codes) or choose(header, (), codes, "en")


def page(
    request: HttpRequest, template: str, context: dict[str, Any], *, language: str, status: int = 200
) -> HttpResponse:
    with translation.override(language):
        body = render_to_string(
            f"verification/{template}.html",
            {
                "css": _CSS,
                "language": canonical(language),
                "language_code": language,
                "direction": "rtl" if translation.get_language_bidi() else "ltr",
                "languages": [(code, canonical(code), name) for code, name in settings.LANGUAGES],
                **context,
            },
        )
    response = HttpResponse(re.sub(r"\n\s*\n+", "\n", body), status=status, content_type="text/html; charset=utf-8")
    # A verdict that is not found is still a page for people to read.
    response.is_page = True  # type: ignore[attr-defined]
    response["Content-Language"] = canonical(language)
    response["Content-Security-Policy"] = _POLICY
    return guarded(response)


def is_for_people(request: Request) -> bool:
    """Whether the caller asks for a page by name: a caller that takes anything gets errors as machines do."""
    return "text/html" in request.headers.get("Accept", "")


def guarded(response: HttpResponse) -> HttpResponse:
    """A verdict is of the moment; the address is as secret as the certificate."""
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "private, no-cache"
    patch_vary_headers(response, ["Accept", "Accept-Language"])
    return response
