"""Aiko signs up, in and out through the learners' door."""

from __future__ import annotations

import threading
import time
from typing import Any

import jwt
import pytest
from allauth.headless.internal import sessionkit
from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import User
from tests.factories import make_user

PASSWORD = "a-long-pass-phrase-7"
pytestmark = pytest.mark.django_db


def post(client: Client, path: str, body: Any, **headers: str) -> Any:
    return client.post(f"/auth/app/v1/{path}", body, content_type="application/json", headers=headers)


def sign_up(client: Client, username: str = "aiko", **more: str) -> dict[str, Any]:
    answer = post(client, "auth/signup", {"username": username, "password": PASSWORD, **more})
    assert answer.status_code == 200, answer.content
    meta: dict[str, Any] = answer.json()["meta"]
    return meta


def me(client: Client, token: str) -> Any:
    return client.get("/api/v1/me/consents", headers={"Authorization": f"Bearer {token}"})


def sign_out_everywhere(client: Client, token: str, key: str = "sign-out-1") -> Any:
    return client.post(
        "/api/v1/me/sign-out-everywhere",
        headers={"Authorization": f"Bearer {token}", "Idempotency-Key": key},
    )


def test_aiko_signs_up_with_a_user_name_and_a_password_and_nothing_else(client: Client) -> None:
    meta = sign_up(client)
    user = User.objects.get()
    assert (user.username, user.email, user.id.version) == ("aiko", "", 7)
    assert me(client, meta["access_token"]).status_code == 200
    claims = jwt.decode(meta["access_token"], options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == 300


def test_an_e_mail_address_may_be_given_and_then_signs_in(client: Client, mailoutbox: list[Any]) -> None:
    sign_up(client, email="aiko@example.org")
    assert "http" in mailoutbox[0].body
    answer = post(client, "auth/login", {"email": "AIKO@example.org", "password": PASSWORD})
    assert answer.status_code == 200


def test_a_mail_server_that_is_down_keeps_nobody_out(client: Client, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    sign_up(client, email="aiko@example.org")


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"username": "ai", "password": PASSWORD}, "username"),
        ({"username": "aiko", "password": "short"}, "password"),
        ({"username": "aiko", "password": "password12"}, "password"),
        ({"username": "a\x00iko", "password": PASSWORD}, "username"),
        ({"username": "a" * 151, "password": PASSWORD}, "username"),
        ({"username": ["aiko"], "password": PASSWORD}, "username"),
        ({"username": "aiko", "password": PASSWORD, "email": "nobody"}, "email"),
        ({}, "username"),
    ],
)
def test_what_cannot_be_an_account_is_refused_in_allauths_form(client: Client, body: Any, param: str) -> None:
    answer = post(client, "auth/signup", body)
    assert answer.status_code == 400
    assert {error["param"] for error in answer.json()["errors"]} >= {param}
    assert not User.objects.exists()


@pytest.mark.parametrize(
    "raw", [b"", b"[", b"[1]", b"null", b'"x"', b"\xff", b'{"username": "\\ud800abc", "password": "\\ud800"}']
)
@pytest.mark.parametrize("path", ["auth/signup", "auth/login", "tokens/refresh"])
def test_no_body_breaks_the_door(client: Client, raw: bytes, path: str) -> None:
    answer = client.post(f"/auth/app/v1/{path}", raw, content_type="application/json")
    assert 400 <= answer.status_code < 500
    assert "json" in answer["Content-Type"]
    assert not User.objects.exists()


def test_a_name_that_is_taken_is_refused_whatever_its_case(client: Client) -> None:
    sign_up(client)
    answer = post(client, "auth/signup", {"username": "AIKO", "password": PASSWORD})
    assert answer.status_code == 400
    assert User.objects.count() == 1


def test_a_name_taken_between_check_and_write_is_refused_too(client: Client, monkeypatch: Any) -> None:
    from accounts.adapters import AccountAdapter

    save_user = AccountAdapter.__mro__[1].save_user  # type: ignore[attr-defined]

    def slower(self: Any, request: Any, user: Any, form: Any, commit: bool = True) -> Any:
        make_user(username="aiko")
        return save_user(self, request, user, form, commit)

    monkeypatch.setattr(AccountAdapter.__mro__[1], "save_user", slower)
    answer = post(client, "auth/signup", {"username": "aiko", "password": PASSWORD})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "username_taken"


def test_without_a_token_the_api_answers_with_a_problem(client: Client) -> None:
    for headers in (
        {},
        {"Authorization": "Bearer nonsense"},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer é"},
    ):
        answer = client.get("/api/v1/me/consents", headers=headers)
        assert answer.status_code == 401
        assert answer["Content-Type"] == "application/problem+json"
        assert answer["WWW-Authenticate"].startswith("Bearer")
        assert answer.json()["code"] == "unauthenticated"


def test_an_expired_a_forged_and_a_refresh_token_are_no_access_tokens(client: Client) -> None:
    meta = sign_up(client)
    claims = jwt.decode(meta["access_token"], options={"verify_signature": False})
    late = jwt.encode({**claims, "exp": int(time.time()) - 1}, settings.SECRET_KEY, "HS256")
    forged = jwt.encode(claims, "another key of thirty-two characters", "HS256")
    unsigned = jwt.encode(claims, None, "none")  # type: ignore[arg-type]
    for token in (late, forged, unsigned, meta["refresh_token"]):
        assert me(client, token).status_code == 401


