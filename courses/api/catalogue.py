"""GET /api/v1/catalogue: the published editions."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

from common.conditional import etag_of, ready_bytes
from common.pagination import DEFAULT_LIMIT, MAX_LIMIT, BadCursor, read_cursor, read_limit, write_cursor
from common.rendering import to_json
from courses.api.languages import ACCEPT_LANGUAGE, IF_NONE_MATCH, LANGUAGE, UnknownLanguage, wanted_languages
from courses.api.schemas import NOT_MODIFIED, CatalogueOutput
from courses.publishing.documents import read_catalogue

_LIST = "catalogue"


class Catalogue(APIView):
    """The published edition of every course, newest first."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    problems = (BadCursor, UnknownLanguage)

    @extend_schema(
        operation_id="catalogue_list",
        tags=["Courses"],
        auth=[],
        parameters=[
            OpenApiParameter("cursor", str, description="`next` of the page before."),
            OpenApiParameter(
                "limit", {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}
            ),
            LANGUAGE,
            ACCEPT_LANGUAGE,
            IF_NONE_MATCH,
        ],
        responses={200: CatalogueOutput, 304: NOT_MODIFIED},
    )
    def get(self, request: Request) -> HttpResponse:
        """Each card in the language that fits the caller best; one page may hold several languages."""
        limit = read_limit(request.query_params)
        cursor = request.query_params.get("cursor")
        after = None
        if cursor is not None:
            at, edition_id = read_cursor(cursor, of=_LIST)
            after = (datetime.fromisoformat(at), UUID(edition_id))
        cards, key = read_catalogue(wanted=wanted_languages(request), after=after, limit=limit)
        following = write_cursor([key[0].isoformat(), str(key[1])], of=_LIST) if key else None
        body = b'{"items":[%b],"next":%b}' % (b",".join(card.body for card in cards), to_json(following))
        response = ready_bytes(
            request._request,
            body,
            etag=etag_of(body),
            language=", ".join(sorted({card.language for card in cards})) or None,
            cache="public, max-age=60",
        )
        if following is not None:
            query = request.query_params.copy()
            query["cursor"] = following
            response["Link"] = f'<{request.build_absolute_uri(request.path)}?{query.urlencode()}>; rel="next"'
        return response
