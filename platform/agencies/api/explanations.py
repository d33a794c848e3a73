"""GET /agency/v1/learners/{learner}/skills: why the levels of one learner are what they are."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.utils import translation
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agencies.authentication import AgencyTokenAuthentication, HasScopes, agency_client
from agencies.feed.explanations import explanation
from agencies.problems import InsufficientScope, NoGrant
from common import clock
from common.languages import choose


class ExplainedEvidence(serializers.Serializer[Any]):
    """One answer, and what it did."""

    id = serializers.CharField(help_text="For your agency alone, like the learner's.")
    level = serializers.IntegerField(help_text="Level that the item is written for.")
    score = serializers.FloatField(min_value=0, max_value=1)
    answered_on = serializers.DateField()
    language = serializers.CharField()
    supervised = serializers.BooleanField()
    moved_by = serializers.FloatField(help_text="By how many logits the answer moved the ability in this skill.")
    of_which_practice = serializers.FloatField()
    explanation = serializers.CharField(help_text="The same in words.")


class ExplainedChange(serializers.Serializer[Any]):
    """One change of the level."""

    on = serializers.DateField()
    level = serializers.IntegerField(min_value=0, max_value=6)
    cause = serializers.ChoiceField(["evidence", "assessors", "appeal", "review"])
    explanation = serializers.CharField()
    evidence_id = serializers.CharField(allow_null=True)
    probability = serializers.FloatField(allow_null=True)
    decision_id = serializers.CharField(allow_null=True)
    rule = serializers.CharField(allow_null=True)
    framework_version = serializers.CharField(help_text="Of the framework whose threshold or rubric this was.")


class ExplainedArea(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()


class ExplainedNextLevel(serializers.Serializer[Any]):
    """What the next computed level asks."""

    level = serializers.IntegerField()
    name = serializers.CharField()
    threshold = serializers.FloatField()
    probability_needed = serializers.FloatField()
    item_level_needed = serializers.IntegerField()
    item_level_shown = serializers.IntegerField()


class ExplainedSkill(serializers.Serializer[Any]):
    """One skill with what is behind its level; the members are those that the learner reads at /api/v1/me/skills."""

    code = serializers.CharField()
    name = serializers.CharField()
    area = ExplainedArea(allow_null=True)
    level = serializers.IntegerField(min_value=0, max_value=6)
    level_name = serializers.CharField(allow_null=True)
    level_since = serializers.DateField(allow_null=True)
    framework_version = serializers.CharField(help_text="Of the framework by which the answers were judged last.")
    level_cause = serializers.ChoiceField(["evidence", "assessors", "appeal", "review"], allow_null=True)
    frozen = serializers.BooleanField(help_text="The level is disputed: it stays what it is until that is decided.")
    certified_level = serializers.IntegerField(min_value=0, max_value=3)
    certified_on = serializers.DateField(allow_null=True)
    expected_success = serializers.FloatField()
    review_due = serializers.BooleanField()
    probability = serializers.FloatField()
    provisional = serializers.BooleanField()
    answers = serializers.IntegerField()
    last_on = serializers.DateField(allow_null=True)
    next_level = ExplainedNextLevel(allow_null=True, help_text="null: higher levels are given by people only.")
    history = ExplainedChange(many=True)
    evidence = ExplainedEvidence(many=True)


class Explanation(serializers.Serializer[Any]):
    items = ExplainedSkill(many=True)
    next = serializers.CharField(allow_null=True)
    rule = serializers.CharField(help_text="Versions of the rules that levels were computed by.")
    snapshot = serializers.CharField(help_text="Version of the item parameters.")
    framework_version = serializers.CharField()


class LearnerSkills(APIView):
    authentication_classes = [AgencyTokenAuthentication]
    permission_classes = [HasScopes]
    required_scopes: ClassVar = ("progress:read",)
    problems = (NoGrant, InsufficientScope)

    @extend_schema(
        operation_id="explain_skills",
        tags=["Progress"],
        summary="Why the levels of one of your learners are what they are",
        description="The learner reads in the ledger of disclosures that you asked.",
        parameters=[
            OpenApiParameter("learner", str, OpenApiParameter.PATH, description="As `learner` in your feed."),
            OpenApiParameter("Accept-Language", str, OpenApiParameter.HEADER),
        ],
        responses={200: Explanation},
    )
    def get(self, request: Request, learner: str) -> Response:
        client = agency_client(request)
        accept = request.headers.get("Accept-Language", "")
        interface = choose(accept, [], [code for code, _ in settings.LANGUAGES], settings.LANGUAGE_CODE)
        with translation.override(interface):
            document, language = explanation(
                agency_id=client.agency_id, state=client.state, client_id=client.client_id, learner=learner,
                accept_language=accept, now=clock.now(),
            )  # fmt: skip
        answer = Response(document)
        answer["Content-Language"] = ", ".join(dict.fromkeys([language, interface]))
        answer["Cache-Control"] = "no-store"
        return answer
