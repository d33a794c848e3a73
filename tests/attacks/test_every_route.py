"""One generated test over every route: problem+json on every error, documented statuses, no way in unless declared."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import jwt
import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.authentication import RemoteUserAuthentication, SessionAuthentication

from accounts.authentication import LearnerSessionAuthentication, LearnerTokenAuthentication
from agencies.authentication import AgencyTokenAuthentication
from config.middleware import TOKEN_PATHS
from tests import documented

PREFIXES = ("api/", "agency/", "verify", "log/", "shared/", "ims/", ".well-known/", "livez", "readyz", "problems/")
# Doors without a sign-in, each for a reason that its view states. Everything else answers 401.
PUBLIC = {
    ("get", "/api/v1/member-states"),
    ("get", "/api/v1/member-states/choices"),
    ("get", "/api/v1/purposes"),
    ("get", "/api/v1/catalogue"),
    ("get", "/api/v1/editions/{edition_id}"),
    ("get", "/api/v1/editions/{edition_id}/manifest"),
    ("get", "/api/v1/documents/{digest}"),
    ("get", "/api/v1/framework"),
    ("get", "/api/v1/scoring-rules"),
    ("get", "/api/v1/scoring-rules/{rule}"),
}
# A protocol of others (C2SP tlog-witness) has this form for its one refusal that a log reads and follows.
# allauth's and OAuth's forms of an error, and health, whose body is the same when all is not well.
OTHER_FORMS = ("/auth/", "/agency/oauth/", "/readyz")
PROTOCOLS = {("post", "/log/witness/add-checkpoint", "409")}
METHODS = ("get", "post", "put", "patch", "delete", "options", "trace")


def _routes(patterns: list[Any], prefix: str = "") -> Iterator[str]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _routes(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield route


ROUTES = sorted({route for route in _routes(get_resolver().url_patterns) if route.startswith(PREFIXES)})


def _fill(route: str) -> str:
    route = re.sub(r"<(uuid|id):\w+>", str(uuid4()), route)
    route = re.sub(r"<int:\w+>", "7", route)
    return "/" + re.sub(r"<(\w+:)?\w+>", "nobody", route).strip("^$")


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """All that is documented, in one."""
    wholes = documented.load().values()
    return {
        "paths": {path: item for whole in wholes for path, item in whole["paths"].items()},
        "description": "\n".join(whole["info"]["description"] for whole in wholes),
    }


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


@pytest.mark.django_db
def test_an_error_is_always_a_problem(subtests: pytest.Subtests) -> None:
    assert len(ROUTES) > 60
    for route, method in itertools.product(ROUTES, METHODS):
        # As a test of its own would have: rolled back, whatever the answer wrote.
        with subtests.test(route=route, method=method), transaction.atomic():
            _is_a_problem_if_it_is_an_error(route, method)
            transaction.set_rollback(True)


def _is_a_problem_if_it_is_an_error(route: str, method: str) -> None:
    answer = Client(raise_request_exception=False).generic(
        method.upper(), _fill(route), b"{not json", "application/json"
    )
    assert answer.status_code < 500, answer.content[:300]
    if answer.status_code >= 400 and not getattr(answer, "is_page", False):
        if route.startswith("agency/oauth"):
            assert answer["Content-Type"].startswith("application/"), answer["Content-Type"]
            return
        assert answer["Content-Type"] == "application/problem+json", answer["Content-Type"]
        body = answer.json()
        assert body["status"] == answer.status_code
        assert {"type", "code", "title", "request_id"} <= set(body)


@pytest.mark.django_db
def test_nothing_answers_without_a_sign_in_unless_declared(document: dict[str, Any]) -> None:
    seen = set()
    for method, path, operation in _operations(document):
        is_open = (method, path) in PUBLIC
        seen.add((method, path))
        answer = Client().generic(
            method.upper(),
            re.sub(r"\{\w+\}", str(uuid4()), path.replace("{digest}", "0" * 64)),
            b"{}",
            "application/json",
            headers={"Accept": "application/json"},
        )
        if path.startswith(("/api/v1", "/agency/v1")) and not is_open:
            assert answer.status_code == 401, (method, path, answer.status_code)
            assert answer["WWW-Authenticate"].startswith("Bearer")
            assert operation["security"], (method, path)
            assert {} not in operation["security"], (method, path)
        elif not path.startswith(OTHER_FORMS):
            assert answer.status_code != 401, (method, path)
    assert seen >= PUBLIC, f"declared public, but not there: {PUBLIC - seen}"


def test_every_operation_documents_its_problems(document: dict[str, Any]) -> None:
    for method, path, operation in _operations(document):
        assert operation.get("operationId"), (method, path)
        for status, response in operation["responses"].items():
            if status >= "400" and (method, path, status) not in PROTOCOLS and not path.startswith(OTHER_FORMS):
                assert "application/problem+json" in response["content"], (method, path, status)
        if operation.get("security") and not path.startswith(OTHER_FORMS):
            assert {"401", "403"} <= set(operation["responses"]), (method, path)


def test_what_can_be_asked_for_conditionally_documents_its_etag(document: dict[str, Any]) -> None:
    conditional = [operation for _, _, operation in _operations(document) if "304" in operation["responses"]]
    assert conditional
    for operation in conditional:
        assert {"ETag"} <= set(operation["responses"]["200"]["headers"]), operation["operationId"]


def _jti(token: str) -> Any:
    return jwt.decode(token, options={"verify_signature": False})["jti"]


@pytest.mark.django_db
def test_the_document_tells_how_to_sign_in_as_it_is(document: dict[str, Any]) -> None:
    told, client = document["description"], Client()
    paths = ("auth/signup", "auth/login", "tokens/refresh", "auth/session")
    signup, login, refresh, session = (f"/auth/app/v1/{path}" for path in paths)
    assert all(value in told for value in (signup, login, refresh, session))
    name = {"username": "nobody-yet", "password": "a long pass phrase of nobody"}
    assert {"access_token", "refresh_token"} <= set(client.post(signup, name, "application/json").json()["meta"])
    meta = Client().post(login, name, "application/json").json()["meta"]
    used = {"refresh_token": meta["refresh_token"]}
    pair = Client().post(refresh, used, "application/json").json()["data"]
    assert {"access_token", "refresh_token"} <= set(pair)
    # Sent again, for the answer was lost: the same successor.
    again = Client().post(refresh, used, "application/json").json()["data"]
    assert _jti(again["refresh_token"]) == _jti(pair["refresh_token"])
    ended = Client().delete(session, headers={"Authorization": f"Bearer {pair['access_token']}"})
    assert ended.status_code == 401
    gone = {"refresh_token": pair["refresh_token"]}
    assert Client().post(refresh, gone, "application/json").status_code == 400


@pytest.mark.django_db
def test_an_unknown_path_is_a_problem_in_the_callers_language(subtests: pytest.Subtests) -> None:
    for path in ("/api/v1/nowhere", "/agency/v1/nowhere", "/verify/a/b/c", "/api/v1/%00", "/api/v1/framework/"):
        with subtests.test(path=path):
            answer = Client().get(path, headers={"Accept-Language": "th"})
            assert answer.status_code in {400, 404}
            assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.django_db
def test_a_wrong_host_is_a_problem() -> None:
    answer = Client(raise_request_exception=False).get("/api/v1/framework", headers={"Host": "evil.example"})
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"


def _views(patterns: list[Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _views(pattern.url_patterns, route)
        else:
            yield route, pattern.callback


def test_no_view_reads_a_cookie_but_by_the_learners_own_way() -> None:
    """Sessions are left out there, so staff's cookie must be worth nothing."""
    beneath = [
        (route, view) for route, view in _views(get_resolver().url_patterns) if f"/{route}".startswith(TOKEN_PATHS)
    ]
    assert len(beneath) > 40
    for route, view in beneath:
        for way in view.cls.authentication_classes:
            assert not issubclass(way, (SessionAuthentication, RemoteUserAuthentication)), route
            ways = (LearnerTokenAuthentication, LearnerSessionAuthentication, AgencyTokenAuthentication)
            assert issubclass(way, ways), route


@pytest.mark.django_db
def test_who_is_signed_in_to_the_admin_is_nobody_to_the_interfaces(admin_client: Client) -> None:
    assert admin_client.get("/admin/").status_code == 200
    for path in ("/api/v1/me/skills", "/agency/v1/progress"):
        assert admin_client.get(path).status_code == 401, path