def test_a_deactivated_or_deleted_account_is_out_at_once(client: Client) -> None:
    token = sign_up(client)["access_token"]
    User.objects.update(is_active=False)
    assert me(client, token).status_code == 401
    User.objects.update(is_active=True)
    assert me(client, token).status_code == 200
    User.objects.get().delete()
    assert me(client, token).status_code == 401


def test_checking_a_token_costs_one_query(client: Client, query_budget: Any) -> None:
    from accounts.authentication import LearnerTokenAuthentication

    token = sign_up(client)["access_token"]
    with query_budget(1):
        user, _ = LearnerTokenAuthentication().authenticate_credentials(token)
        assert user.username == "aiko"


def test_sign_out_everywhere_ends_every_session_and_token_of_this_person_only(client: Client) -> None:
    phone = sign_up(client)
    web = post(Client(), "auth/login", {"username": "aiko", "password": PASSWORD}).json()["meta"]
    dao = sign_up(Client(), "dao")
    # A session that nothing tracks.
    aiko = User.objects.get(username="aiko")
    untracked = sessionkit.new_session()
    untracked["_auth_user_id"], untracked["_auth_user_backend"] = str(aiko.pk), settings.AUTHENTICATION_BACKENDS[0]
    untracked["_auth_user_hash"] = aiko.get_session_auth_hash()
    untracked.save()

    assert sign_out_everywhere(client, phone["access_token"]).status_code == 204
    for gone in (phone, web):
        assert me(client, gone["access_token"]).status_code == 401
        assert post(client, "tokens/refresh", {"refresh_token": gone["refresh_token"]}).status_code == 400
        assert client.get(
            "/auth/app/v1/auth/session", headers={"X-Session-Token": gone["session_token"]}
        ).status_code in (401, 410)
    answer = client.get("/auth/app/v1/auth/session", headers={"X-Session-Token": untracked.session_key})
    assert answer.status_code in (401, 410)
    assert me(client, dao["access_token"]).status_code == 200
    assert post(client, "tokens/refresh", {"refresh_token": dao["refresh_token"]}).status_code == 200

    again = post(Client(), "auth/login", {"username": "aiko", "password": PASSWORD}).json()["meta"]
    assert me(client, again["access_token"]).status_code == 200


def test_sign_out_everywhere_needs_a_key_and_a_token(client: Client) -> None:
    token = sign_up(client)["access_token"]
    answer = client.post("/api/v1/me/sign-out-everywhere", headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_required")
    assert client.post("/api/v1/me/sign-out-everywhere", headers={"Idempotency-Key": "k" * 8}).status_code == 401
    assert me(client, token).status_code == 200


def test_guessing_a_password_is_stopped_and_the_right_one_then_too(client: Client) -> None:
    sign_up(client)

    def guess(password: str) -> Any:
        body = {"username": "aiko", "password": password}
        # From an address that Aiko never signed in from.
        return Client(REMOTE_ADDR="198.51.100.7").post("/auth/app/v1/auth/login", body, "application/json")

    assert [guess(f"wrong-{n}").status_code for n in range(6)] == [400] * 5 + [429]
    assert guess(PASSWORD).status_code == 429
    # Others behind the same address are not locked out.
    sign_up(Client(), "dao")
    assert post(Client(), "auth/login", {"username": "dao", "password": PASSWORD}).status_code == 200


def test_the_limit_of_sign_ups_is_a_setting(client: Client, settings: Any) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "signup": "2/m/ip"}
    sign_up(client, "one")
    sign_up(Client(), "two")
    answer = post(Client(), "auth/signup", {"username": "three", "password": PASSWORD})
    assert (answer.status_code, answer["Retry-After"]) == (429, "30")
    assert User.objects.count() == 2
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "signup": ""}
    sign_up(Client(), "three")


@pytest.mark.django_db(transaction=True)
def test_a_refresh_under_way_does_not_outlive_a_sign_out(client: Client, monkeypatch: Any) -> None:
    """The refresh holds the session; the sign-out waits for it, and what the refresh handed out is dead all the same."""
    from allauth.headless.tokens.strategies.jwt import internal

    from accounts.services import sign_out_everywhere as service

    create_access_token = internal.create_access_token
    meta = sign_up(client)
    user_id = User.objects.get().pk
    signing_out: list[threading.Thread] = []

    def while_refreshing(*given: Any) -> Any:
        thread = threading.Thread(target=lambda: (service(user_id=user_id), connection.close()))
        thread.start()
        signing_out.append(thread)
        time.sleep(0.2)
        assert thread.is_alive()
        return create_access_token(*given)

    monkeypatch.setattr(internal, "create_access_token", while_refreshing)
    answer = post(client, "tokens/refresh", {"refresh_token": meta["refresh_token"]})
    signing_out[0].join()
    monkeypatch.undo()
    assert answer.status_code == 200
    pair = answer.json()["data"]
    assert me(client, pair["access_token"]).status_code == 401
    assert post(client, "tokens/refresh", {"refresh_token": pair["refresh_token"]}).status_code == 400
    assert User.objects.get().tokens_valid_from <= timezone.now()
