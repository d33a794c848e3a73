"""What allauth's sign-in API leaves open: bodies that it would stumble over, and when to come back."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

import orjson
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _


class RetryAfterMiddleware:
    """Says on each 429 of allauth's when to come back; its limits that are not ours last a minute at most."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            response.headers.setdefault("Retry-After", "60")
        return response


class SignInBodyMiddleware:
    """Refuses, in allauth's form of an error, a body under /auth/ that is no JSON object or holds half a character.

    Python's JSON parser lets lone surrogates through; they can be neither hashed nor stored.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith("/auth/") and request.method != "GET" and request.body:
            try:
                readable = isinstance(orjson.loads(request.body), dict)
            except orjson.JSONDecodeError:
                readable = False
            if not readable:
                error = {"code": "malformed", "message": _("The request cannot be read")}
                return JsonResponse({"status": 400, "errors": [error]}, status=400)
        return self.get_response(request)
