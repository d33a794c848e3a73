"""A learner's own appeals: open with one call, read, withdraw."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar
from uuid import UUID

from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from assessments import errors
from assessments.api.callers import learner_id
from assessments.appeals import rules, selectors, services
from common import clock
from common.openapi import PAGE_PARAMETERS
from common.pagination import INSTANT_AND_ID, BadCursor, Cursors, Page, keyset_page
from common.serializers import StrictSerializer

_CURSORS = Cursors("appeals", INSTANT_AND_ID)
_UNCLEAR = {
    "not_of_this_kind": _("This does not go with the kind of appeal."),
    "names_no_one_thing": _("Name exactly what you appeal against."),
}


class SubjectInput(StrictSerializer):
    """What is disputed: a level by its skill; a score by its attempt and, if it is about one, the attempt's item; a
    refusal by the attempt that was not passed, the case that assessors refused, or the achievement not awarded.
    """

    kind = serializers.ChoiceField(rules.KINDS)
    skill = serializers.CharField(required=False, max_length=20)
    attempt_id = serializers.UUIDField(required=False)
    item_id = serializers.UUIDField(required=False, help_text="the attempt's item id")
    level_assessment_id = serializers.UUIDField(required=False)
    achievement = serializers.SlugField(required=False, max_length=80)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        members = {name: value for name, value in attrs.items() if name != "kind"}
        try:
            return {"subject": rules.read_subject(attrs["kind"], members)}
        except rules.SubjectUnclear as unclear:
            detail = serializers.ErrorDetail(str(_UNCLEAR[unclear.reason]), unclear.reason)
            raise serializers.ValidationError({unclear.place: [detail]}) from unclear


class AppealInput(StrictSerializer):
    """What is disputed, and why."""

    subject = SubjectInput()
    grounds = serializers.CharField(max_length=rules.MAX_WORDS, help_text="in your own words, in any language")
    language = serializers.RegexField(
        r"^[A-Za-z0-9]+(-[A-Za-z0-9]+)*$",
        required=False,
        max_length=35,
        help_text="BCP 47 tag of the grounds; else the first of your languages",
    )


def _answer(appeal: selectors.AppealView, status: int = 200) -> Response:
    response = Response(appeal, status=status)
    response["Cache-Control"] = "no-store"
    patch_vary_headers(response, ["Accept-Language"])
    return response


class AppealsView(APIView):
    problems = (BadCursor,)

    @extend_schema(
        operation_id="list_appeals",
        tags=["Appeals"],
        summary="Your appeals, newest first",
        parameters=PAGE_PARAMETERS,
        responses=Page[selectors.AppealView],
    )
    def get(self, request: Request) -> Response:
        response = keyset_page(
            request,
            _CURSORS,
            partial(selectors.appeals, learner_id=learner_id(request), now=clock.now()),
            key=lambda appeal: (appeal.opened_at, appeal.id),
            show=list,
        )
        patch_vary_headers(response, ["Accept-Language"])
        return response


class AppealView(APIView):
    no_store: ClassVar = True
    problems = {
        "PUT": (errors.NothingToAppeal, errors.AppealOpen, errors.AppealIdReused),
        "DELETE": (errors.AppealClosed,),
    }

    @extend_schema(
        operation_id="read_appeal", tags=["Appeals"], summary="One of your appeals", responses=selectors.AppealView
    )
    def get(self, request: Request, appeal_id: UUID) -> Response:
        return _answer(selectors.appeal(appeal_id=appeal_id, learner_id=learner_id(request), now=clock.now()))

    @extend_schema(
        operation_id="open_appeal",
        tags=["Appeals"],
        summary="Appeal against a level, a score or a refusal, under an id of your making",
        description=(
            "A person who was not involved before decides by `due_at`; a disputed level is frozen until then. An appeal "
            "never ends lower than the result it disputes. A repeat returns the same appeal; there is one open appeal "
            "against one thing at a time."
        ),
        request=AppealInput,
        responses={200: selectors.AppealView, 201: selectors.AppealView},
    )
    def put(self, request: Request, appeal_id: UUID) -> Response:
        given = AppealInput(data=request.data)
        given.is_valid(raise_exception=True)
        opened = services.open_appeal(
            appeal_id=appeal_id,
            learner_id=learner_id(request),
            subject=given.validated_data["subject"]["subject"],
            grounds=given.validated_data["grounds"],
            language=given.validated_data.get("language"),
            now=clock.now(),
        )
        return _answer(opened.appeal, 201 if opened.is_new else 200)

    @extend_schema(
        operation_id="withdraw_appeal",
        tags=["Appeals"],
        summary="Withdraw an open appeal; a repeat changes nothing",
        responses={204: None},
    )
    def delete(self, request: Request, appeal_id: UUID) -> Response:
        services.withdraw(appeal_id=appeal_id, learner_id=learner_id(request), now=clock.now())
        return Response(status=204)
