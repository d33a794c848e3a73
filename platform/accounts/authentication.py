"""How learners show the API who they are: an access token, or the cookie of a web frontend."""

from __future__ import annotations

from typing import Any, cast

from allauth.core.internal.sessionkit import get_session_user
from allauth.headless.contrib.rest_framework.authentication import JWTTokenAuthentication
from allauth.headless.internal.sessionkit import lookup_session
from allauth.headless.tokens.strategies.jwt import internal
from django.conf import settings
from django.db.models import UUIDField
from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.models import User
from accounts.tokens import ISSUED_AT
from common.queries import Given, KeptQuery

# What nearly every request needs of an account; anything else is loaded when it is asked for.
_ACCOUNT = KeptQuery(
    lambda: User.objects.filter(pk=Given("user", UUIDField()), is_active=True).only(
        "username", "is_superuser", "is_staff", "is_active", "member_state", "tokens_valid_from"
    )
)


class LearnerTokenAuthentication(JWTTokenAuthentication):
    """allauth's access token, as `Authorization: Bearer …`.

    One query loads the account: a deleted or deactivated one, and a token from before "sign out everywhere", is refused at
    once. With ACCESS_TOKEN_STATEFUL the token's session is looked up as well, so that a single sign-out is immediate too.
    """

    def authenticate_credentials(self, key: str) -> tuple[User, dict[str, Any]]:
        found = internal.validate_access_token(key)
        if found is None:
            raise AuthenticationFailed(_("The access token is not valid."))
        payload: dict[str, Any] = found[1]
        user = _ACCOUNT.first(user=payload["sub"])
        if user is None:
            raise AuthenticationFailed(_("The access token is not valid."))
        issued_at = payload.get(ISSUED_AT, payload["iat"])
        if user.tokens_valid_from is not None and issued_at <= user.tokens_valid_from.timestamp():
            raise AuthenticationFailed(_("The access token is not valid."))
        return user, payload


class LearnerSessionAuthentication(BaseAuthentication):
    """The cookie that `/auth/browser` sets, for web frontends of our own origin.

    A change needs Django's CSRF token as well, in `X-CSRFToken`: a cookie goes along with what other pages send. A session
    that is over is nobody's, so that a stale cookie opens the catalogue as none does.
    """

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        key = request.COOKIES.get(settings.LEARNER_SESSION_COOKIE_NAME)
        session = lookup_session(key) if key else None
        user = get_session_user(session) if session is not None else None
        if user is None:
            return None
        # Django's request: the other one would read and judge the body first.
        SessionAuthentication().enforce_csrf(cast(Request, request._request))
        return cast(User, user), None


class LearnerSessionScheme(OpenApiAuthenticationExtension):
    """How the OpenAPI document names it."""

    target_class = "accounts.authentication.LearnerSessionAuthentication"
    name = "learnerCookie"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": settings.LEARNER_SESSION_COOKIE_NAME,
            "description": (
                "For a web frontend of this origin: the cookie that `POST /auth/browser/v1/auth/signup` or `/login` sets. "
                "Every POST, PUT, PATCH and DELETE needs the header `X-CSRFToken` with the value of the cookie `csrftoken`, "
                "which `GET /auth/browser/v1/config` sets; without it 403."
            ),
        }


class LearnerTokenScheme(OpenApiAuthenticationExtension):
    """How the OpenAPI document names it."""

    target_class = "accounts.authentication.LearnerTokenAuthentication"
    name = "learnerToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": (
                "`meta.access_token` of `POST /auth/app/v1/auth/signup` or `/login`; five minutes. "
                "`POST /auth/app/v1/tokens/refresh` gives the next pair."
            ),
        }
