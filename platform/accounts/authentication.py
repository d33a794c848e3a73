"""Learners' access tokens on the API."""

from __future__ import annotations

from typing import Any

from allauth.headless.contrib.rest_framework.authentication import JWTTokenAuthentication
from allauth.headless.tokens.strategies.jwt.internal import validate_access_token
from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.exceptions import AuthenticationFailed

from accounts.models import User
from accounts.tokens import ISSUED_AT


class LearnerTokenAuthentication(JWTTokenAuthentication):
    """allauth's access token, as `Authorization: Bearer …`.

    One query loads the account: a deleted or deactivated one, and a token from before "sign out everywhere", is refused at
    once. With ACCESS_TOKEN_STATEFUL the token's session is looked up as well, so that a single sign-out is immediate too.
    """

    def authenticate_credentials(self, key: str) -> tuple[User, dict[str, Any]]:
        found = validate_access_token(key)
        if found is None:
            raise AuthenticationFailed(_("The access token is not valid."))
        payload = found[1]
        user = User.objects.filter(pk=payload["sub"], is_active=True).first()
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
