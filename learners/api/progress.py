"""GET and PUT /api/v1/me/enrolments/{enrolment_id}/progress."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
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
    version = serializers.RegexField(
        r"^[0-9a-f]{64}$",
        required=False,
        help_text="`version` of the lesson's document that was done; with its `language`.",
    )
    language = serializers.CharField(max_length=20, required=False, help_text="Of that document (BCP 47).")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        named = {"version": attrs.get("version", ""), "language": attrs.get("language", "")}
        if bool(named["version"]) != bool(named["language"]):
            missing = "language" if named["version"] else "version"
            raise serializers.ValidationError({missing: _("A version is named with its language.")})
        return {**attrs, **named}


class ProgressInput(StrictSerializer):
    lessons = serializers.ListField(child=LessonReportInput(), min_length=1, max_length=MAX_LESSONS)


def _view(
    enrolment: Enrolment,
    edition: EditionView,
    progress: Mapping[UUID, LessonProgress],
    waivers: Sequence[LessonWaiver],
) -> selectors.ProgressView:
    return {
        "enrolment_id": enrolment.pk,
        "edition_id": enrolment.edition_id,
        "course_id": enrolment.course_id,
        "lessons": selectors.lessons(edition, progress, waivers, selectors.changes([(edition, progress)])),
        "lessons_done_at": enrolment.lessons_done_at,
        "assessment_passed_at": enrolment.assessment_passed_at,
        "completed_at": enrolment.completed_at,
    }


class MyProgress(APIView):
    problems: ClassVar = {"PUT": (ConsentMissing,)}

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
        body = to_json(
            _view(
                enrolment,
                edition,
                selectors.of_enrolments([enrolment_id])[enrolment_id],
                waived.of_enrolments([enrolment_id])[enrolment_id],
            )
        )
        return ready_bytes(request._request, body, etag=etag_of(body))

    @extend_schema(
        operation_id="record_progress",
        tags=["Learning"],
        summary="Merge what a device knows into the progress",
        description=(
            "May be sent by any number of devices, in any order, as often as they like: the furthest point and the "
            "first time done stay. `done_at` in the future becomes now, before the enrolment the enrolment's instant. "
            "Answers the merged state of all lessons. Lessons of every edition that the course has had are taken, also after a "
            "move; a lesson that is none of them is listed in `refused`, and the others are taken. Whoever withdrew the consent "
            "`learning_records` is refused: keep the reports on the device until it is given again."
        ),
        parameters=[header(ETAG, "Of the merged state, as a read answers it.", 200)],
        request=ProgressInput,
        responses=selectors.RecordedProgressView,
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
        shown = _view(recorded.enrolment, recorded.edition, recorded.progress, recorded.waivers)
        refused: list[selectors.RefusedLesson] = [
            {"lesson_id": lesson_id, "reason": "unknown_lesson"} for lesson_id in recorded.refused
        ]
        answered: selectors.RecordedProgressView = {**shown, "refused": refused}
        answer = HttpResponse(to_json(answered), content_type="application/json")
        answer["ETag"], answer["Cache-Control"] = etag_of(to_json(shown)), "private, no-cache"
        return answer
