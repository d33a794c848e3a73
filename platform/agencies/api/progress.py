"""GET /agency/v1/progress: the agency's own feed of consenting learners."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agencies.authentication import AgencyTokenAuthentication, HasScopes, agency_client
from agencies.feed import services
from agencies.problems import InsufficientScope, NoGrant
from common import clock
from common.errors import Gone
from common.pagination import BadCursor, page, read_cursor, read_limit, write_cursor


class ProgressItem(serializers.Serializer[Any]):
    """One learner, as of `changed_at`; it replaces whatever was told of the same `learner` before."""

    learner = serializers.CharField(
        source="pseudonym", help_text="The learner's id for your agency; other agencies know another."
    )
    withdrawn = serializers.SerializerMethodField(
        help_text="True: delete all you hold of this learner. The members below are then null."
    )
    changed_at = serializers.DateTimeField()
    state = serializers.CharField(source="member_state", help_text="ISO 3166-1 alpha-2")
    enrolments = serializers.SerializerMethodField()
    skills = serializers.SerializerMethodField()
    certificates = serializers.SerializerMethodField()

    def get_withdrawn(self, entry: services.Entry) -> bool:
        return entry.document is None

    def get_enrolments(self, entry: services.Entry) -> list[dict[str, Any]] | None:
        return self._part(entry, "enrolments")

    def get_skills(self, entry: services.Entry) -> list[dict[str, Any]] | None:
        return self._part(entry, "skills")

    def get_certificates(self, entry: services.Entry) -> list[dict[str, Any]] | None:
        return self._part(entry, "certificates")

    def _part(self, entry: services.Entry, name: str) -> list[dict[str, Any]] | None:
        return None if entry.document is None else list(entry.document[name])


class ProgressPage(serializers.Serializer[Any]):
    items = ProgressItem(many=True)
    next = serializers.CharField(help_text="Always there: keep it and go on from it, now or at your next run.")
    more = serializers.BooleanField(help_text="Whether more is waiting already.")


class Progress(APIView):
    """What changed since the cursor, oldest change first; each learner is told once, in the newest state."""

    authentication_classes = [AgencyTokenAuthentication]
    permission_classes = [HasScopes]
    required_scopes: ClassVar = ("progress:read",)
    problems = (BadCursor, NoGrant, InsufficientScope, Gone)

    @extend_schema(
        operation_id="pull_progress",
        tags=["agency"],
        summary="Progress of the consenting learners of your own member state",
        parameters=[
            OpenApiParameter("cursor", str, description="`next` of the page before; leave it out to start anew."),
            OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": 500, "default": 50}),
        ],
        responses={200: ProgressPage},
    )
    def get(self, request: Request) -> Response:
        client = agency_client(request)
        limit = read_limit(request.query_params)
        feed = f"progress:{client.agency_id}"
        cursor = request.query_params.get("cursor")
        pulled = services.pull(
            agency_id=client.agency_id,
            state=client.state,
            client_id=client.client_id,
            after=None if cursor is None else read_cursor(cursor, of=feed)[0],
            limit=limit,
            now=clock.now(),
        )
        answer = page(
            request,
            list(ProgressItem(pulled.entries, many=True).data),
            write_cursor([pulled.position], of=feed),
            more=pulled.more,
        )
        answer["Cache-Control"] = "no-store"
        return answer
