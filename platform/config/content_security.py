"""What a browser may do with what we answer (Content Security Policy Level 3): docs/decisions/0074."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.http import HttpRequest, HttpResponse

_HEADER: Final = "Content-Security-Policy"
_NOBODY_FRAMES: Final = "base-uri 'none'; frame-ancestors 'none'"
# JSON, files and plain words: nothing of it is run or loaded, whoever opens it in a browser.
NOTHING: Final = f"default-src 'none'; form-action 'none'; {_NOBODY_FRAMES}"
# Alpine, with which the admin's theme is made, reads its expressions from attributes by `new Function` ('unsafe-eval'), and
# colours and widths stand in `style` attributes. No script stands in a page, and none is loaded from elsewhere.
ADMIN: Final = (
    "default-src 'none'; script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    f"font-src 'self'; connect-src 'self'; media-src 'self'; form-action 'self'; {_NOBODY_FRAMES}"
)
# Swagger UI writes styles, and calls the interface that it shows.
DOCS: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; "
    f"connect-src 'self'; form-action 'none'; {_NOBODY_FRAMES}"
)


class ContentSecurityPolicyMiddleware:
    """Gives every answer a policy, unless its view gave one of its own (pages for people who check certificates do)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not response.has_header(_HEADER):
            response[_HEADER] = _policy(request.path_info)
        return response


def _policy(path: str) -> str:
    if path.startswith("/admin/"):
        return ADMIN
    return DOCS if path.endswith("/docs") else NOTHING
