"""How people marked a learner's own attempt."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from assessments.api.callers import learner_id
from assessments.marking import selectors


class LineOutput(serializers.Serializer[object]):
    criterion = serializers.CharField(help_text="in the attempt's language")
    points = serializers.IntegerField()
    comment = serializers.CharField(allow_blank=True)


class MarkOutput(serializers.Serializer[object]):
    number = serializers.IntegerField(help_text="1 and 2 were independent; 3 decided between them")
    percent = serializers.IntegerField()
    lines = LineOutput(many=True)
    reason = serializers.CharField()


class MarkedOutput(serializers.Serializer[object]):
    item = serializers.UUIDField(help_text="the attempt's item id")
    final = serializers.FloatField(help_text="0 to 1: the mean of marks 1 and 2, or mark 3")
    marks = MarkOutput(many=True)


class MarkedListOutput(serializers.Serializer[object]):
    items = MarkedOutput(many=True)


class MarksView(APIView):
    @extend_schema(
        operation_id="list_attempt_marks",
        tags=["Assessments"],
        summary="How people marked your attempt, by the rubric; empty until all is marked",
        responses=MarkedListOutput,
    )
    def get(self, request: Request, attempt_id: UUID) -> Response:
        found = selectors.marks_of(attempt_id=attempt_id, learner_id=learner_id(request))
        return Response({"items": found}, headers={"Cache-Control": "no-store"})
