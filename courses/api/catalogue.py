"""GET /api/v1/catalogue: the published editions."""

from __future__ import annotations

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

from common.conditional import ready_bytes
from common.openapi import PAGE_PARAMETERS
from common.pagination import BadCursor, read_limit
from courses.api.languages import ACCEPT_LANGUAGE, IF_NONE_MATCH, LANGUAGE, UnknownLanguage, wanted_languages
from courses.api.schemas import NOT_MODIFIED, CatalogueOutput
from courses.catalogue.pages import CURSORS, read_catalogue


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
        page = read_catalogue(
            wanted=wanted_languages(request),
            after=CURSORS.after(request._request),
            limit=read_limit(request.query_params),
        )
        response = ready_bytes(
            request._request, page.body, etag=page.etag, language=page.languages, cache="public, max-age=60"
        )
        if page.following is not None and response.status_code == 200:
            query = request.query_params.copy()
            query["cursor"] = page.following
            response["Link"] = f'<{request.build_absolute_uri(request.path)}?{query.urlencode()}>; rel="next"'
        return response
