"""A learner's own appeals: open with one call, read, withdraw."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any
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
from common.pagination import INSTANT_AND_ID, BadCursor, Cursors, keyset_page
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
    grounds = serializers.CharField(max_length=rules.MOST_WORDS, help_text="in your own words, in any language")
    language = serializers.RegexField(
        r"^[A-Za-z0-9]+(-[A-Za-z0-9]+)*$",
        required=False,
        max_length=35,
        help_text="BCP 47 tag of the grounds; else the first of your languages",
    )


class SubjectOutput(serializers.Serializer[object]):
    kind = serializers.ChoiceField(rules.KINDS)
    skill = serializers.CharField(allow_null=True)
    attempt_id = serializers.UUIDField(allow_null=True)
    item_id = serializers.UUIDField(allow_null=True)
    level_assessment_id = serializers.UUIDField(allow_null=True)
    achievement = serializers.CharField(allow_null=True)


class AppealDecisionOutput(serializers.Serializer[object]):
    outcome = serializers.ChoiceField(rules.OUTCOMES)
    reason = serializers.CharField(help_text="the reviewer's own words")
    decided_at = serializers.DateTimeField()
    reviewer = serializers.CharField(help_text="name of the person who decided")
    levels = serializers.DictField(child=serializers.IntegerField(), help_text="levels decided, by skill")
    scores = serializers.DictField(
        child=serializers.FloatField(allow_null=True), help_text="corrected scores by attempt item; null: struck"
    )
    new_try = serializers.BooleanField(help_text="you may try once more")


class AppealOutput(serializers.Serializer[object]):
    id = serializers.UUIDField()
    subject = SubjectOutput()
    grounds = serializers.CharField()
    language = serializers.CharField()
    disputed = serializers.DictField(help_text="the result as it stood when the appeal was opened")
    state = serializers.ChoiceField(rules.STATES)
    status = serializers.CharField(help_text="where it stands, in words, in the caller's language")
    opened_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField(help_text="a person decides by then")
    due_time_zone = serializers.CharField(help_text="of your state, in which the days are counted")
    overdue = serializers.BooleanField()
    reviewer = serializers.CharField(allow_null=True, help_text="name of the person who reviews; null: nobody yet")
    reviewer_since = serializers.DateTimeField(allow_null=True)
    decision = AppealDecisionOutput(allow_null=True)


class AppealListOutput(serializers.Serializer[object]):
    items = AppealOutput(many=True)
    next = serializers.CharField(allow_null=True)


def _status(appeal: selectors.AppealView) -> str:
    if appeal.decision is not None:
        words = {
            rules.UPHELD: _("Your appeal was upheld."),
            rules.PARTLY_UPHELD: _("Your appeal was upheld in part."),
            rules.DISMISSED: _("Your appeal was dismissed."),
        }
        return str(words[appeal.decision.outcome])
    if appeal.state == rules.WITHDRAWN:
        return str(_("You have withdrawn this appeal."))
    if appeal.overdue:
        return str(_("The answer is late. Your appeal stays open until a person has decided."))
    if appeal.reviewer:
        return str(_("%(name)s is reviewing your appeal.") % {"name": appeal.reviewer})
    return str(_("Your appeal waits for a reviewer who was not involved before."))


def _shown(appeal: selectors.AppealView) -> Mapping[str, Any]:
    return {**{name: value for name, value in vars(appeal).items() if name != "kind"}, "status": _status(appeal)}


def _answer(appeal: selectors.AppealView, status: int = 200) -> Response:
    response = Response(_shown(appeal), status=status)
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
        responses=AppealListOutput,
    )
    def get(self, request: Request) -> Response:
        response = keyset_page(
            request, _CURSORS, partial(selectors.appeals, learner_id=learner_id(request), now=clock.now()),
            key=lambda appeal: (appeal.opened_at, appeal.id), show=lambda appeals: [_shown(one) for one in appeals],
        )  # fmt: skip
        patch_vary_headers(response, ["Accept-Language"])
        return response


class AppealView(APIView):
    problems = {
        "PUT": (errors.NothingToAppeal, errors.AppealOpen, errors.AppealIdReused),
        "DELETE": (errors.AppealClosed,),
    }

    @extend_schema(operation_id="read_appeal", tags=["Appeals"], summary="One of your appeals", responses=AppealOutput)
    def get(self, request: Request, appeal_id: UUID) -> Response:
        return _answer(
            selectors.appeal(appeal_id=appeal_id, learner_id=learner_id(request), now=clock.now())
        )  # fmt: skip

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
        responses={200: AppealOutput, 201: AppealOutput},
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
