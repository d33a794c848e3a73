"""Strong ETags and conditional requests (RFC 9110, section 13)."""

from __future__ import annotations

import hashlib

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags, quote_etag

from common.errors import PreconditionFailed, PreconditionRequired


def etag_of(content: bytes) -> str:
    """Return the strong ETag of `content`: its SHA-256 in hex, quoted."""
    return quote_etag(hashlib.sha256(content).hexdigest())


def is_fresh(request: HttpRequest, etag: str) -> bool:
    """Tell whether `If-None-Match` names `etag`, so that 304 is the answer."""
    given = parse_etags(request.headers.get("If-None-Match", ""))
    return etag in given or f"W/{etag}" in given or "*" in given


def require_match(request: HttpRequest, etag: str) -> None:
    """Check `If-Match` before a change.

    Raises:
        PreconditionRequired: the header is missing.
        PreconditionFailed: it names another version.
    """
    header = request.headers.get("If-Match")
    if header is None:
        raise PreconditionRequired()
    given = parse_etags(header)
    if etag not in given and "*" not in given:
        raise PreconditionFailed()


def ready_bytes(
    request: HttpRequest,
    body: bytes,
    *,
    etag: str,
    language: str | None = None,
    cache: str = "private, no-cache",
    content_type: str = "application/json",
) -> HttpResponse:
    """Answer bytes that are ready as they are, or 304."""
    response = HttpResponse(status=304) if is_fresh(request, etag) else HttpResponse(body, content_type=content_type)
    if response.status_code == 304:
        del response["Content-Type"]
    response["ETag"] = etag
    response["Cache-Control"] = cache
    if language is not None:
        response["Content-Language"] = language
    patch_vary_headers(response, ["Accept-Language"])
    return response
