"""GET /api/v1/agencies: those a learner may consent to."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agencies.grants import selectors
from common import clock
from common.pagination import BadCursor, page, read_cursor, read_limit, write_cursor

_LIST = "agencies"


class AgencyOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField(help_text="Name it as `agency_id` in the consent.")
    name = serializers.CharField()
    role = serializers.CharField(allow_blank=True)
    purpose = serializers.CharField(help_text="The purpose that consent would be given for.")


class AgencyPage(serializers.Serializer[Any]):
    items = AgencyOutput(many=True)
    next = serializers.CharField(allow_null=True)


class Agencies(APIView):
    """Agencies of the learner's own member state that hold a grant for learner-level progress in force."""

    problems = (BadCursor,)

    @extend_schema(
        operation_id="list_agencies",
        tags=["consents"],
        summary="Agencies you may let see your progress",
        parameters=[
            OpenApiParameter("cursor", str, description="`next` of the page before."),
            OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": 500, "default": 50}),
        ],
        responses={200: AgencyPage},
    )
    def get(self, request: Request) -> Response:
        limit = read_limit(request.query_params)
        cursor = request.query_params.get("cursor")
        after = None
        if cursor is not None:
            name, identifier = read_cursor(cursor, of=_LIST)
            after = (name, identifier)
        listed, key = selectors.consentable_agencies(
            learner_id=UUID(str(request.user.pk)), on=clock.now().date(), after=after, limit=limit
        )
        return page(request, list(AgencyOutput(listed, many=True).data), write_cursor(key, of=_LIST) if key else None)
