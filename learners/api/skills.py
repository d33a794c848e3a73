"""GET /api/v1/me/skills."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpResponse
from django.utils import translation
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from common import clock
from common.caller import caller_id
from common.conditional import etag_of, ready_bytes
from common.languages import choose
from common.rendering import to_json
from learners.mastery.explanation import LearnerSkillsView, explained
from learners.profiles import selectors as profiles


class MySkills(APIView):
    @extend_schema(
        operation_id="list_skills",
        tags=["Skills"],
        summary="The learner's skills with the evidence behind each",
        parameters=[
            OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER, description="ETag of what you have.")
        ],
        responses={200: LearnerSkillsView, 304: OpenApiResponse(description="You have the present state.")},
    )
    def get(self, request: Request) -> HttpResponse:
        accept = request.headers.get("Accept-Language", "")
        learner = profiles.learner(caller_id(request))
        preferred = list(learner.languages) if learner else []
        interface = choose(accept, preferred, [code for code, _ in settings.LANGUAGES], settings.LANGUAGE_CODE)
        with translation.override(interface):
            document, language = explained(
                learner_id=caller_id(request), accept_language=accept, preferred=preferred, now=clock.now()
            )
        body = to_json(document)
        used = ", ".join(dict.fromkeys([language, interface]))
        return ready_bytes(request._request, body, etag=etag_of(body), language=used)
