"""GET /api/v1/home."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.views import APIView

from common.caller import caller_id
from common.conditional import etag_of, ready_bytes
from common.rendering import to_json
from home.selectors import home
from learners.public import LessonProgressOutput


class HomeLearner(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    legal_name = serializers.CharField()
    member_state = serializers.CharField()
    languages = serializers.ListField(child=serializers.CharField())


class HomeEnrolment(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    edition_id = serializers.UUIDField()
    course = serializers.CharField()
    title = serializers.CharField()
    language = serializers.CharField(help_text="Of the title (BCP 47).")
    enrolled_at = serializers.DateTimeField()
    lessons = LessonProgressOutput(many=True)
    lessons_done = serializers.IntegerField(help_text="Done or waived.")
    minutes_left = serializers.IntegerField()
    next_lesson_id = serializers.UUIDField(
        allow_null=True, help_text="The first lesson that is neither done nor waived."
    )
    assessment_due = serializers.BooleanField()
    assessment_passed_at = serializers.DateTimeField(allow_null=True)
    completed_at = serializers.DateTimeField(allow_null=True)


class HomeSkill(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()
    area = serializers.CharField(allow_null=True)
    level = serializers.IntegerField(min_value=0, help_text="0: none yet.")
    level_name = serializers.CharField(allow_null=True)
    probability = serializers.FloatField()
    provisional = serializers.BooleanField()


class HomeCertificate(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    public_code = serializers.CharField(help_text="For /verify/{public_code}.")
    name = serializers.CharField()
    valid_until = serializers.DateTimeField(allow_null=True)
    status = serializers.CharField()
    renewable_from = serializers.DateTimeField(
        allow_null=True, help_text="From then on it may be renewed: `GET …/renewal` tells what is missing."
    )


class Waiting(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=["profile", "consent", "assessment"])
    purpose = serializers.CharField(required=False, help_text="Of a missing consent.")
    enrolment_id = serializers.UUIDField(required=False)
    edition_id = serializers.UUIDField(required=False)


class HomeOutput(serializers.Serializer[Any]):
    learner = HomeLearner(allow_null=True, help_text="null: the account has no profile yet.")
    enrolments = HomeEnrolment(many=True, help_text="The newest 50.")
    skills = HomeSkill(many=True)
    certificates = HomeCertificate(many=True, help_text="The newest 50.")
    waiting = Waiting(many=True, help_text="What the learner is to do before going on.")


class Home(APIView):
    @extend_schema(
        operation_id="read_home",
        tags=["Profile"],
        summary="All that a first screen needs",
        parameters=[
            OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER, description="ETag of what you have.")
        ],
        responses={200: HomeOutput, 304: OpenApiResponse(description="You have the present state.")},
    )
    def get(self, request: Request) -> HttpResponse:
        document, languages = home(
            user_id=caller_id(request), accept_language=request.headers.get("Accept-Language", "")
        )
        body = to_json(document)
        return ready_bytes(request._request, body, etag=etag_of(body), language=", ".join(languages) or None)
