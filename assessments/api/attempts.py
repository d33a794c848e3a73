"""A learner's own attempts: start, read, save answers, submit."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpResponse
from django.utils.cache import patch_vary_headers
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from assessments import errors
from assessments.api.callers import learner_id
from assessments.api.quizzes import LANGUAGE_HEADER
from assessments.attempts import grading, saving, selectors, services
from assessments.attempts.rules import DEVICE_CLASSES, MAX_SEQUENCE
from assessments.items.kinds import KINDS
from assessments.quizzes.rules import MAX_ITEMS
from common import clock
from common.openapi import PAGE_PARAMETERS
from common.pagination import INSTANT_AND_ID, BadCursor, Cursors, Page, keyset_page
from common.rendering import to_json
from common.schemas import Schema, object_schema
from common.serializers import StrictSerializer
from common.value_schemas import ValueSchema
from privacy.public import ConsentMissing

_CURSORS = Cursors("attempts", INSTANT_AND_ID)


@extend_schema_field(
    {
        "oneOf": [
            {"type": "string"},
            {"type": "number"},
            {"type": "array", "items": {"oneOf": [{"type": "string"}, {"type": "number"}]}},
            {
                "type": "object",
                "additionalProperties": {
                    "oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
                },
            },
        ],
        "description": "By the item's kind. "
        + "; ".join(str(kind.response_schema["description"]) for kind in KINDS.values())
        + "; null: left open, as if it were not listed.",
    }
)
class ResponseField(serializers.JSONField):
    """A response to an item; its kind says which form it takes."""

    def to_internal_value(self, data: Any) -> Any:
        # The parser has read it as JSON that can be stored: it need not be written out again to see that it is.
        return data


class StartInput(StrictSerializer):
    """Which quiz, and in which language."""

    quiz_id = serializers.UUIDField()
    language = serializers.RegexField(
        r"^[A-Za-z0-9]+(-[A-Za-z0-9]+)*$",
        required=False,
        max_length=35,
        help_text="BCP 47; else Accept-Language, your languages, the edition's",
    )
    device_class = serializers.ChoiceField(
        DEVICE_CLASSES, required=False, help_text="what the learner sits at; kept to see whether quizzes are fair to it"
    )


class AnswerInput(StrictSerializer):
    """The response to one item."""

    item = serializers.UUIDField(help_text="the attempt's item id")
    response = ResponseField(allow_null=True)
    seconds = serializers.FloatField(
        required=False,
        allow_null=True,
        help_text="how long the learner was on the item, as you measured it; never part of the score",
    )


class NumberedAnswerInput(AnswerInput):
    """The response to one item, to be saved."""

    sequence = serializers.IntegerField(
        min_value=0,
        max_value=MAX_SEQUENCE,
        help_text="a number of yours that grows with each answer to the item; of several the one with the highest stands",
    )


class AnswersInput(StrictSerializer):
    """Responses to be saved: one, or all that a device holds."""

    answers = serializers.ListField(child=NumberedAnswerInput(), max_length=MAX_ITEMS)


class SubmissionInput(StrictSerializer):
    """The last word on an attempt's items; on those that are missing what was saved stands."""

    answers = serializers.ListField(
        child=AnswerInput(), max_length=MAX_ITEMS, required=False, help_text="left out: all that was saved"
    )


class ItemByKind(ValueSchema):
    """An attempt's item is a component for each kind, `ClozeItem` for one; `kind` tells which."""

    target_class = selectors.AttemptItemView
    priority = 0

    def map_serializer(self, auto_schema: Any, direction: Any) -> Schema:
        of_all = super().map_serializer(auto_schema, direction)
        review, answer = object_schema(selectors.ReviewView), object_schema(selectors.AnswerView)
        names = {}
        for kind in KINDS.values():
            words = "".join(word.capitalize() for word in kind.name.split("_"))
            given = {"oneOf": [kind.response_schema, {"type": "null"}], "description": "null: it was left open."}
            reviewed = _component(
                auto_schema,
                f"{words}Review",
                {**review, "properties": {**review["properties"], "response": given}},
            )
            answered = _component(
                auto_schema,
                f"{words}Answer",
                {**answer, "properties": {**answer["properties"], "response": given}},
            )
            own = {
                "kind": {"type": "string", "const": kind.name},
                "extra": {**kind.shown_schema, "description": of_all["properties"]["extra"]["description"]},
                "answer": {**of_all["properties"]["answer"], "oneOf": [answered, {"type": "null"}]},
                "review": {**of_all["properties"]["review"], "oneOf": [reviewed, {"type": "null"}]},
            }
            schema = {**of_all, "properties": {**of_all["properties"], **own}}
            names[kind.name] = _component(auto_schema, f"{words}Item", schema)["$ref"]
        return {
            "oneOf": [{"$ref": name} for name in names.values()],
            "discriminator": {"propertyName": "kind", "mapping": names},
        }


def _component(auto_schema: Any, name: str, schema: Schema) -> Schema:
    component = ResolvedComponent(name=name, type=ResolvedComponent.SCHEMA, schema=schema, object=name)
    auto_schema.registry.register_on_missing(component)
    reference: Schema = component.ref
    return reference


