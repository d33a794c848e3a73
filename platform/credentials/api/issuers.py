"""What issuers publish for anyone who verifies: their keys, and what their achievements are."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from common.conditional import etag_of, ready_bytes
from common.errors import NotFound
from common.languages import canonical
from common.rendering import OrjsonRenderer, to_json
from credentials.certificates import issuers, issuing, keys, linked_data
from credentials.certificates.models import AchievementVersion


class _Open(APIView):
    """For everyone, with no account."""

    authentication_classes = ()
    permission_classes = ()
    renderer_classes: list[type[BaseRenderer]] = [OrjsonRenderer]


_DID = {200: OpenApiResponse(dict, "A DID document."), 304: OpenApiResponse(None, "Unchanged.")}


class DidDocument(_Open):
    """The regional issuer's DID document (did:web): the keys that its certificates verify with."""

    @extend_schema(
        operation_id="read_did_document",
        tags=["Issuers"],
        summary="The regional issuer's published keys",
        responses=_DID,
    )
    def get(self, request: Request) -> HttpResponse:
        return _did_document(request, issuers.REGIONAL)


class IssuerDidDocument(_Open):
    """The DID document of a state's issuer (did:web)."""

    @extend_schema(
        operation_id="read_issuer_did_document",
        tags=["Issuers"],
        summary="The published keys of a state's issuer",
        responses=_DID,
    )
    def get(self, request: Request, slug: str) -> HttpResponse:
        if slug == issuers.REGIONAL:
            raise NotFound()  # its DID is the site's
        return _did_document(request, slug)


def _did_document(request: Request, slug: str) -> HttpResponse:
    document = keys.did_document(slug)
    if document is None:
        raise NotFound()
    body = to_json(document)
    return ready_bytes(request._request, body, etag=etag_of(body), cache="public, max-age=300")


class PublishedAchievement(_Open):
    """An achievement in one language as linked data: what the id of an achievement in a credential leads to."""

    @extend_schema(
        operation_id="read_achievement",
        tags=["Issuers"],
        summary="What an achievement is, in one of its languages",
        responses={200: OpenApiResponse(dict, "An Open Badges achievement."), 304: OpenApiResponse(None, "Unchanged.")},
    )
    def get(self, request: Request, achievement_id: UUID, language: str) -> HttpResponse:
        version = AchievementVersion.objects.select_related("achievement").filter(pk=achievement_id).first()
        if version is None or version.state == AchievementVersion.State.DRAFT or language not in version.texts:
            raise NotFound()
        body = to_json({"@context": list(linked_data.CONTEXTS), **issuing.published_achievement(version, language)})
        response = ready_bytes(request._request, body, etag=etag_of(body), cache="public, max-age=300")
        response["Content-Language"] = canonical(language)
        return response
