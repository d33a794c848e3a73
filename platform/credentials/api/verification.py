"""A certificate by its code: the page, the signed text, the status and the paper. /verify itself is credentials.api.checking.

No sign-in: whoever holds a code may look, and nobody can guess one (130 random bits).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, TypedDict

import orjson
from django.http import HttpResponse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request

from common import clock
from common.clock import rfc3339
from common.conditional import etag_of, is_fresh
from common.errors import DomainError, NotAcceptable, NotFound
from common.openapi import ETAG, header
from common.rendering import OrjsonRenderer, to_json
from common.schemas import InstantText, Keywords
from credentials.api.checking import status_words
from credentials.api.codes import MAX_TYPED, certificate_of, located
from credentials.api.presentations import JwtRenderer
from credentials.api.verification_pages import (
    LANGUAGE,
    OpenView,
    PageRenderer,
    guarded,
    is_for_people,
    language_of,
    page,
)
from credentials.certificates import display, rules
from credentials.certificates.errors import NotACertificateCode
from credentials.certificates.models import Certificate
from credentials.certificates.rules import Verdict
from credentials.certificates.signer import did_document_path
from credentials.certificates.verification import proof_holds
from credentials.presentations import certificate_jwts, jose


class CredentialRenderer(OrjsonRenderer):
    media_type, format = "application/vc", "vc"


class TypedCredentialRenderer(OrjsonRenderer):
    media_type, format = "application/vc+ld+json", "vc-ld-json"


class LinkedDataRenderer(OrjsonRenderer):
    media_type, format = "application/ld+json", "ld-json"


def found(code: str) -> tuple[Certificate, Verdict]:
    """The certificate of a code as it stands in an address, and what holds of it.

    Raises:
        NotACertificateCode: it cannot be a code.
        NotFound: no certificate has the code.
    """
    certificate = certificate_of(code)
    return certificate, rules.verdict(
        # A genuine credential under another certificate's code would outlive its own revocation there.
        proof_holds=proof_holds(certificate.credential, certificate.key)
        and orjson.loads(certificate.credential)["id"].endswith(f"/verify/{certificate.public_code}"),
        status=certificate.status,
        valid_until=certificate.valid_until,
        now=clock.now(),
    )


class ByCode(OpenView):
    """A view of one certificate by its code."""

    problems: ClassVar[Sequence[type[DomainError]]] = (NotACertificateCode,)


class Verification(ByCode):
    """A certificate for people as a page, for machines as the credential's signed text."""

    renderer_classes = [
        PageRenderer,
        OrjsonRenderer,
        CredentialRenderer,
        TypedCredentialRenderer,
        LinkedDataRenderer,
        JwtRenderer,
    ]

    @extend_schema(
        operation_id="verify_certificate",
        tags=["Verification"],
        summary="A certificate: page for people, signed credential for machines",
        description=(
            "`Accept: text/html` answers the verdict as a page. `application/json`, `application/vc`, "
            "`application/vc+ld+json` and `application/ld+json` answer the credential, byte for byte as it was signed, "
            "whatever its status: the status is in the header `Certificate-Verdict` and at `/verify/{code}/status`. "
            "`application/vc+jwt` answers the credential as VC-JWT where its learner asked for one, else 406. The code is "
            "read as people write it: in capitals, in groups, in full width, with punctuation around it; `Content-Location` "
            "is the address without that."
        ),
        parameters=[LANGUAGE, header(ETAG, "Of the credential; a page has none.", 200, always=False)],
        responses={
            (200, "text/html"): OpenApiResponse(str, "The page."),
            (404, "text/html"): OpenApiResponse(str, "A page that says so."),
            (200, "application/json"): OpenApiResponse(dict, "The credential."),
            (200, "application/vc"): OpenApiResponse(dict, "The credential."),
            (200, "application/vc+ld+json"): OpenApiResponse(dict, "The credential."),
            (200, "application/ld+json"): OpenApiResponse(dict, "The credential."),
            (200, jose.MEDIA_TYPE): OpenApiResponse(str, "The credential as VC-JWT."),
            (304, "application/json"): OpenApiResponse(None, "Unchanged."),
        },
    )
    def get(self, request: Request, code: str) -> HttpResponse:
        if request.accepted_renderer.format != "html":
            return _credential(request, code)
        language = language_of(request._request)
        try:
            certificate, verdict = found(code)
        except NotFound as error:
            if not is_for_people(request):
                raise
            said: dict[str, Any] = {"problem": "unknown", "typed": code[:MAX_TYPED]}
            if isinstance(error, NotACertificateCode):
                said = {"problem": "malformed", "typed": code[:MAX_TYPED], "why": error.detail}
            return page(request._request, "form", said, language=language, status=404)
        context: dict[str, Any] = {"verdict": verdict.value, "code": certificate.public_code}
        if verdict is not Verdict.TAMPERED:
            document = orjson.loads(certificate.credential)
            context |= {
                "shown": display.display_of(document, certificate.award.version, language),
                "qr": display.qr_svg(document["id"]),
                "issuer_key_path": did_document_path(document["issuer"]["id"]),
                "has_pdf": verdict in (Verdict.VALID, Verdict.EXPIRED),
            }
        now = clock.now()
        published_at = certificate.status_list.published_at
        context |= status_words(certificate.status_changed_at, published_at, language, now)
        context["checked_on"] = display.day(now, language)
        response = page(request._request, "certificate", context, language=language)
        response["Certificate-Verdict"] = verdict.value
        return located(response, certificate)


