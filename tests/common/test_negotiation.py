"""What callers ask for in `Accept`, and what they get."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import JSONRenderer, StaticHTMLRenderer
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from common.negotiation import Negotiation

_ACCEPTS = (
    None,
    "*/*",
    "application/json",
    "application/*",
    "application/json; q=0.5",
    "text/html",
    "text/html, */*;q=0.1",
    "",
    "application/json; indent=4",
    "nonsense",
)


def _chosen(negotiation: Any, accept: str | None, query: str, renderers: list[Any]) -> Any:
    headers = {} if accept is None else {"HTTP_ACCEPT": accept}
    request = Request(APIRequestFactory().get(f"/{query}", **headers))
    try:
        renderer, media_type = negotiation.select_renderer(request, renderers)
    except Exception as error:
        return type(error).__name__
    return type(renderer).__name__, media_type


@pytest.mark.parametrize("renderers", [[JSONRenderer()], [JSONRenderer(), StaticHTMLRenderer()]])
@pytest.mark.parametrize("query", ["", "?limit=5", "?format=json", "?format=xml", "?%66ormat=xml"])
def test_every_caller_gets_what_drf_would_choose(query: str, renderers: list[Any]) -> None:
    ours, drf = (
        [_chosen(entry, accept, query, renderers) for accept in _ACCEPTS]
        for entry in (Negotiation(), DefaultContentNegotiation())
    )
    assert ours == drf
    # The header alone decides; and control: the answers are not all alike.
    assert ours == [_chosen(Negotiation(), accept, "", renderers) for accept in _ACCEPTS]
    assert len(set(ours)) > 1
