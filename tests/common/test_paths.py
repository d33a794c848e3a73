"""Each route of the apps leads to its own view: none stands behind another that also matches."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import uuid4

import pytest
from django.urls import Resolver404, URLPattern, URLResolver, resolve
from django.urls.resolvers import RegexPattern

from config.urls import urlpatterns

_SAMPLES = {
    "id": str(uuid4()),
    "uuid": str(uuid4()),
    "slug": "some-slug",
    "str": "text",
    "int": "7",
    "path": "a/b/c",
    "sha256": "0" * 64,
}


def _routes(patterns: Sequence[Any]) -> Iterator[URLPattern]:
    """The routes that apps bring; not the admin's and the sign-in's, which stand below a prefix of theirs."""
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            yield pattern
        elif isinstance(pattern, URLResolver) and str(pattern.pattern) == "":
            yield from _routes(pattern.url_patterns)


def test_each_route_leads_to_its_own_view(subtests: Any) -> None:
    # Those by a regular expression take addresses as people write them, behind the routes that are written out.
    routes = [route for route in _routes(urlpatterns) if not isinstance(route.pattern, RegexPattern)]
    assert len(routes) > 60
    for route in routes:
        with subtests.test(route=str(route.pattern)):
            found = resolve("/" + re.sub(r"<(\w+):\w+>", lambda sample: _SAMPLES[sample[1]], str(route.pattern)))
            assert found.func is route.callback
            assert (found.url_name, found.route) == (route.name, str(route.pattern))


def test_an_address_that_no_route_knows_is_not_found() -> None:
    for address in ("/api/v1/me/attempts/no-id", "/api/v1/nothing", "/log/a/b/c", "/api/v1/me/attempts/"):
        with pytest.raises(Resolver404):
            resolve(address)
