"""An access token lets in its owner, and no other text lets in anybody."""

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
from rest_framework.exceptions import AuthenticationFailed

from accounts.authentication import LearnerTokenAuthentication
from accounts.models import User
from accounts.tokens import TokenStrategy
from tests.factories import make_user

PERSON = User(username="aiko")
SESSION: Any = SimpleNamespace(session_key="s" * 32)


def issued(person: User = PERSON) -> str:
    return internal.create_access_token(person, SESSION, TokenStrategy().get_claims(person))


def is_refused(token: str) -> bool:
    try:
        LearnerTokenAuthentication().authenticate_credentials(token)
    except AuthenticationFailed:
        return True
    return False


def signed(claims: dict[str, Any], *, key: str | None = None, algorithm: str = "HS256", **header: Any) -> str:
    return jwt.encode(claims, product.SECRET_KEY if key is None else key, algorithm=algorithm, headers=header)


def claims(**changed: Any) -> dict[str, Any]:
    now = int(time.time())
    claims = {"iat": now, "exp": now + 300, "sid": "s", "jti": "j", "sub": str(PERSON.pk), "token_use": "access"}
    return {name: value for name, value in (claims | changed).items() if value is not None}


@pytest.mark.django_db
def test_what_was_issued_lets_its_owner_in() -> None:
    person = make_user()
    user, payload = LearnerTokenAuthentication().authenticate_credentials(issued(person))
    assert user == person
    assert payload["sub"] == str(person.pk)


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        "a.b",
        "a.b.c",
        "…",
        issued()[:-1],
        issued() + "A",
        issued().swapcase(),
        signed(claims(exp=int(time.time()) - 1)),
        signed(claims(iat=int(time.time()) + 86_400, exp=int(time.time()) + 90_000)),
        signed(claims(token_use="refresh")),
        signed(claims(token_use=None)),
        signed(claims(sub=None)),
        signed(claims(sid=5)),
        signed(claims(jti=["j"])),
        signed(claims(), key="another secret of forty characters and more"),
        signed(claims(), key="k" * 70, algorithm="HS512"),
        jwt.encode(claims(), None, algorithm="none"),
    ],
)
def test_what_is_not_ours_or_does_not_hold_is_refused(token: str) -> None:
    assert is_refused(token)


@settings(max_examples=200)
@given(st.integers(0, 10_000), st.characters(min_codepoint=33, max_codepoint=126))
def test_what_a_token_says_cannot_be_changed(place: int, other: str) -> None:
    """The last character of the signature has bits to spare, so that other texts are the same signature; nothing else has."""
    token = issued()
    at = place % len(token)
    changed = token[:at] + other + token[at + 1 :]
    taken = internal.validate_access_token(changed)
    assert (
        taken is None
        or changed == token
        or (at == len(token) - 1 and taken[1] == jwt.decode(token, options={"verify_signature": False}))
    )


def test_where_sessions_are_asked_for_allauth_does_it(settings: Any) -> None:
    settings.HEADLESS_JWT_STATEFUL_VALIDATION_ENABLED = True
    with pytest.MonkeyPatch.context() as patched:
        asked: list[Any] = []
        patched.setattr(internal, "get_token_session", asked.append)
        assert is_refused(issued())
        assert len(asked) == 1
