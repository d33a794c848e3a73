"""Django's and allauth's middleware without what it need not do here.

Sessions, messages and the signed-in user of a cookie mean nothing where each call carries its access token, and together cost a
fifth of what a call costs before it does anything. The check of CSRF tokens stays Django's own everywhere: it is cheap, and the
deployment check asks for it by name. Nor does an address begin with a language.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

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

# Everything below is asked with an access token; a learner's cookie is read there by accounts.authentication alone.
TOKEN_PATHS = ("/api/v1/", "/agency/v1/")
# Where a web frontend signs learners in by a cookie of their own.
_LEARNERS_DOOR = "/auth/browser/"


class _ForCookies:
    """A middleware that callers of the interfaces pass by."""

    get_response: Callable[..., Any]

    def __call__(self, request: HttpRequest) -> Any:
        if request.path_info.startswith(TOKEN_PATHS):
            return self.get_response(request)
        return super().__call__(request)  # type: ignore[misc]


class SessionMiddleware(SessionOfCookie):
    """Django's own, with two cookies: staff's, which is sent to the admin alone, and learners'.

    Whoever is both has two sessions: signing in or out at one door changes nothing at the other, and a script on a learner's
    page can send no request as staff.
    """

    def __call__(self, request: HttpRequest) -> Any:
        if request.path_info.startswith(TOKEN_PATHS):
            response = cast(HttpResponseBase, self.get_response(request))
            # On a computer that several share, a browser must not answer one of them with what it kept for another.
            if "private" in response.get("Cache-Control", ""):
                patch_vary_headers(response, ("Authorization", "Cookie"))
            return response
        if not request.path_info.startswith(_LEARNERS_DOOR):
            return super().__call__(request)
        staffs, learners = settings.SESSION_COOKIE_NAME, settings.LEARNER_SESSION_COOKIE_NAME
        # Django knows one name: it is given the learner's cookie under it, and what it sets is renamed.
        request.COOKIES.pop(staffs, None)
        if learners in request.COOKIES:
            request.COOKIES[staffs] = request.COOKIES[learners]
        response = cast(HttpResponseBase, super().__call__(request))
        given = response.cookies.pop(staffs, None)
        if given is not None:
            attributes = {name: value for name, value in given.items() if value} | {"path": "/"}
            response.cookies[learners] = given.value
            response.cookies[learners].update(attributes)
        return response


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
