"""GET and PUT /api/v1/me/enrolments/{enrolment_id}/progress."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.views import APIView

from common import clock
from common.caller import caller_id
from common.conditional import etag_of, ready_bytes
from common.errors import NotFound
from common.openapi import ETAG, header
from common.rendering import to_json
from common.serializers import StrictSerializer
from courses import public as courses
from courses.public import EditionView
from learners.enrolments import selectors as enrolments
from learners.enrolments.models import Enrolment
from learners.progress import selectors
from learners.progress.errors import LessonNotInEdition
from learners.progress.models import LessonProgress
from learners.progress.rules import Report
from learners.progress.services import record_progress
from learners.waivers import selectors as waived
from learners.waivers.models import LessonWaiver
from privacy.public import ConsentMissing

MAX_LESSONS = 200


class InstantField(serializers.DateTimeField):
    """RFC 3339: an instant without its offset from UTC is none."""

    def enforce_timezone(self, value: datetime) -> datetime:
        if timezone.is_naive(value):
            self.fail("invalid", format="YYYY-MM-DDThh:mm:ss+HH:MM|-HH:MM|Z")
        return super().enforce_timezone(value)


class LessonReportInput(StrictSerializer):
    lesson_id = serializers.UUIDField()
    furthest = serializers.IntegerField(min_value=0, max_value=100, help_text="How far the lesson was read, per cent.")
    done_at = InstantField(allow_null=True, default=None, help_text="When it was done, by the device's clock.")


class ProgressInput(StrictSerializer):
    lessons = serializers.ListField(child=LessonReportInput(), min_length=1, max_length=MAX_LESSONS)


def _body(
    enrolment: Enrolment,
    edition: EditionView,
    progress: Mapping[UUID, LessonProgress],
    waivers: Mapping[UUID, LessonWaiver],
) -> bytes:
    shown: selectors.ProgressView = {
        "enrolment_id": enrolment.pk,
        "lessons": selectors.lessons(edition, progress, waivers),
        "lessons_done_at": enrolment.lessons_done_at,
        "assessment_passed_at": enrolment.assessment_passed_at,
        "completed_at": enrolment.completed_at,
    }
    return to_json(shown)


class MyProgress(APIView):
    problems: ClassVar = {"PUT": (ConsentMissing, LessonNotInEdition)}

    @extend_schema(
        operation_id="read_progress",
        tags=["Learning"],
        summary="Progress in every lesson of the enrolment",
        parameters=[
            OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER, description="ETag of what you have.")
        ],
        responses={200: selectors.ProgressView, 304: OpenApiResponse(description="You have the present state.")},
    )
    def get(self, request: Request, enrolment_id: UUID) -> HttpResponse:
        enrolment = enrolments.own_enrolment(learner_id=caller_id(request), enrolment_id=enrolment_id)
        if enrolment is None:
            raise NotFound()
        edition = courses.editions([enrolment.edition_id])[enrolment.edition_id]
        body = _body(
            enrolment,
            edition,
            selectors.of_enrolments([enrolment_id])[enrolment_id],
            waived.of_enrolments([enrolment_id])[enrolment_id],
        )
        return ready_bytes(request._request, body, etag=etag_of(body))

    @extend_schema(
        operation_id="record_progress",
        tags=["Learning"],
        summary="Merge what a device knows into the progress",
        description=(
            "May be sent by any number of devices, in any order, as often as they like: the furthest point and the "
            "first time done stay. `done_at` in the future becomes now, before the enrolment the enrolment's instant. "
            "Answers the merged state of all lessons. Whoever withdrew the consent `learning_records` is refused: keep the "
            "reports on the device until it is given again."
        ),
        parameters=[header(ETAG, "Of the merged state.", 200)],
        request=ProgressInput,
        responses=selectors.ProgressView,
    )
    def put(self, request: Request, enrolment_id: UUID) -> HttpResponse:
        given = ProgressInput(data=request.data)
        given.is_valid(raise_exception=True)
        recorded = record_progress(
            learner_id=caller_id(request),
            enrolment_id=enrolment_id,
            reports=[Report(**lesson) for lesson in given.validated_data["lessons"]],
            now=clock.now(),
        )
        body = _body(recorded.enrolment, recorded.edition, recorded.progress, recorded.waivers)
        answer = HttpResponse(body, content_type="application/json")
        answer["ETag"], answer["Cache-Control"] = etag_of(body), "private, no-cache"
        return answer
