"""`/api/v1/purposes`: what personal data may be used for, and the words to consent to."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

from common.conditional import etag_of, ready_bytes
from common.openapi import IF_NONE_MATCH, NOT_MODIFIED
from common.rendering import to_json
from privacy.purposes import selectors


class PurposeTextOutput(serializers.Serializer[Any]):
    version = serializers.IntegerField()
    language = serializers.CharField(help_text="BCP 47")
    title = serializers.CharField()
    body = serializers.CharField(help_text="Plain text; paragraphs are separated by an empty line.")
    machine_drafted = serializers.BooleanField(help_text="The translation awaits a review by people.")


class PurposeOutput(serializers.Serializer[Any]):
    code = serializers.CharField()
    per_agency = serializers.BooleanField(help_text="Consent is given to one agency at a time.")
    needed_to_learn = serializers.BooleanField()
    texts = PurposeTextOutput(many=True, help_text="The newest version, in every language it has.")


class PurposesOutput(serializers.Serializer[Any]):
    items = PurposeOutput(many=True)


class PurposesView(APIView):
    """What personal data may be used for."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="list_purposes",
        auth=[],
        tags=["Privacy"],
        summary="What personal data may be used for",
        description="Every purpose with its texts in all languages: an offline frontend chooses the language itself.",
        parameters=[IF_NONE_MATCH],
        responses={200: PurposesOutput, 304: NOT_MODIFIED},
    )
    def get(self, request: Request) -> Any:
        """Every purpose with its texts in all languages: an offline frontend chooses the language itself."""
        items = [
            {
                "code": purpose.code,
                "per_agency": purpose.per_agency,
                "needed_to_learn": purpose.needed_to_learn,
                "texts": texts,
            }
            for purpose, texts in selectors.purposes_with_texts()
        ]
        body = to_json(PurposesOutput({"items": items}).data)
        return ready_bytes(request._request, body, etag=etag_of(body), cache="public, no-cache")
