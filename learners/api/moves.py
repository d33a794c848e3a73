"""GET and PUT /api/v1/me/enrolments/{enrolment_id}/moves/{edition_id}."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common import clock
from common.caller import caller_id
from common.serializers import StrictSerializer
from learners.api.enrolments import EnrolmentOutput, enrolment_documents
from learners.enrolments.errors import EditionNotOpen
from learners.progress import moves
from learners.progress.errors import AttemptUnderWay, EditionOfAnotherCourse, LanguageMissing
from privacy.public import ConsentMissing


class MoveInput(StrictSerializer):
    without_language = serializers.BooleanField(
        default=False, help_text="Move although the edition is not offered in the language that the learner reads now."
    )


class MyMove(APIView):
    problems: ClassVar = {
        "GET": (EditionNotOpen, EditionOfAnotherCourse),
        "PUT": (EditionNotOpen, EditionOfAnotherCourse, ConsentMissing, AttemptUnderWay, LanguageMissing),
    }

    @extend_schema(
        operation_id="read_move",
        tags=["Learning"],
        summary="What moving to another edition of the course would mean",
        description="Changes nothing. `newer_edition` of the enrolment names the edition that learners are offered.",
        responses=moves.MoveView,
    )
    def get(self, request: Request, enrolment_id: UUID, edition_id: UUID) -> Response:
        return Response(moves.preview(learner_id=caller_id(request), enrolment_id=enrolment_id, edition_id=edition_id))

    @extend_schema(
        operation_id="change_enrolment_edition",
        tags=["Learning"],
        summary="Move to another edition of the course",
        description=(
            "To the running edition, or back to one that the enrolment was in. What was done and passed counts in every edition; "
            "nothing is lost, and no certificate. A repeat changes nothing."
        ),
        request=MoveInput,
        responses=EnrolmentOutput,
    )
    def put(self, request: Request, enrolment_id: UUID, edition_id: UUID) -> Response:
        given = MoveInput(data=request.data)
        given.is_valid(raise_exception=True)
        enrolment = moves.move(
            learner_id=caller_id(request),
            enrolment_id=enrolment_id,
            edition_id=edition_id,
            now=clock.now(),
            **given.validated_data,
        )
        return Response(enrolment_documents(request, [enrolment])[0])
