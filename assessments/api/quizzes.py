"""The quizzes of an edition, for those who take it."""

from __future__ import annotations

from uuid import UUID

from django.utils.cache import patch_vary_headers
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from assessments.api.callers import learner_id
from assessments.attempts.offered import QuizView, quizzes_of_edition
from assessments.errors import NotEnrolled
from common import clock
from common.pagination import Page, page

LANGUAGE_HEADER = OpenApiParameter(
    "Accept-Language",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="The language that fits best; else your languages.",
)


class QuizzesView(APIView):
    problems = (NotEnrolled,)

    @extend_schema(
        operation_id="list_quizzes",
        tags=["Assessments"],
        summary="Quizzes of an edition, with your attempts",
        parameters=[LANGUAGE_HEADER],
        responses=Page[QuizView],
    )
    def get(self, request: Request, edition_id: UUID) -> Response:
        found, language = quizzes_of_edition(
            edition_id=edition_id,
            learner_id=learner_id(request),
            accept_language=request.headers.get("Accept-Language", ""),
            now=clock.now(),
        )
        response = page(request, found, None)
        response["Content-Language"] = language
        patch_vary_headers(response, ["Accept-Language"])
        return response
