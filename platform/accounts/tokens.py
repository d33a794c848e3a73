"""Tokens of learners' frontends: allauth's, with refresh tokens that survive a lost answer and betray a thief."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import jwt
from allauth.account.internal.userkit import user_id_to_str
from allauth.core.internal.httpkit import authenticated_user
from allauth.headless import app_settings
from allauth.headless.internal.sessionkit import lookup_session
from allauth.headless.tokens.strategies.jwt import JWTTokenStrategy, internal
from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpRequest

from accounts.models import RefreshChain
from common import clock

# The instant of issue in seconds with a fraction: the registered claim `iat` is whole seconds, too coarse to tell a token
# from before a sign-out from one right after it.
ISSUED_AT = "issued_at"


class TokenStrategy(JWTTokenStrategy):
    """allauth's JWT strategy, with one chain of refresh tokens for each session (`RefreshChain`).

    allauth keeps the tokens inside the session and writes the session as a whole, so that two calls at once lose one of two
    changes; here they are a row of their own, which a refresh locks.
    """

    def get_claims(self, user: Any) -> dict[str, Any]:
        return {**super().get_claims(user), ISSUED_AT: round(time.time(), 6)}

    def create_access_token_payload(self, request: HttpRequest) -> dict[str, Any] | None:
        """Return a new pair for the session that just signed in; a chain that the session had before ends."""
        access_token = self.create_access_token(request)
        if access_token is None:
            return None
        session = request.session
        if session.session_key is None or session.modified:
            session.save()  # the chain refers to the session's row
        chain, _ = RefreshChain.objects.update_or_create(
            session_id=session.session_key,
            defaults={"newest": uuid4(), "presented": None, "newest_expires_at": _expiry()},
        )
        return {
            "access_token": access_token,
            "refresh_token": _newest_token(authenticated_user(request), chain),
        }

    @transaction.atomic
    def refresh_token(self, refresh_token: str) -> tuple[str, str] | None:
        """Return an access token and the successor of `refresh_token`; None for one that is revoked, expired or never ours.

        The answer may be lost, so the same token gets the same successor (the same `jti`), however late it comes again,
        until the successor has been presented itself. Then whoever presents the older one has stolen it, or the other one
        was stolen: the session ends for both (RFC 9700, 4.14.2).
        """
        payload = internal.decode_token(refresh_token, "refresh")
        key = internal.session_key_from_sid(payload["sid"]) if payload else None
        if payload is None or not key:
            return None
        # Refreshes of a session happen one after the other. The session before the chain, as who ends a session locks them.
        if Session.objects.select_for_update(no_key=True).only("pk").filter(pk=key).first() is None:
            return None
        chain = RefreshChain.objects.filter(session_id=key).first()
        session = lookup_session(key) if chain else None
        user = internal.validate_token_user(payload, session) if session else None
        if chain is None or session is None or user is None:
            return None
        if payload["jti"] == str(chain.newest):
            chain.presented, chain.newest, chain.newest_expires_at = chain.newest, uuid4(), _expiry()
            chain.save(update_fields=["presented", "newest", "newest_expires_at"])
            # By itself, for saving the session would write over what other calls of this moment change in it.
            Session.objects.filter(pk=key).update(expire_date=session.get_expiry_date())
        elif payload["jti"] != str(chain.presented):
            Session.objects.filter(pk=key).delete()
            return None
        access_token = internal.create_access_token(user, session, self.get_claims(user))
        return access_token, _newest_token(user, chain)


def _expiry() -> datetime:
    return clock.now() + timedelta(seconds=app_settings.JWT_REFRESH_TOKEN_EXPIRES_IN)


def _newest_token(user: Any, chain: RefreshChain) -> str:
    """The chain's newest token, as often as it is asked for: allauth's claims, of which `jti` names it."""
    config = internal._get_jwt_config()
    claims = {
        "iat": int(time.time()),
        "exp": int(chain.newest_expires_at.timestamp()),
        "sid": internal.session_key_to_sid(chain.session_id),
        "jti": str(chain.newest),
        "token_use": "refresh",
        "sub": user_id_to_str(user),
    }
    return jwt.encode(claims, config.signing_key, algorithm=config.algorithm, headers=internal.get_jwt_headers(config))
