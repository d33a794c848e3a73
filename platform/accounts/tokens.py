"""Tokens of learners' frontends: allauth's, with refresh tokens that work exactly once."""

from __future__ import annotations

import hmac
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import orjson
from allauth.headless import app_settings
from allauth.headless.tokens.strategies.jwt import JWTTokenStrategy, internal
from django.conf import settings
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


def read_access_token(token: str) -> dict[str, Any] | None:
    """Return the claims of an access token that was signed here and holds now; None for any other text.

    What allauth's `validate_access_token` finds, several times faster, for each request pays it. With HS256 a token is
    ours exactly if its signature is the one that we would give its text (RFC 7515, 5.2): nothing of a stranger's token
    is read before that is known, its header never. Another algorithm, or a session to be asked for, is left to allauth.
    """
    if settings.HEADLESS_JWT_ALGORITHM != "HS256" or settings.HEADLESS_JWT_STATEFUL_VALIDATION_ENABLED:
        found = internal.validate_access_token(token)
        return found[1] if found else None
    text, _, signature = token.rpartition(".")
    key = getattr(settings, "HEADLESS_JWT_PRIVATE_KEY", "") or settings.SECRET_KEY
    digest = hmac.digest(key.encode(), text.encode(), "sha256")
    if not hmac.compare_digest(urlsafe_b64encode(digest).rstrip(b"="), signature.encode()):
        return None
    claims: dict[str, Any] = orjson.loads(urlsafe_b64decode(text.partition(".")[2] + "=="))
    now = time.time()
    is_held = claims["iat"] <= now < claims["exp"] and claims.get("token_use") == "access"
    return claims if is_held and all(isinstance(claims.get(name), str) for name in ("jti", "sub", "sid")) else None
