"""Middleware for those who come with a cookie, left out for callers with a token.

Sessions, CSRF tokens, messages and the signed-in user of a cookie mean nothing where each call carries its access token, and
together cost a fifth of what a call costs before it does anything.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.usersessions.middleware import UserSessionsMiddleware as SessionsOfUser
from django.contrib.auth.middleware import AuthenticationMiddleware as UserOfSession
from django.contrib.messages.middleware import MessageMiddleware as MessagesOfSession
from django.contrib.sessions.middleware import SessionMiddleware as SessionOfCookie
from django.http import HttpRequest, HttpResponseForbidden
from django.middleware.csrf import CsrfViewMiddleware as CsrfOfCookie

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


class CsrfViewMiddleware(_ForCookies, CsrfOfCookie):
    """Django's own, where there is a cookie whose power could be misused."""

    def process_view(
        self, request: HttpRequest, callback: Callable[..., Any], callback_args: Any, callback_kwargs: Any
    ) -> HttpResponseForbidden | None:
        if request.path_info.startswith(TOKEN_PATHS):
            return None
        return super().process_view(request, callback, callback_args, callback_kwargs)


class AuthenticationMiddleware(_ForCookies, UserOfSession):
    """Django's own, where there is a cookie."""


class MessageMiddleware(_ForCookies, MessagesOfSession):
    """Django's own, where there is a cookie."""


class UserSessionsMiddleware(_ForCookies, SessionsOfUser):
    """allauth's own, where there is a cookie."""
