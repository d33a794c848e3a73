"""Tokens of learners' frontends: allauth's, with refresh tokens that work exactly once."""

from __future__ import annotations

import time
from typing import Any

from allauth.headless import app_settings
from allauth.headless.tokens.strategies.jwt import JWTTokenStrategy, internal
from django.contrib.sessions.models import Session
from django.db import transaction

# The instant of issue in seconds with a fraction: the registered claim `iat` is whole seconds, too coarse to tell a token
# from before a sign-out from one right after it.
ISSUED_AT = "issued_at"

# A second refresh this soon after the first is a client that asked twice, on a bad line; later it is a stolen token.
_DOUBLE_REQUEST_S = 60


class TokenStrategy(JWTTokenStrategy):
    """allauth's JWT strategy; refreshes of a session happen one after the other, and reuse is noticed."""

    def get_claims(self, user: Any) -> dict[str, Any]:
        return {**super().get_claims(user), ISSUED_AT: round(time.time(), 6)}

    def refresh_token(self, refresh_token: str) -> tuple[str, str] | None:
        """Return a new pair of tokens once; None for a token that was used, revoked, expired or never ours.

        A token that was used before ends its session (RFC 9700, 4.14.2), so that whoever stole either copy has nothing.
        """
        payload = internal.decode_token(refresh_token, "refresh")
        key = internal.session_key_from_sid(payload["sid"]) if payload else None
        if payload is None or not key:
            return None
        with transaction.atomic():
            # allauth reads, changes and writes the session; without this lock two calls would both succeed.
            row = Session.objects.select_for_update().filter(session_key=key).first()
            if row is None:
                return None
            pair: tuple[str, str] | None = super().refresh_token(refresh_token)
            if pair is None and self._was_stolen(row, payload):
                row.delete()
            return pair

    @staticmethod
    def _was_stolen(row: Session, payload: dict[str, Any]) -> bool:
        living = internal.get_refresh_token_state(row.get_decoded())
        if payload["jti"] in living or not living:
            return False
        newest = max(living.values()) - app_settings.JWT_REFRESH_TOKEN_EXPIRES_IN
        return time.time() - newest > _DOUBLE_REQUEST_S
