"""Every route of signing in answers as the learners' document says, whoever calls."""

from __future__ import annotations

import json
from typing import Any

import pytest
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
            method, f"/auth/app/v1/{path}", b"" if body is None else json.dumps(body), "application/json",
            headers=aiko,
        )  # fmt: skip

    assert call("POST", "auth/reauthenticate", {"password": PASSWORD}).status_code == 200
    assert call("POST", "auth/password/request", {"email": "aiko@example.org"}).status_code in (200, 401)
    assert call("POST", "account/email", {"email": "second@example.org"}).status_code == 200
    assert call("PUT", "account/email", {"email": "second@example.org"}).status_code in (200, 403)
    assert call("DELETE", "account/email", {"email": "second@example.org"}).status_code == 200
    changed = {"current_password": PASSWORD, "new_password": "another long pass phrase"}
    assert call("GET", "auth/sessions").status_code == 200
    assert call("POST", "account/password/change", changed).status_code == 200


def test_what_answers_is_documented_and_the_rest_is_not_there() -> None:
    documented_paths = {f"auth/app/v1{path}" for path, _ in OPERATIONS}
    routes = _routes([one for one in get_resolver().url_patterns if str(one.pattern) == "auth/"], "")
    assert documented_paths <= set(routes)
    for route in set(routes) - documented_paths:
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            assert Client().generic(method, f"/{route}", b"{}", "application/json").status_code == 404, route
