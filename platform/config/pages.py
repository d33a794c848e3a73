"""The front page and the explanation of each problem code."""

from __future__ import annotations

import inspect
from typing import Any

import orjson
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from common import errors


@require_safe
def front(request: HttpRequest) -> HttpResponse:
    """Say what this is and where its interfaces are."""
    interfaces: dict[str, Any] = {
        "name": "AI Skills Platform of Japan and ASEAN",
        "documentation": request.build_absolute_uri("/api/docs"),
        "openapi": request.build_absolute_uri("/api/openapi.yaml"),
        "openapi_agencies": request.build_absolute_uri("/agency/openapi.yaml"),
        "openapi_everybody": request.build_absolute_uri("/verify/openapi.yaml"),
        "admin": request.build_absolute_uri("/admin/"),
        "verify": request.build_absolute_uri("/verify"),
    }
    return HttpResponse(orjson.dumps(interfaces), content_type="application/json")


@require_safe
def problem(request: HttpRequest, code: str) -> HttpResponse:
    """Explain a problem code: what `type` in a problem object links to."""
    error = errors.registered().get(code)
    if error is None:
        raise Http404
    body = {"code": error.code, "status": error.status, "title": str(error.title), "description": inspect.getdoc(error)}
    return HttpResponse(orjson.dumps(body), content_type="application/json")


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Keep crawlers out: nothing here is meant to be found by a search, certificates least of all."""
    return HttpResponse("User-agent: *\nDisallow: /\n", content_type="text/plain")
