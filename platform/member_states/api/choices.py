"""`/api/v1/member-states/choices`: what a form needs to ask for a state, without the law."""

from __future__ import annotations

from functools import lru_cache

from babel import Locale, UnknownLocaleError
from django.conf import settings
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

from common.conditional import etag_of, ready_bytes
from common.languages import canonical, choose
from common.openapi import IF_NONE_MATCH, NOT_MODIFIED
from common.rendering import to_json
from member_states import selectors


class MemberStateChoicesView(APIView):
    """The member states by name, for a drop-down."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="list_member_state_choices",
        auth=[],
        tags=["Member states"],
        summary="The member states for a form: code, name and languages",
        description=(
            "Some two kilobytes, where the register is seventy-five. Names are in the language that `Accept-Language` asks for "
            "(Unicode CLDR), in English where it has none, in the order of the codes."
        ),
        parameters=[IF_NONE_MATCH],
        responses={200: selectors.MemberStateChoicesView, 304: NOT_MODIFIED},
    )
    def get(self, request: Request) -> HttpResponse:
        wanted = request.headers.get("Accept-Language", "")
        language = choose(wanted, (), [code for code, _ in settings.LANGUAGES], settings.LANGUAGE_CODE)
        names = _territories(language)
        choices: selectors.MemberStateChoicesView = {
            "items": [{**state, "name": names.get(state["code"], state["name"])} for state in selectors.state_choices()]
        }
        body = to_json(choices)
        return ready_bytes(
            request._request, body, etag=etag_of(body), language=canonical(language), cache="public, no-cache"
        )


@lru_cache(maxsize=32)
def _territories(language: str) -> dict[str, str]:
    try:
        return dict(Locale.parse(canonical(language), sep="-").territories)
    except UnknownLocaleError:  # Tetum
        return {}
