"""GET /api/v1/home."""

from __future__ import annotations

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from common.caller import caller_id
from common.conditional import etag_of, ready_bytes
from common.rendering import to_json
from home.selectors import HomeView, home


class Home(APIView):
    @extend_schema(
        operation_id="read_home",
        tags=["Profile"],
        summary="All that a first screen needs",
        parameters=[
            OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER, description="ETag of what you have.")
        ],
        responses={200: HomeView, 304: OpenApiResponse(description="You have the present state.")},
    )
    def get(self, request: Request) -> HttpResponse:
        document, languages = home(
            user_id=caller_id(request), accept_language=request.headers.get("Accept-Language", "")
        )
        body = to_json(document)
        return ready_bytes(request._request, body, etag=etag_of(body), language=", ".join(languages) or None)
