"""Django's and allauth's middleware without what it need not do here.

Sessions, messages and the signed-in user of a cookie mean nothing where each call carries its access token, and together cost a
fifth of what a call costs before it does anything. The check of CSRF tokens stays Django's own everywhere: it is cheap, and the
deployment check asks for it by name. Nor does an address begin with a language.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.usersessions.middleware import UserSessionsMiddleware as SessionsOfUser
from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware as UserOfSession
from django.contrib.messages.middleware import MessageMiddleware as MessagesOfSession
from django.contrib.sessions.middleware import SessionMiddleware as SessionOfCookie
from django.http import HttpRequest, HttpResponseBase
from django.middleware.locale import LocaleMiddleware as LanguageOfRequest
from django.utils import translation
from django.utils.cache import patch_vary_headers

from common.languages import choose

# Everything below is asked with an access token, and no view there reads a cookie.
TOKEN_PATHS = ("/api/v1/", "/agency/v1/")


class _ForCookies:
    """A middleware that callers with a token pass by."""

    get_response: Callable[..., Any]

    def __call__(self, request: HttpRequest) -> Any:
        if request.path_info.startswith(TOKEN_PATHS):
            return self.get_response(request)
        return super().__call__(request)  # type: ignore[misc]


class SessionMiddleware(_ForCookies, SessionOfCookie):
    """Django's own, where there is a cookie."""


class AuthenticationMiddleware(_ForCookies, UserOfSession):
    """Django's own, where there is a cookie."""


class LocaleMiddleware(LanguageOfRequest):
    """Django's own, with the platform's way of choosing, and no language in an address, cookie or session: there is none."""

    def process_request(self, request: HttpRequest) -> None:
        header = request.headers.get("Accept-Language", "")
        translation.activate(choose(header, (), [code for code, _ in settings.LANGUAGES], settings.LANGUAGE_CODE))
        request.LANGUAGE_CODE = translation.get_language()

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        patch_vary_headers(response, ("Accept-Language",))
        response.headers.setdefault("Content-Language", translation.get_language())
        return response


class MessageMiddleware(_ForCookies, MessagesOfSession):
    """Django's own, where there is a cookie."""


class UserSessionsMiddleware(_ForCookies, SessionsOfUser):
    """allauth's own, where there is a cookie."""
