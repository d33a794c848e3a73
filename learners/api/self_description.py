"""GET, PUT and DELETE /api/v1/me/self-description: said voluntarily, for the fairness monitor only."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from common import clock
from common.caller import caller_id
from common.errors import NotFound
from common.own_resource import OwnResource
from common.serializers import StrictSerializer
from learners.profiles.errors import ProfileMissing
from learners.self_description import selectors, services
from learners.self_description.models import Gender
from privacy import public as privacy

_PRIVATE = {"Cache-Control": "private, no-store"}


class SelfDescriptionInput(StrictSerializer):
    gender = serializers.ChoiceField(
        Gender.choices, help_text="In your own word. `no_answer` says that you were asked and prefer not to tell."
    )


class SelfDescriptionOutput(serializers.Serializer[Any]):
    gender = serializers.ChoiceField(Gender.choices)


@extend_schema_view(
    get=extend_schema(
        operation_id="read_self_description",
        tags=["Profile"],
        summary="What you said of yourself",
        responses=SelfDescriptionOutput,
    ),
    put=extend_schema(
        operation_id="write_self_description",
        tags=["Profile"],
        summary="Say it, or change it",
        description=(
            "Voluntary, and needs the consent `fairness_monitoring`: it is used only to compare how groups of at least "
            "thirty people fare. No trainer, agency or administrator sees it. Withdrawing the consent deletes it."
        ),
        request=SelfDescriptionInput,
        responses={200: SelfDescriptionOutput, 201: SelfDescriptionOutput},
    ),
)
class MySelfDescription(OwnResource[str]):
    """What the caller says of themselves; nobody else reads it."""

    no_store: ClassVar = True
    problems: ClassVar = {"GET": (NotFound,), "PUT": (ProfileMissing, privacy.ConsentMissing)}
    input_class = SelfDescriptionInput
    response_headers = _PRIVATE

    def find(self, request: Request, **ids: UUID) -> str | None:
        return selectors.own_gender(caller_id(request))

    def save(self, request: Request, given: dict[str, Any], **ids: UUID) -> tuple[str, bool]:
        is_new = services.describe(learner_id=caller_id(request), now=clock.now(), **given)
        return given["gender"], is_new

    def represent(self, request: Request, resource: str) -> Any:
        return {"gender": resource}

    @extend_schema(
        operation_id="delete_self_description",
        tags=["Profile"],
        summary="Take it back",
        responses={204: OpenApiResponse(description="Nothing is stored any more.")},
    )
    def delete(self, request: Request) -> Response:
        services.delete_description(learner_id=caller_id(request))
        return Response(status=204)
