"""How people marked a learner's own attempt."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from assessments.api.callers import learner_id
from assessments.marking import selectors


class MarksView(APIView):
    no_store: ClassVar = True

    @extend_schema(
        operation_id="list_attempt_marks",
        tags=["Assessments"],
        summary="How people marked your attempt, by the rubric; empty until all is marked",
        responses=selectors.MarkedListView,
    )
    def get(self, request: Request, attempt_id: UUID) -> Response:
        found: selectors.MarkedListView = {
            "items": selectors.marks_of(attempt_id=attempt_id, learner_id=learner_id(request))
        }
        return Response(found, headers={"Cache-Control": "no-store"})
