"""ETags and conditional requests (RFC 9110, section 13).

An ETag here is the SHA-256 of the content before any coding of its transfer. A proxy that compresses writes `W/` before it,
for the bytes that it sends are others; the content that it names is the same, so both forms are read as one, in `If-Match` too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags, quote_etag

from common.errors import PreconditionFailed, PreconditionRequired


def etag_of(content: bytes) -> str:
    """Return the strong ETag of `content`: its SHA-256 in hex, quoted."""
    return quote_etag(hashlib.sha256(content).hexdigest())


def is_fresh(request: HttpRequest, etag: str) -> bool:
    """Tell whether `If-None-Match` names `etag`, so that 304 is the answer."""
    return _names(request.headers.get("If-None-Match", ""), etag)


def _names(header: str, etag: str) -> bool:
    given = parse_etags(header)
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
    if not _names(header, etag):
        raise PreconditionFailed()


class EntityTagMiddleware:
    """Gives what learners read an ETag where its view gave none, and answers 304 to who has it already.

    It spares the line and not the reading. What must not be kept (`no-store`) has none.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if (
            request.method not in ("GET", "HEAD")
            or response.status_code != 200
            or not request.path_info.startswith("/api/v1/")
            or response.streaming
            or response.has_header("ETag")
            or "no-store" in response.get("Cache-Control", "")
        ):
            return response
        response["ETag"] = etag = etag_of(response.content)
        response.headers.setdefault("Cache-Control", "private, no-cache")
        if is_fresh(request, etag):
            response.status_code, response.content = 304, b""
            for name in ("Content-Type", "Content-Length"):
                if response.has_header(name):
                    del response[name]
        return response


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
