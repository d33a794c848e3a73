"""GET /agency/v1/statistics: rounded counts of learners by state, skill and level."""

from __future__ import annotations

import re
from functools import partial
from typing import Any, ClassVar

from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.views import APIView

from agencies.authentication import AgencyTokenAuthentication, HasScopes, agency_client
from agencies.errors import InsufficientScope, NoGrant
from agencies.statistics import services
from agencies.statistics.rules import Cell
from common import clock
from common.conditional import etag_of, is_fresh, ready_bytes
from common.errors import InvalidInput
from common.openapi import CURSOR, NEXT_PAGE
from common.pagination import MAX_LIMIT, BadCursor, Cursors, KeyForm, keyset_page
from common.rendering import to_json
from member_states import public as member_states

_CELL: KeyForm[Cell] = KeyForm(lambda state, skill, level: (str(state), str(skill), int(level)), lambda cell: cell)
_CURSORS = Cursors("statistics", _CELL)
_SKILL = re.compile(r"[A-Za-z0-9._-]{1,20}")


class StatisticOutput(serializers.Serializer[Any]):
    state = serializers.CharField(source="member_state_id", help_text="ISO 3166-1 alpha-2")
    skill = serializers.CharField(source="skill_code")
    level = serializers.IntegerField()
    learners = serializers.IntegerField(
        allow_null=True, help_text="Learners at this level, rounded to 5; null: fewer than 10, or none."
    )


class StatisticPage(serializers.Serializer[Any]):
    items = StatisticOutput(many=True)
    next = serializers.CharField(allow_null=True)


class Statistics(APIView):
    """Published figures of the member states that the agency was granted."""

    authentication_classes = [AgencyTokenAuthentication]
    permission_classes = [HasScopes]
    required_scopes: ClassVar = ("statistics:read",)
    problems = (BadCursor, NoGrant, InsufficientScope)

    @extend_schema(
        operation_id="list_statistics",
        tags=["Statistics"],
        summary="Learners by state, skill and level, rounded",
        parameters=[
            OpenApiParameter(
                "state", str, description="One granted state (ISO 3166-1 alpha-2); all of them if left out."
            ),
            OpenApiParameter("skill", str, description="One skill code of the framework."),
            CURSOR,
            NEXT_PAGE,
            OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": MAX_LIMIT}),
            OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER, description="ETag of what you have."),
        ],
        responses={200: StatisticPage, 304: OpenApiResponse(description="You have the present figures.")},
    )
    def get(self, request: Request) -> HttpResponse:
        client = agency_client(request)
        answer = keyset_page(
            request,
            _CURSORS,
            partial(
                services.figures,
                agency_id=client.agency_id,
                state=_state(request),
                skill=_skill(request),
                now=clock.now(),
            ),
            key=lambda cell: (cell.member_state_id, cell.skill_code, cell.level),
            show=lambda cells: list(StatisticOutput(cells, many=True).data),
            default=MAX_LIMIT,
        )
        body = to_json(answer.data)
        etag = etag_of(body)
        if not is_fresh(request, etag):
            services.note_disclosure(
                agency_id=client.agency_id, client_id=client.client_id, row_count=len(answer.data["items"])
            )
        ready = ready_bytes(request, body, etag=etag)
        if "Link" in answer.headers:
            ready["Link"] = answer.headers["Link"]
        return ready


def _state(request: Request) -> str | None:
    state = request.query_params.get("state")
    if state is not None and state not in member_states.codes():
        raise InvalidInput(_("There is no such member state."), pointer="/state")
    return state


def _skill(request: Request) -> str | None:
    skill = request.query_params.get("skill")
    if skill is not None and not _SKILL.fullmatch(skill):
        raise InvalidInput(_("This is no skill code."), pointer="/skill")
    return skill
