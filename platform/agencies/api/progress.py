"""GET /agency/v1/progress: the agency's own feed of consenting learners."""

from __future__ import annotations

from typing import ClassVar

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agencies.authentication import AgencyTokenAuthentication, HasScopes, agency_client
from agencies.errors import InsufficientScope, NoGrant
from agencies.feed import services
from agencies.feed.rules import FeedCursor
from common import clock
from common.errors import Gone
from common.openapi import LIMIT, NEXT_PAGE
from common.pagination import BadCursor, Cursors, KeyForm, page, read_limit

_FORM: KeyForm[FeedCursor] = KeyForm(
    lambda life, position, after=None: FeedCursor(str(life), int(position), after if after is None else str(after)),
    lambda cursor: [cursor.life, cursor.position, *([] if cursor.after is None else [cursor.after])],
)


class Progress(APIView):
    """What changed since the cursor; each learner is told once, in the newest state."""

    authentication_classes = [AgencyTokenAuthentication]
    permission_classes = [HasScopes]
    required_scopes: ClassVar = ("progress:read",)
    problems = (BadCursor, NoGrant, InsufficientScope, Gone)

    @extend_schema(
        operation_id="pull_progress",
        tags=["Progress"],
        description=(
            "What changed since the cursor; each learner is told once, in the newest state. After the end of your grant "
            "only tombstones, until the day that `tombstones_until` names."
        ),
        summary="Progress of the consenting learners of your own member state",
        parameters=[
            OpenApiParameter("cursor", str, description="`next` of the page before; leave it out to start anew."),
            LIMIT,
            NEXT_PAGE,
        ],
        responses={200: services.ProgressPage},
    )
    def get(self, request: Request) -> Response:
        client = agency_client(request)
        limit = read_limit(request.query_params)
        cursors = Cursors(f"progress:{client.agency_id}", _FORM)
        pulled = services.pull(
            agency_id=client.agency_id,
            state=client.state,
            client_id=client.client_id,
            after=cursors.after(request),
            limit=limit,
            now=clock.now(),
        )
        answer = page(
            request,
            pulled.entries,
            cursors.write(pulled.cursor),
            more=pulled.more,
            tombstones_until=pulled.tombstones_until,
        )
        answer["Cache-Control"] = "no-store"
        return answer
