"""A parameter that an operation does not name is refused, wherever programs call; a page that people open takes any."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver, resolve
from django.urls.resolvers import URLResolver

from common.query_parameters import PREFIXES, declared_parameters
from tests import documented
from tests.agencies.factories import make_agency, signed_in_machine
from tests.factories import make_learner, signed_in

OPERATIONS = [
    pytest.param(path, method, operation, id=f"{method} {path}")
    for path, method, operation in documented.documents().operations()
    if path.startswith(PREFIXES) and not path.startswith("/agency/oauth")
]


def _views(patterns: Any, prefix: str = "") -> dict[str, Any]:
    found = {}
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            found |= _views(pattern.url_patterns, route)
        else:
            found["/" + documented._CONVERTER.sub(r"{\1}", route)] = pattern.callback
    return found


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)
def test_what_is_taken_is_what_is_documented(path: str, method: str, operation: dict[str, Any]) -> None:
    view = _views(get_resolver().url_patterns)[path].cls
    named = {parameter["name"] for parameter in operation.get("parameters", ()) if parameter["in"] == "query"}
    declared = declared_parameters(view, method)
    assert declared is not None
    assert declared.keys() == named


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/agency/v1/progress", "/agency/v1/statistics", "/agency/v1/learners/x/skills"])
@pytest.mark.parametrize("query", ["planted=1", "format=json", "format=xml", "Limit=1", "planted", "limit=1&lang=en"])
def test_an_agency_s_misspelt_parameter_is_not_lost(path: str, query: str) -> None:
    refused = signed_in_machine(make_agency("PH")).read(f"{path}?{query}")
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_input")
    named = query.rsplit("&", maxsplit=1)[-1].split("=", maxsplit=1)[0]
    assert {"pointer": f"/{named}", "code": "unknown_parameter", "detail": "This parameter is not known."} in (
        refused.json()["errors"]
    )


@pytest.mark.django_db
def test_a_parameter_given_twice_is_refused_and_one_that_is_declared_is_read() -> None:
    machine = signed_in_machine(make_agency("PH"))
    refused = machine.read("/agency/v1/statistics?state=PH&state=TH")
    assert refused.json()["errors"][0]["code"] == "repeated_parameter"
    assert machine.read("/agency/v1/statistics?state=PH&limit=5").status_code == 200


@pytest.mark.django_db
def test_it_holds_for_learners_and_strangers_in_the_caller_s_language() -> None:
    learner = signed_in(make_learner("JP").user)
    refused = learner.get("/api/v1/agencies?page=2", headers={"Accept-Language": "ja"})
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["detail"] == "このパラメーターは定義されていません。"
    assert learner.head("/api/v1/agencies?page=2").status_code == 400
    assert Client().get("/api/v1/purposes?x=1").status_code == 400
    assert Client().get("/api/v1/purposes").status_code == 200
    assert Client().get("/api/v1/nowhere?x=1").status_code == 404


@pytest.mark.django_db
def test_the_token_endpoint_takes_no_parameters_in_its_address() -> None:
    answer = Client().post("/agency/oauth/token?planted=1", {"grant_type": "client_credentials"})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


@pytest.mark.django_db
def test_pages_that_people_open_take_what_others_add_to_links() -> None:
    for path in ("/verify?utm_source=x&fbclid=y", "/?utm_source=x", "/api/docs?utm_source=x"):
        assert resolve(path.partition("?")[0])
        assert Client().get(path).status_code == 200, path


@pytest.mark.django_db
def test_format_has_no_effect_elsewhere_either() -> None:
    for query in ("", "?format=xml", "?format=json"):
        assert Client().get(f"/verify{query}", headers={"Accept": "text/html"})["Content-Type"].startswith("text/html")
