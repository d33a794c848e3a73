"""Learners' access tokens on the API."""

from __future__ import annotations

from typing import Any

from allauth.headless.contrib.rest_framework.authentication import JWTTokenAuthentication
from allauth.headless.tokens.strategies.jwt import internal
from django.db.models import UUIDField
from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.exceptions import AuthenticationFailed

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
