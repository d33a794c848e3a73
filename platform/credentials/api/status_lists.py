"""The status lists that certificates name: what a stranger's verifier reads, signed, and the same bytes for everybody."""

from __future__ import annotations

from typing import ClassVar

from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from common.conditional import etag_of, ready_bytes
from common.errors import DomainError, NotFound
from common.rendering import OrjsonRenderer
from credentials.api.verification import CredentialRenderer, LinkedDataRenderer, TypedCredentialRenderer
from credentials.certificates import selectors, status_list

# A change is signed within seconds; with this, every reader behind a cache sees it within a minute.
_CACHE = "public, max-age=30"


class StatusListNotPublished(DomainError):
    """The list is not signed yet; `Retry-After` says when to come back. A wrong answer is never given instead."""

    code, status, title = "status_list_not_published", 503, _("This list is not published yet")
    retry_after_s = 10


class StatusListDocument(APIView):
    """A Bitstring Status List as it was signed. For everyone, with no account."""

    authentication_classes = ()
    permission_classes = ()
    renderer_classes = [OrjsonRenderer, TypedCredentialRenderer, CredentialRenderer, LinkedDataRenderer]
    problems: ClassVar = (StatusListNotPublished,)

    @extend_schema(
        operation_id="read_status_list",
        tags=["Issuers"],
        summary="Which certificates of an issuer are revoked, or suspended",
        description=(
            "A signed W3C Bitstring Status List credential, ready bytes. The list of 131,072 entries tells nobody which "
            "certificate is asked about. `validUntil` says how long a copy may be relied on offline."
        ),
        parameters=[OpenApiParameter("purpose", str, OpenApiParameter.PATH, enum=list(status_list.PURPOSES))],
        responses={
            (200, "application/vc+ld+json"): OpenApiResponse(dict, "The signed list."),
            (200, "application/vc"): OpenApiResponse(dict, "The signed list."),
            (200, "application/ld+json"): OpenApiResponse(dict, "The signed list."),
            (200, "application/json"): OpenApiResponse(dict, "The signed list."),
            (304, "application/json"): OpenApiResponse(None, "Unchanged."),
        },
    )
    def get(self, request: Request, issuer: str, number: int, purpose: str) -> HttpResponse:
        published = selectors.published_list(issuer=issuer, number=number, purpose=purpose)
        if published is None:
            raise NotFound()
        if not published:
            raise StatusListNotPublished()
        body = published.encode()
        media_type = request.accepted_renderer.media_type
        response = ready_bytes(
            request._request, body, etag=etag_of(media_type.encode() + body), cache=_CACHE, content_type=media_type
        )
        response["Access-Control-Allow-Origin"] = "*"  # verifiers in browsers
        response["Vary"] = "Accept"
        return response
