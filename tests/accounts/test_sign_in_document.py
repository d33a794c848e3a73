"""Every route of signing in answers as the learners' document says, whoever calls."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import unquote

import pytest
from allauth.mfa.totp.internal import auth as totp_auth
from django.core.cache import cache
from django.test import Client
from django.urls import URLResolver, get_resolver

from accounts.sign_in_document import OPERATIONS

PASSWORD = "a long pass phrase of nobody"
pytestmark = pytest.mark.django_db


def _routes(patterns: list[Any], prefix: str) -> list[str]:
    found = []
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        found += _routes(pattern.url_patterns, route) if isinstance(pattern, URLResolver) else [route]
    return found


@pytest.fixture
def aiko() -> dict[str, str]:
    body = {"username": "aiko", "password": PASSWORD, "email": "aiko@example.org"}
    meta = Client().post("/auth/app/v1/auth/signup", body, "application/json").json()["meta"]
    return {"Authorization": f"Bearer {meta['access_token']}"}


@pytest.mark.parametrize("caller", ["nobody", "aiko", "a session that is over"])
def test_every_operation_answers_as_documented(caller: str, aiko: dict[str, str]) -> None:
    headers = {"nobody": {}, "aiko": aiko, "a session that is over": {"X-Session-Token": "over"}}[caller]
    # Signing out comes last.
    for path, method in sorted(OPERATIONS, key=lambda operation: operation == ("/auth/session", "delete")):
        for body in (b"", b"{}", b'{"password": "wrong", "email": "x", "code": "1", "key": "k"}', b"[]"):
            answer = Client().generic(method.upper(), f"/auth/app/v1{path}", body, "application/json", headers=headers)
            assert answer.status_code < 500


def test_signing_in_again_and_what_stands_behind_a_fresh_password(aiko: dict[str, str]) -> None:
    def call(method: str, path: str, body: Any = None) -> Any:
        return Client().generic(
            method,
            f"/auth/app/v1/{path}",
            b"" if body is None else json.dumps(body),
            "application/json",
            headers=aiko,
        )

    assert call("POST", "auth/reauthenticate", {"password": PASSWORD}).status_code == 200
    assert call("POST", "auth/password/request", {"email": "aiko@example.org"}).status_code in (200, 401)
    assert call("POST", "account/email", {"email": "second@example.org"}).status_code == 200
    assert call("PUT", "account/email", {"email": "second@example.org"}).status_code in (200, 403)
    assert call("DELETE", "account/email", {"email": "second@example.org"}).status_code == 200
    changed = {"current_password": PASSWORD, "new_password": "another long pass phrase"}
    assert call("GET", "auth/sessions").status_code == 200
    assert call("POST", "account/password/change", changed).status_code == 200


class Phone:
    """A frontend that keeps the newest tokens that an answer gave."""

    def __init__(self) -> None:
        self.headers: dict[str, str] = {}

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        data = b"" if body is None else json.dumps(body)
        answer = Client().generic(
            method, f"/auth/app/v1/{path}", data, "application/json", headers={**self.headers, **headers}
        )
        meta = answer.json().get("meta", {})
        if "access_token" in meta:
            self.headers = {"Authorization": f"Bearer {meta['access_token']}"}
        elif "session_token" in meta:
            self.headers = {"X-Session-Token": meta["session_token"]}
        return answer


def _code(secret: str) -> str:
    return str(
        totp_auth.format_hotp_value(totp_auth.hotp_value(secret, next(totp_auth.yield_hotp_counters_from_time())))
    )


def test_an_app_with_codes_is_set_up_used_and_given_up() -> None:
    phone, aiko = Phone(), {"username": "aiko", "password": PASSWORD}
    assert phone.call("POST", "auth/signup", aiko).status_code == 200
    assert phone.call("POST", "auth/reauthenticate", {"password": PASSWORD}).status_code == 200
    offered = phone.call("GET", "account/authenticators/totp")
    assert offered.status_code == 404
    secret = offered.json()["meta"]["secret"]
    assert phone.call("POST", "account/authenticators/totp", {"code": _code(secret)}).status_code == 200
    assert phone.call("GET", "account/authenticators/totp").status_code == 200
    assert phone.call("POST", "account/authenticators/recovery-codes").status_code == 200
    codes = phone.call("GET", "account/authenticators/recovery-codes").json()["data"]["unused_codes"]
    assert {datum["type"] for datum in phone.call("GET", "account/authenticators").json()["data"]} == {
        "totp",
        "recovery_codes",
    }
    other = Phone()
    halfway = other.call("POST", "auth/login", aiko)
    assert halfway.status_code == 401
    assert {"id": "mfa_authenticate", "is_pending": True} in [
        {name: flow.get(name) for name in ("id", "is_pending")} for flow in halfway.json()["data"]["flows"]
    ]
    assert other.call("POST", "auth/2fa/authenticate", {"code": codes[0]}).status_code == 200
    assert other.call("POST", "auth/2fa/reauthenticate", {"code": codes[1]}).status_code == 200
    assert other.call("GET", "account/authenticators/webauthn").status_code == 200
    assert phone.call("DELETE", "account/authenticators/totp").status_code == 200


def test_what_is_in_mails_confirms_an_address_and_sets_a_new_password(mailoutbox: list[Any]) -> None:
    phone = Phone()
    body = {"username": "aiko", "password": PASSWORD, "email": "aiko@example.org"}
    assert phone.call("POST", "auth/signup", body).status_code == 200
    key = unquote(mailoutbox[-1].body.partition("/verify-email/")[2].split()[0])
    info = {"X-Email-Verification-Key": key}
    assert phone.call("GET", "auth/email/verify", **info).status_code == 200
    assert phone.call("POST", "auth/email/verify", {"key": key}).status_code in (200, 401)
    assert phone.call("GET", "account/email").json()["data"][0]["verified"]
    assert phone.call("POST", "account/email", {"email": "second@example.org"}).status_code == 200
    assert phone.call("PUT", "account/email", {"email": "second@example.org"}).status_code == 403
    cache.clear()  # three minutes later
    assert phone.call("PUT", "account/email", {"email": "second@example.org"}).status_code == 200
    primary = {"email": "aiko@example.org", "primary": True}
    assert phone.call("PATCH", "account/email", primary).status_code == 200
    other = Phone()
    assert other.call("POST", "auth/password/request", {"email": "aiko@example.org"}).status_code == 401
    code = re.search(r"^\s*([A-Z0-9-]{6,})\s*$", mailoutbox[-1].body, re.M)
    assert code, mailoutbox[-1].body
    assert other.call("GET", "auth/password/reset", **{"X-Password-Reset-Key": code[1]}).status_code == 200
    new = {"key": code[1], "password": "another long pass phrase"}
    assert other.call("POST", "auth/password/reset", new).status_code == 401
    first, second = Phone(), Phone()
    for device in (first, second):
        signed = device.call("POST", "auth/login", {"username": "aiko", "password": "another long pass phrase"})
        assert signed.status_code == 200
    others = [row["id"] for row in second.call("GET", "auth/sessions").json()["data"] if not row["is_current"]]
    assert others
    assert second.call("DELETE", "auth/sessions", {"sessions": others}).status_code == 200


def test_what_answers_is_documented_and_the_rest_is_not_there() -> None:
    documented_paths = {f"auth/{client}/v1{path}" for client in ("app", "browser") for path, _ in OPERATIONS}
    documented_paths.remove("auth/browser/v1/tokens/refresh")  # a cookie needs none
    routes = [route for route in _routes(get_resolver().url_patterns, "") if route.startswith("auth/")]
    assert documented_paths <= set(routes)
    for route in set(routes) - documented_paths:
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            assert Client().generic(method, f"/{route}", b"{}", "application/json").status_code == 404, route
