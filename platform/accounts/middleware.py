"""What allauth's sign-in API leaves open: bodies that it would stumble over, and when to come back."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import cast

import orjson
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _

from common.errors import problem_handler


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

    One that is too large is a problem like anywhere else.

    Python's JSON parser lets lone surrogates through; they can be neither hashed nor stored.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith("/auth/") and request.method != "GET":
            try:
                if not request.body:
                    return self.get_response(request)
            except RequestDataTooBig as error:
                return cast(HttpResponse, problem_handler(error, {}))
            try:
                readable = isinstance(orjson.loads(request.body), dict)
            except orjson.JSONDecodeError:
                readable = False
            if not readable:
                told = {"code": "malformed", "message": _("The request cannot be read")}
                return JsonResponse({"status": 400, "errors": [told]}, status=400)
        return self.get_response(request)
