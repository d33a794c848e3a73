"""The quizzes of an edition, for those who take it."""

from __future__ import annotations

from uuid import UUID

from django.utils.cache import patch_vary_headers
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from assessments.api.callers import learner_id
from assessments.attempts.offered import quizzes_of_edition
from assessments.errors import NotEnrolled
from assessments.quizzes.rules import MODES
from common import clock
from common.pagination import page

LANGUAGE_HEADER = OpenApiParameter(
    "Accept-Language", OpenApiTypes.STR, OpenApiParameter.HEADER, description="RFC 4647 lookup; else your languages."
)


class MissingOutput(serializers.Serializer[object]):
    quiz = serializers.CharField(required=False, help_text="slug of a quiz to pass")
    lessons = serializers.BooleanField(required=False, help_text="true: every lesson of the edition")
    skill = serializers.CharField(required=False)
    level = serializers.IntegerField(required=False, help_text="lowest level of the skill")


class QuizOutput(serializers.Serializer[object]):
    id = serializers.UUIDField()
    edition_id = serializers.UUIDField()
    slug = serializers.CharField()
    title = serializers.CharField()
    mode = serializers.ChoiceField(
        MODES,
        help_text=(
            "assessment and certification count for completion; placement lets lessons be skipped; practice does nothing"
        ),
    )
    item_count = serializers.IntegerField()
    attempt_limit = serializers.IntegerField()
    attempts_used = serializers.IntegerField()
    live_attempt_id = serializers.UUIDField(allow_null=True)
    passed = serializers.BooleanField()
    time_limit_s = serializers.IntegerField(
        help_text="seconds from the start, by the server's clock; your extra time included"
    )
    pass_share = serializers.FloatField(help_text="score needed to pass, 0 to 1")
    is_open = serializers.BooleanField(help_text="no window keeps you from starting now")
    opens_at = serializers.DateTimeField(allow_null=True, help_text="of the window that is open, else of the next")
    closes_at = serializers.DateTimeField(allow_null=True)
    time_zone = serializers.CharField(allow_null=True, help_text="IANA zone that the window is meant in")
    available_at = serializers.DateTimeField(allow_null=True, help_text="until then the next attempt has to wait")
    missing = MissingOutput(many=True, help_text="what has to be done first")


class QuizListOutput(serializers.Serializer[object]):
    items = QuizOutput(many=True)
    next = serializers.CharField(allow_null=True, help_text="always null: an edition has few quizzes")


class QuizzesView(APIView):
    problems = (NotEnrolled,)

    @extend_schema(
        operation_id="list_quizzes",
        tags=["Assessments"],
        summary="Quizzes of an edition, with your attempts",
        parameters=[LANGUAGE_HEADER],
        responses=QuizListOutput,
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
