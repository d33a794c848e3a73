"""Cases of the caller for assessors: PUT, GET one, GET all, DELETE to withdraw."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common import clock
from common.caller import caller_id
from common.openapi import PAGE_PARAMETERS
from common.own_resource import OwnResource
from common.pagination import ID, BadCursor, Cursors, keyset_page
from common.serializers import StrictSerializer
from learners.assessors import rubrics, selectors
from learners.assessors.errors import CaseClosed, CaseIdTaken, CaseOpen, LevelIsComputed, LevelOutOfReach
from learners.assessors.models import LevelAssessment
from learners.assessors.services import open_case, withdraw
from learners.decisions.errors import LevelNotOfSkill
from learners.profiles.errors import ProfileMissing
from privacy.public import ConsentMissing

_CURSORS = Cursors("level-assessments", ID)
WORK_KINDS = ("human_marked_artefact", "work_based_record")


class ShownWorkInput(StrictSerializer):
    kind = serializers.ChoiceField(WORK_KINDS, help_text="A piece of work to look at, or a record of work done.")
    description = serializers.CharField(max_length=2000, help_text="What it is, and what of it you did yourself.")
    link = serializers.URLField(
        max_length=500, required=False, allow_blank=True, default="", help_text="Where assessors find it (https)."
    )

    def validate_link(self, link: str) -> str:
        if link and not link.lower().startswith("https://"):
            raise serializers.ValidationError(_("The address must begin with https://."), "not_https")
        return link


class LevelAssessmentInput(StrictSerializer):
    skill = serializers.CharField(max_length=20, help_text="Code of the framework.")
    level = serializers.IntegerField(min_value=1, max_value=6, help_text="4 to 6; lower ones follow from answers.")
    evidence = serializers.ListField(child=ShownWorkInput(), min_length=1, max_length=10)


class ShownWorkOutput(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(WORK_KINDS)
    description = serializers.CharField()
    link = serializers.CharField(help_text="Empty: none was given.")


class RubricCriterionOutput(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()
    question = serializers.CharField()
    statement = serializers.CharField(help_text="The framework's words that it is about; empty: none.")


class AssessorVerdictOutput(serializers.Serializer[Any]):
    recommended = serializers.BooleanField()
    points = serializers.DictField(child=serializers.IntegerField(), help_text="By criterion.")
    reason = serializers.CharField()
    given_at = serializers.DateTimeField()


class LevelAssessmentOutput(serializers.Serializer[LevelAssessment]):
    id = serializers.UUIDField(source="pk")
    skill = serializers.CharField(source="skill_code")
    level = serializers.IntegerField()
    evidence = ShownWorkOutput(many=True)
    state = serializers.ChoiceField(LevelAssessment.State.values)
    outcome = serializers.ChoiceField(LevelAssessment.Outcome.values, allow_null=True, help_text="null: not decided.")
    opened_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)
    assessors_agreeing = serializers.SerializerMethodField(help_text="So many have to agree, on either side.")
    rubric = serializers.CharField(help_text="Version of the rubric.")
    criteria = serializers.SerializerMethodField(help_text="What assessors look at.")
    verdicts = serializers.SerializerMethodField(help_text="Each assessor's points and reason, once all is decided.")

    def get_assessors_agreeing(self, case: LevelAssessment) -> int:
        return rubrics.rubric().agreeing[case.level]

    @extend_schema_field(RubricCriterionOutput(many=True))
    def get_criteria(self, case: LevelAssessment) -> Any:
        return RubricCriterionOutput(rubrics.criterion_texts(case.skill_code, case.level), many=True).data

    @extend_schema_field(AssessorVerdictOutput(many=True))
    def get_verdicts(self, case: LevelAssessment) -> Any:
        return AssessorVerdictOutput(selectors.verdicts_for_learner(case), many=True).data


class LevelAssessmentPage(serializers.Serializer[Any]):
    items = LevelAssessmentOutput(many=True)
    next = serializers.CharField(allow_null=True)


class MyLevelAssessments(APIView):
    problems = (BadCursor,)

    @extend_schema(
        operation_id="list_level_assessments",
        tags=["Skills"],
        summary="The learner's cases for assessors, by id",
        parameters=PAGE_PARAMETERS,
        responses=LevelAssessmentPage,
    )
    def get(self, request: Request) -> Response:
        return keyset_page(
            request,
            _CURSORS,
            partial(selectors.own_cases, learner_id=caller_id(request)),
            key=lambda case: case.pk,
            show=lambda cases: [LevelAssessmentOutput(case).data for case in cases],
        )


@extend_schema_view(
    get=extend_schema(
        operation_id="read_level_assessment",
        tags=["Skills"],
        summary="One case for assessors",
        responses=LevelAssessmentOutput,
    ),
    put=extend_schema(
        operation_id="ask_for_level",
        tags=["Skills"],
        summary="Ask assessors for a level, under an id of the caller's making",
        description=(
            "Levels 4 to 6 are given by assessors only: one, two, or a panel. Needs the consent `learning_records` and a "
            "level one below (or the skill's lowest). A repeat is answered as the first time."
        ),
        request=LevelAssessmentInput,
        responses={200: LevelAssessmentOutput, 201: LevelAssessmentOutput},
    ),
)
class MyLevelAssessment(OwnResource[LevelAssessment]):
    problems: ClassVar = {
        "PUT": (
            ProfileMissing,
            ConsentMissing,
            LevelNotOfSkill,
            LevelIsComputed,
            LevelOutOfReach,
            CaseOpen,
            CaseIdTaken,
        ),
        "DELETE": (CaseClosed,),
    }
    input_class = LevelAssessmentInput

    def find(self, request: Request, **ids: UUID) -> LevelAssessment | None:
        return selectors.own_case(learner_id=caller_id(request), assessment_id=ids["assessment_id"])

    def save(self, request: Request, given: dict[str, Any], **ids: UUID) -> tuple[LevelAssessment, bool]:
        return open_case(assessment_id=ids["assessment_id"], learner_id=caller_id(request), now=clock.now(), **given)

    def represent(self, request: Request, resource: LevelAssessment) -> Any:
        return LevelAssessmentOutput(resource).data

    @extend_schema(
        operation_id="withdraw_level_assessment",
        tags=["Skills"],
        summary="Withdraw an open case",
        description="The case stays readable, as withdrawn. A repeat changes nothing.",
        responses={204: OpenApiResponse(description="It is withdrawn.")},
    )
    def delete(self, request: Request, assessment_id: UUID) -> Response:
        withdraw(assessment_id=assessment_id, learner_id=caller_id(request), now=clock.now())
        return Response(status=204)
