"""GET /agency/v1/learners/{learner}/skills: why the levels of one learner are what they are."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.utils import translation
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agencies.authentication import AgencyTokenAuthentication, HasScopes, agency_client
from agencies.errors import InsufficientScope, NoGrant
from agencies.feed.explanations import ExplanationView, explanation
from common import clock
from common.languages import choose
from privacy.public import ConsentMissing


class LearnerSkills(APIView):
    authentication_classes = [AgencyTokenAuthentication]
    permission_classes = [HasScopes]
    required_scopes: ClassVar = ("progress:read",)
    problems = (NoGrant, InsufficientScope, ConsentMissing)

    @extend_schema(
        operation_id="explain_skills",
        tags=["Progress"],
        summary="Why the levels of one of your learners are what they are",
        description=(
            "For learners who consented to `share_explanations` besides `share_progress`: `explanations` in your feed says so. "
            "The learner reads in the ledger of disclosures that you asked."
        ),
        parameters=[
            OpenApiParameter("learner", str, OpenApiParameter.PATH, description="As `learner` in your feed."),
            OpenApiParameter("Accept-Language", str, OpenApiParameter.HEADER),
        ],
        responses={200: ExplanationView},
    )
    def get(self, request: Request, learner: str) -> Response:
        client = agency_client(request)
        accept = request.headers.get("Accept-Language", "")
        interface = choose(accept, [], [code for code, _ in settings.LANGUAGES], settings.LANGUAGE_CODE)
        with translation.override(interface):
            document, language = explanation(
                agency_id=client.agency_id,
                state=client.state,
                client_id=client.client_id,
                learner=learner,
                accept_language=accept,
                now=clock.now(),
            )
        answer = Response(document)
        answer["Content-Language"] = ", ".join(dict.fromkeys([language, interface]))
        answer["Cache-Control"] = "no-store"
        return answer
