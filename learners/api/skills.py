"""GET /api/v1/me/skills."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.utils import translation
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.views import APIView

from common import clock
from common.caller import caller_id
from common.conditional import etag_of, ready_bytes
from common.languages import choose
from common.rendering import to_json
from learners.mastery.explanation import explained
from learners.profiles import selectors as profiles


class LearnerAreaOutput(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()


class LearnerEvidenceOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    item_id = serializers.UUIDField()
    level = serializers.IntegerField(help_text="Level that the item is written for.")
    score = serializers.FloatField(min_value=0, max_value=1)
    answered_at = serializers.DateTimeField()
    language = serializers.CharField()
    supervised = serializers.BooleanField()
    moved_by = serializers.FloatField(help_text="By how many logits the answer moved the ability in this skill.")
    of_which_practice = serializers.FloatField(
        help_text="The part given for having answered at all: whoever practises learns, also from mistakes."
    )
    explanation = serializers.CharField(help_text="The same in words, in the caller's language.")


class LearnerNextLevelOutput(serializers.Serializer[Any]):
    level = serializers.IntegerField()
    name = serializers.CharField()
    threshold = serializers.FloatField(help_text="Success rate on a reference item that the level asks.")
    probability_needed = serializers.FloatField(help_text="With which the threshold has to be passed.")
    item_level_needed = serializers.IntegerField(help_text="An item of this level, answered with credit, is needed.")
    item_level_shown = serializers.IntegerField(help_text="Highest level of an item answered with credit so far.")


class LearnerLevelChangeOutput(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    level = serializers.IntegerField(min_value=0, max_value=6)
    cause = serializers.ChoiceField(["evidence", "assessors", "appeal", "review"])
    explanation = serializers.CharField(help_text="The same in words, in the caller's language.")
    reason = serializers.CharField(allow_null=True, help_text="In the words of the people who decided.")
    evidence_id = serializers.UUIDField(allow_null=True, help_text="The answer that made the difference.")
    probability = serializers.FloatField(allow_null=True, help_text="With which the threshold was passed.")
    decision_id = serializers.UUIDField(allow_null=True)
    rule = serializers.CharField(allow_null=True, help_text="Version of the rule, or of the assessors' rubric.")
    framework_version = serializers.CharField(help_text="Of the framework whose threshold or rubric this was.")


class LearnerSkillOutput(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()
    area = LearnerAreaOutput(allow_null=True)
    level = serializers.IntegerField(min_value=0, max_value=6, help_text="0: none yet.")
    level_name = serializers.CharField(allow_null=True)
    level_since = serializers.DateTimeField(allow_null=True)
    framework_version = serializers.CharField(help_text="Of the framework by which the answers were judged last.")
    certified_level = serializers.IntegerField(
        min_value=0,
        max_value=3,
        help_text="By a stricter test that is wrong in at most one of twenty cases; 0: none yet.",
    )
    certified_at = serializers.DateTimeField(allow_null=True)
    expected_success = serializers.FloatField(
        min_value=0, max_value=1, help_text="Expected success rate on a reference item of the skill, today."
    )
    review_due = serializers.BooleanField(
        help_text="The success expected has faded below the level's threshold: time to practise. The level stands."
    )
    probability = serializers.FloatField(
        help_text="With which the threshold of the level (of the first one, at level 0) is passed."
    )
    provisional = serializers.BooleanField(help_text="Fewer than five answers: the probability is a rough one.")
    answers = serializers.IntegerField()
    last_at = serializers.DateTimeField(allow_null=True, help_text="null: nobody has answered yet.")
    next_level = LearnerNextLevelOutput(allow_null=True, help_text="null: a higher level is given by people only.")
    level_cause = serializers.ChoiceField(
        ["evidence", "assessors", "appeal", "review"], allow_null=True, help_text="What gave the level that counts."
    )
    frozen = serializers.BooleanField(help_text="The level is disputed: it stays what it is until that is decided.")
    history = LearnerLevelChangeOutput(many=True, help_text="Every change, newest first.")
    evidence = LearnerEvidenceOutput(many=True, help_text="The newest 50 answers, newest first.")


class LearnerSkillsOutput(serializers.Serializer[Any]):
    items = LearnerSkillOutput(many=True, help_text="Skills with evidence; there is nothing to say of the others.")
    next = serializers.CharField(allow_null=True)
    rule = serializers.CharField(help_text="Version of the rule that levels were computed by.")
    snapshot = serializers.CharField(help_text="Version of the item parameters.")
    framework_version = serializers.CharField()


class MySkills(APIView):
    @extend_schema(
        operation_id="list_skills",
        tags=["Skills"],
        summary="The learner's skills with the evidence behind each",
        parameters=[
            OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER, description="ETag of what you have.")
        ],
        responses={200: LearnerSkillsOutput, 304: OpenApiResponse(description="You have the present state.")},
    )
    def get(self, request: Request) -> HttpResponse:
        accept = request.headers.get("Accept-Language", "")
        learner = profiles.learner(caller_id(request))
        preferred = list(learner.languages) if learner else []
        interface = choose(accept, preferred, [code for code, _ in settings.LANGUAGES], settings.LANGUAGE_CODE)
        with translation.override(interface):
            document, language = explained(
                learner_id=caller_id(request), accept_language=accept, preferred=preferred, now=clock.now()
            )
        body = to_json(document)
        used = ", ".join(dict.fromkeys([language, interface]))
        return ready_bytes(request._request, body, etag=etag_of(body), language=used)