def _answer(attempt: selectors.AttemptView, status: int = 200) -> HttpResponse:
    # Ready bytes: DRF's response is a template that waits to be rendered, which costs more than writing the JSON.
    response = HttpResponse(to_json(attempt), status=status, content_type="application/json")
    response["Content-Language"] = attempt.language
    # An attempt under way must not be shown from a cache, on a phone that several people use least of all.
    response["Cache-Control"] = "no-store"
    patch_vary_headers(response, ["Accept-Language"])
    return response


class AttemptsView(APIView):
    problems = (BadCursor,)

    @extend_schema(
        operation_id="list_attempts",
        tags=["Assessments"],
        summary="Your attempts, newest first",
        parameters=PAGE_PARAMETERS,
        responses=Page[selectors.AttemptSummary],
    )
    def get(self, request: Request) -> Response:
        return keyset_page(
            request,
            _CURSORS,
            partial(selectors.attempts, learner_id=learner_id(request), now=clock.now()),
            key=lambda attempt: (attempt.started_at, attempt.id),
            show=list,
        )


class AttemptView(APIView):
    no_store: ClassVar = True
    problems = {
        "PUT": (
            errors.NotEnrolled,
            ConsentMissing,
            errors.QuizClosed,
            errors.OutsideWindow,
            errors.PrerequisitesMissing,
            errors.CoolingDown,
            errors.QuizNotReady,
            errors.LanguageNotOffered,
            errors.AttemptLive,
            errors.AttemptsUsedUp,
            errors.AttemptIdReused,
        )
    }

    @extend_schema(
        operation_id="read_attempt",
        tags=["Assessments"],
        summary="One of your attempts; with its review once graded",
        responses=selectors.AttemptView,
    )
    def get(self, request: Request, attempt_id: UUID) -> HttpResponse:
        return _answer(selectors.attempt(attempt_id=attempt_id, learner_id=learner_id(request), now=clock.now()))

    @extend_schema(
        operation_id="start_attempt",
        tags=["Assessments"],
        summary="Start an attempt under an id of your making; a repeat returns the same attempt",
        parameters=[LANGUAGE_HEADER],
        request=StartInput,
        responses={200: selectors.AttemptView, 201: selectors.AttemptView},
    )
    def put(self, request: Request, attempt_id: UUID) -> HttpResponse:
        given = StartInput(data=request.data)
        given.is_valid(raise_exception=True)
        started = services.start(
            attempt_id=attempt_id,
            learner_id=learner_id(request),
            quiz_id=given.validated_data["quiz_id"],
            language=given.validated_data.get("language"),
            accept_language=request.headers.get("Accept-Language", ""),
            now=clock.now(),
            device_class=given.validated_data.get("device_class", ""),
        )
        return _answer(started.attempt, 201 if started.is_new else 200)


class SubmissionView(APIView):
    problems = (ConsentMissing, errors.InvalidAnswer, errors.AttemptExpired, errors.AlreadySubmitted)

    @extend_schema(
        operation_id="submit_attempt",
        tags=["Assessments"],
        summary="Submit the answers and have them graded, once",
        description=(
            "Of items that are not listed, what was saved counts, and an item without any answer scores 0; `{}` hands in what "
            "was saved. When people must mark an answer, `state` is `marking` and the score null "
            "until they have. Repeating the same answers returns the same result. Whoever withdrew the "
            "consent `learning_records` is refused; the attempt stays open until it is due. Nobody need call this for saved "
            "answers to count: they are graded when the time is over."
        ),
        request=SubmissionInput,
        responses=selectors.AttemptView,
    )
    def put(self, request: Request, attempt_id: UUID) -> HttpResponse:
        given = SubmissionInput(data=request.data)
        given.is_valid(raise_exception=True)
        return _answer(
            grading.submit(
                attempt_id=attempt_id,
                learner_id=learner_id(request),
                answers=given.validated_data.get("answers", ()),
                now=clock.now(),
            )
        )


class AnswersView(APIView):
    problems = (ConsentMissing, errors.AttemptExpired, errors.AttemptSubmitted)

    @extend_schema(
        operation_id="save_answers",
        tags=["Assessments"],
        summary="Save answers while an attempt is under way, one by one or together",
        description=(
            "Until the attempt is due, and 30 seconds longer. Saved answers are graded when the attempt is handed in, or when "
            "its time is over, whichever comes first. Each answer has a number of yours, `sequence`; of each item the answer "
            "with the highest number stands, whatever order they arrive in, so a repeat changes nothing. Use the milliseconds "
            "since 1970, or one more than the number that stands if that is higher: then two devices need not agree. The "
            "answer says which numbers stand. A response that the item cannot take is listed in `refused` and costs no other. "
            "`response` null takes an answer back. After 409 nothing need be sent again: `saved` lists what counts."
        ),
        request=AnswersInput,
        responses=saving.SavedAnswersView,
    )
    def patch(self, request: Request, attempt_id: UUID) -> Response:
        given = AnswersInput(data=request.data)
        given.is_valid(raise_exception=True)
        saved = saving.save(
            attempt_id=attempt_id,
            learner_id=learner_id(request),
            answers=given.validated_data["answers"],
            now=clock.now(),
        )
        return Response(saved, headers={"Cache-Control": "no-store"})
