"""The quick check of an access token lets in nobody whom allauth's own check keeps out."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import jwt
import pytest
from allauth.headless.tokens.strategies.jwt import internal
from django.conf import settings as product
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.models import User
from accounts.tokens import TokenStrategy, read_access_token

PERSON = User(username="aiko")
SESSION: Any = SimpleNamespace(session_key="s" * 32)


def issued() -> str:
    return internal.create_access_token(PERSON, SESSION, TokenStrategy().get_claims(PERSON))


def signed(claims: dict[str, Any], *, key: str | None = None, algorithm: str = "HS256", **header: Any) -> str:
    return jwt.encode(claims, product.SECRET_KEY if key is None else key, algorithm=algorithm, headers=header)


def claims(**changed: Any) -> dict[str, Any]:
    now = int(time.time())
    told = {"iat": now, "exp": now + 300, "sid": "s", "jti": "j", "sub": str(PERSON.pk), "token_use": "access"}
    return {name: value for name, value in (told | changed).items() if value is not None}


def test_what_was_issued_is_read_as_allauth_reads_it() -> None:
    token = issued()
    found = internal.validate_access_token(token)
    assert found is not None
    assert read_access_token(token) == found[1]


@pytest.mark.parametrize(
    "token",
    [
        "", ".", "..", "a.b", "a.b.c", "…", issued()[:-1], issued() + "=", issued() + "A", issued().swapcase(),
        signed(claims(exp=int(time.time()) - 1)), signed(claims(iat=int(time.time()) + 86_400, exp=int(time.time()) + 90_000)),
        signed(claims(token_use="refresh")), signed(claims(token_use=None)), signed(claims(sub=None)),
        signed(claims(sid=5)), signed(claims(jti=["j"])), signed(claims(), key="another secret of forty characters and more"),
        signed(claims(), key="k" * 70, algorithm="HS512"), jwt.encode(claims(), None, algorithm="none"),
    ],
)  # fmt: skip
def test_what_is_not_ours_or_does_not_hold_is_refused(token: str) -> None:
    assert read_access_token(token) is None


@settings(max_examples=100)
@given(st.integers(0, 10_000), st.characters(min_codepoint=33, max_codepoint=126))
def test_no_changed_token_is_taken(place: int, other: str) -> None:
    token = issued()
    at = place % len(token)
    changed = token[:at] + other + token[at + 1 :]
    assert changed == token or read_access_token(changed) is None


def test_where_sessions_are_asked_for_allauth_does_it(settings: Any) -> None:
    settings.HEADLESS_JWT_STATEFUL_VALIDATION_ENABLED = True
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(internal, "validate_access_token", lambda token: None)
        assert read_access_token(issued()) is None
