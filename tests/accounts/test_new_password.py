"""Aiko changes her password, because Dao may know it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.sessions.models import Session
from django.test import Client

from accounts.models import RefreshChain, User

PASSWORD, NEW = "a-long-pass-phrase-7", "another-long-pass-phrase-8"
pytestmark = pytest.mark.django_db


def post(path: str, body: Any, token: str = "", **headers: str) -> Any:
    if token:
        headers["Authorization"] = f"Bearer {token}"
    return Client().post(f"/auth/app/v1/{path}", body, content_type="application/json", headers=headers)


def sign_up(**more: str) -> dict[str, Any]:
    meta: dict[str, Any] = post("auth/signup", {"username": "aiko", "password": PASSWORD, **more}).json()["meta"]
    return meta


def sign_in(password: str = PASSWORD) -> dict[str, Any]:
    meta: dict[str, Any] = post("auth/login", {"username": "aiko", "password": password}).json()["meta"]
    return meta


def is_in(meta: dict[str, Any]) -> bool:
    headers = {"Authorization": f"Bearer {meta['access_token']}"}
    return bool(Client().get("/api/v1/me/consents", headers=headers).status_code == 200)


def may_refresh(meta: dict[str, Any]) -> bool:
    return bool(post("tokens/refresh", {"refresh_token": meta["refresh_token"]}).status_code == 200)


def test_a_change_of_password_gives_a_new_pair_and_ends_all_others() -> None:
    phone, thief = sign_up(), sign_in()
    changed = post(
        "account/password/change", {"current_password": PASSWORD, "new_password": NEW}, phone["access_token"]
    )
    assert changed.status_code == 200
    new = changed.json()["meta"]
    assert {"access_token", "refresh_token", "session_token"} <= set(new)
    assert is_in(new)
    for old in (phone, thief):
        assert not is_in(old)
        assert not may_refresh(old)
        session = Client().get("/auth/app/v1/auth/session", headers={"X-Session-Token": old["session_token"]})
        assert session.status_code in (401, 410)
    assert may_refresh(new)
    assert Session.objects.count() == RefreshChain.objects.count() == 1
    listed = Client().get("/auth/app/v1/auth/sessions", headers={"Authorization": f"Bearer {new['access_token']}"})
    assert [row["is_current"] for row in listed.json()["data"]] == [True]


def test_a_wrong_current_password_changes_nothing() -> None:
    phone = sign_up()
    body = {"current_password": "wrong", "new_password": NEW}
    assert post("account/password/change", body, phone["access_token"]).status_code == 400
    assert post("account/password/change", body).status_code == 401
    assert is_in(phone)
    assert may_refresh(phone)
    assert sign_in()["access_token"]


def test_a_password_reset_by_mail_ends_what_the_old_one_opened(mailoutbox: list[Any]) -> None:
    phone = sign_up(email="aiko@example.org")
    asked = post("auth/password/request", {"email": "aiko@example.org"})
    code = re.search(r"^\s*([A-Z0-9-]{6,})\s*$", mailoutbox[-1].body, re.M)
    assert code
    body = {"key": code[1], "password": NEW}
    headers = {"X-Session-Token": asked.json()["meta"]["session_token"]}
    assert post("auth/password/reset", body, **headers).status_code == 401
    assert not is_in(phone)
    assert not may_refresh(phone)
    assert is_in(sign_in(NEW))


def test_a_password_that_staff_set_ends_what_the_old_one_opened(admin_client: Client) -> None:
    phone = sign_up()
    aiko = User.objects.get(username="aiko")
    page = admin_client.post(
        f"/admin/accounts/user/{aiko.pk}/password/",
        {"password1": NEW, "password2": NEW, "usable_password": "true"},
    )
    assert page.status_code == 302, page.content
    assert not is_in(phone)
    assert not may_refresh(phone)


def test_a_hash_that_is_renewed_ends_nothing() -> None:
    """Control: a password that counts as new whenever it is hashed would sign Aiko out at her next sign-in."""
    phone = sign_up()
    old = PBKDF2PasswordHasher().encode(PASSWORD, "salt" * 6)
    User.objects.update(password=old)
    before = User.objects.get().tokens_valid_from
    web = sign_in()
    renewed = User.objects.get()
    assert renewed.password.startswith("argon2$")
    assert renewed.tokens_valid_from == before
    assert is_in(web)
    assert is_in(phone)
