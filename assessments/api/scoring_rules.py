"""GET /api/v1/scoring-rules: a card for each rule that scores, decides or watches."""

from __future__ import annotations

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

from assessments.cards import documents
from assessments.cards.documents import CardDocument, card_document, list_document
from common.conditional import ready_bytes
from common.errors import NotFound
from common.languages import accepted
from common.pagination import Page

_PARAMETERS = [
    OpenApiParameter(
        "Accept-Language", str, OpenApiParameter.HEADER, description="The language that fits best; else English."
    ),
    OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER, description="An ETag read before."),
]
_NOT_MODIFIED = OpenApiResponse(description="`If-None-Match` names the present version.")


def _wanted(request: Request) -> list[str]:
    return accepted(request.headers.get("Accept-Language", ""))


def _answer(request: Request, document: CardDocument) -> HttpResponse:
    return ready_bytes(
        request._request, document.body, etag=document.etag, language=document.language, cache="public, max-age=300"
    )


class ScoringRules(APIView):
    """Every rule. Anybody may know by what people are judged, so there is no sign-in."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="list_scoring_rules",
        tags=["Assessments"],
        description="Anybody may know by what people are judged, so there is no sign-in.",
        summary="The rules by which people are scored",
        auth=[],
        parameters=_PARAMETERS,
        responses={200: Page[documents.ScoringRule], 304: _NOT_MODIFIED},
    )
    def get(self, request: Request) -> HttpResponse:
        return _answer(request, list_document(_wanted(request)))


class ScoringRule(APIView):
    """One rule's card, without a sign-in."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    problems = (NotFound,)

    @extend_schema(
        operation_id="read_scoring_rule",
        tags=["Assessments"],
        summary="What a rule uses, decides, and where its limits are",
        auth=[],
        parameters=[OpenApiParameter("rule", OpenApiTypes.STR, OpenApiParameter.PATH), *_PARAMETERS],
        responses={200: documents.ScoringRuleCard, 304: _NOT_MODIFIED},
    )
    def get(self, request: Request, rule: str) -> HttpResponse:
        document = card_document(rule, _wanted(request))
        if document is None:
            raise NotFound()
        return _answer(request, document)
