"""Pages of other origins: those that are listed may call and read what a frontend needs, all others get nothing."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver

from config.settings.base import origin_of

FRONTEND = "https://learn.example.org"
STRANGER = "https://stranger.example"
EXPOSED = {"ETag", "Content-Language", "Link", "Retry-After", "Location"}

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _listed(settings: Any) -> None:
    settings.CORS_ALLOWED_ORIGINS = [FRONTEND]


def cross_origin_headers(answer: Any) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name.lower().startswith("access-control-")}


def preflight(path: str, method: str, origin: str = FRONTEND) -> Any:
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization",
    }
    return Client().options(path, headers=asked)


def test_a_listed_page_reads_answers_and_the_headers_that_a_frontend_needs() -> None:
    answer = Client().get("/api/v1/member-states", headers={"Origin": FRONTEND})
    assert answer.status_code == 200
    assert answer["Access-Control-Allow-Origin"] == FRONTEND
    assert set(answer["Access-Control-Expose-Headers"].split(", ")) >= EXPOSED
    assert "origin" in answer["Vary"].lower()
    assert "Access-Control-Allow-Credentials" not in answer


@pytest.mark.parametrize("path", ["/api/v1/nowhere", "/api/v1/home", "/auth/app/v1/nowhere", "/verify/a/b/c"])
def test_a_listed_page_can_read_what_is_wrong(path: str) -> None:
    answer = Client().get(path, headers={"Origin": FRONTEND})
    assert answer.status_code in (401, 404)
    assert answer["Access-Control-Allow-Origin"] == FRONTEND


@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "PATCH", "DELETE"])
def test_a_preflight_of_a_listed_page_says_what_it_may_send(method: str) -> None:
    answer = preflight("/api/v1/me/profile", method)
    assert answer.status_code == 200
    assert answer["Access-Control-Allow-Origin"] == FRONTEND
    assert method in answer["Access-Control-Allow-Methods"].split(", ")
    allowed = answer["Access-Control-Allow-Headers"].split(", ")
    assert {"authorization", "content-type", "if-match", "if-none-match", "idempotency-key"} <= set(allowed)
    assert int(answer["Access-Control-Max-Age"]) > 0


@pytest.mark.parametrize(
    "origin",
    [
        STRANGER,
        "null",
        "https://learn.example.org.stranger.example",
        "http://learn.example.org",
        "https://learn.example.org:8443",
        "https://stranger.example/https://learn.example.org",
        "not an origin",
    ],
)
def test_a_page_that_is_not_listed_gets_nothing(origin: str) -> None:
    assert cross_origin_headers(Client().get("/api/v1/member-states", headers={"Origin": origin})) == {}
    refused = preflight("/api/v1/me/profile", "PUT", origin)
    assert cross_origin_headers(refused) == {}
    assert refused.content == b""


@pytest.mark.parametrize("path", ["/agency/v1/progress", "/agency/oauth/token", "/admin/login/", "/readyz"])
def test_no_page_of_another_origin_reaches_agencies_and_staff(path: str) -> None:
    assert cross_origin_headers(Client().get(path, headers={"Origin": FRONTEND})) == {}
    assert cross_origin_headers(preflight(path, "POST")) == {}


def test_a_preflight_is_never_executed_as_a_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even the route is looked for: with a token and a body as well, no view hears of it."""

    def reached(*_: Any) -> None:
        raise AssertionError("a preflight reached the views")

    monkeypatch.setattr(type(get_resolver()), "resolve", reached)
    for path in ("/api/v1/me/profile", "/auth/app/v1/auth/signup", "/verify", "/shared/anything"):
        for origin in (FRONTEND, STRANGER):
            assert preflight(path, "POST", origin).status_code == 200


def test_an_origin_is_what_stands_before_the_path() -> None:
    assert origin_of("https://learn.example.org:8443/app/start?x=1") == "https://learn.example.org:8443"
    assert origin_of("http://localhost") == "http://localhost"