def _credential(request: Request, code: str, part: str = "") -> HttpResponse:
    certificate, verdict = found(code)
    media_type, text = request.accepted_renderer.media_type, certificate.credential
    if media_type == jose.MEDIA_TYPE:
        text = certificate_jwts.token_of(certificate.pk) or ""
        if not text:
            raise NotAcceptable()
    etag = etag_of(f"{media_type} {verdict.value} {text}".encode())
    if is_fresh(request._request, etag):
        response = HttpResponse(status=304)
        del response["Content-Type"]
    else:
        response = HttpResponse(text.encode(), content_type=media_type)
    response["ETag"] = etag
    response["Certificate-Verdict"] = verdict.value
    return guarded(located(response, certificate, part))


class CredentialText(ByCode):
    """The credential at an address of its own, for a link in a page."""

    renderer_classes = [OrjsonRenderer, CredentialRenderer, TypedCredentialRenderer, LinkedDataRenderer]

    @extend_schema(
        operation_id="read_credential",
        tags=["Verification"],
        summary="The credential, byte for byte as it was signed",
        responses={
            (200, "application/json"): OpenApiResponse(dict, "The credential."),
            (200, "application/vc"): OpenApiResponse(dict, "The credential."),
            (200, "application/vc+ld+json"): OpenApiResponse(dict, "The credential."),
            (200, "application/ld+json"): OpenApiResponse(dict, "The credential."),
            (304, "application/json"): OpenApiResponse(None, "Unchanged."),
        },
    )
    def get(self, request: Request, code: str) -> HttpResponse:
        return _credential(request, code, "/credential")


class VerdictOutput(TypedDict):
    """What holds of a certificate."""

    verdict: Verdict
    changed_at: Annotated[InstantText | None, Keywords("When its status changed last.")]
    valid_until: InstantText | None


class Status(ByCode):
    """What holds of a certificate now."""

    @extend_schema(
        operation_id="read_certificate_status",
        tags=["Verification"],
        summary="Whether a certificate is valid, expired, revoked or not genuine",
        responses=VerdictOutput,
    )
    def get(self, request: Request, code: str) -> HttpResponse:
        certificate, verdict = found(code)
        changed_at = certificate.status_changed_at
        body: VerdictOutput = {
            "verdict": verdict,
            "changed_at": rfc3339(changed_at) if changed_at else None,
            "valid_until": rfc3339(certificate.valid_until) if certificate.valid_until else None,
        }
        response = HttpResponse(to_json(body), content_type="application/json")
        return guarded(located(response, certificate, "/status"))
