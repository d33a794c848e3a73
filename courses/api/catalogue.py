"""GET /api/v1/catalogue: the published editions."""

from __future__ import annotations

from functools import partial

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

from common.conditional import etag_of, ready_bytes
from common.openapi import PAGE_PARAMETERS
from common.pagination import INSTANT_AND_ID, BadCursor, Cursors, read_page
from common.rendering import to_json
from courses.api.languages import ACCEPT_LANGUAGE, IF_NONE_MATCH, LANGUAGE, UnknownLanguage, wanted_languages
from courses.api.schemas import NOT_MODIFIED, CatalogueOutput
from courses.catalogue.documents import read_catalogue

_CURSORS = Cursors("catalogue", INSTANT_AND_ID)


class Catalogue(APIView):
    """The published edition of every course, newest first."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    problems = (BadCursor, UnknownLanguage)

    @extend_schema(
        operation_id="list_catalogue",
        tags=["Courses"],
        summary="The published editions, newest first",
        description="Each card is in the language that fits the caller best; one page may hold several languages.",
        auth=[],
        parameters=[*PAGE_PARAMETERS, LANGUAGE, ACCEPT_LANGUAGE, IF_NONE_MATCH],
        responses={200: CatalogueOutput, 304: NOT_MODIFIED},
    )
    def get(self, request: Request) -> HttpResponse:
        """Each card in the language that fits the caller best; one page may hold several languages."""
        cards, following = read_page(
            request,
            _CURSORS,
            partial(read_catalogue, wanted=wanted_languages(request)),
            key=lambda card: (card.published_at, card.edition_id),
        )
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
