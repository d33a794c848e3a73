"""Routes grouped by their beginnings lead where they led one after the other."""

from __future__ import annotations

import re
from importlib import import_module
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from django.urls import Resolver404, URLPattern, include, path, resolve
from django.urls.resolvers import RegexPattern, URLResolver

from common.paths import ByPrefix
from config.urls import APPS

_SAMPLES = {"id": str(uuid4()), "uuid": str(uuid4()), "slug": "some-slug", "str": "text", "int": "7", "path": "a/b/c"}
_ROUTES: list[URLPattern] = [one for module in APPS for one in import_module(module).urlpatterns]


def _address(route: str) -> str:
    return "/" + re.sub(r"<(\w+):\w+>", lambda found: _SAMPLES[found[1]], route)


@pytest.mark.parametrize("route", _ROUTES, ids=lambda route: str(route.pattern))
def test_each_route_leads_to_its_own_view(route: URLPattern) -> None:
    one_by_one = URLResolver(RegexPattern(r"^/"), _ROUTES)
    found = resolve(_address(str(route.pattern)))
    assert found.func is one_by_one.resolve(_address(str(route.pattern))).func is route.callback
    assert (found.url_name, found.route) == (route.name, str(route.pattern))


def test_an_address_that_no_route_knows_is_not_found() -> None:
    for address in ("/api/v1/me/attempts/no-id", "/api/v1/nothing", "/verify/a/b/c", "/api/v1/me/attempts/"):
        with pytest.raises(Resolver404):
            resolve(address)


def test_only_plain_routes_can_be_grouped(monkeypatch: Any) -> None:
    nested = SimpleNamespace(urlpatterns=[path("deep/", include([]))])
    monkeypatch.setattr("common.paths.import_module", lambda _: nested)
    with pytest.raises(TypeError, match="no plain route"):
        ByPrefix(["nested"])
