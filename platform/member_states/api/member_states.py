"""`/api/v1/member-states`: the register, for everyone."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

from common.caches import ProcessCache
from common.conditional import etag_of, ready_bytes
from common.openapi import IF_NONE_MATCH, NOT_MODIFIED
from common.rendering import to_json
from member_states import selectors

# ETag and bytes of the answer, by the register's version.
_ready: ProcessCache[str, tuple[str, bytes]] = ProcessCache(most=1)


def _compiled() -> tuple[str, bytes]:
    version = selectors.register_version()
    known = _ready.get(version)
    if known is None:
        register: selectors.MemberStatesView = {"items": selectors.describe_states()}
        body = to_json(register)
        known = (etag_of(body), body)
        _ready.put({version: known})
    return known


class MemberStatesView(APIView):
    """The register of the member states."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="list_member_states",
        auth=[],
        tags=["Member states"],
        summary="The register of the member states",
        description="Languages, time zones, calendars and the law as known, each point with its source.",
        parameters=[IF_NONE_MATCH],
        responses={200: selectors.MemberStatesView, 304: NOT_MODIFIED},
    )
    def get(self, request: Request) -> Any:
        """The twelve states with languages, time zones, calendars and the law as known, each point with its source."""
        etag, body = _compiled()
        return ready_bytes(request._request, body, etag=etag, cache="public, no-cache")
