"""Further forms of what the learner holds: a certificate as VC-JWT, and the passport."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from common import clock
from common.caller import caller_id
from common.conditional import etag_of, ready_bytes
from common.errors import NotFound
from common.openapi import COME_BACK, ETAG, header
from common.rendering import OrjsonRenderer
from credentials.presentations import certificate_jwts, jose, passports
from credentials.presentations.errors import NothingToShow, NotPresentable, TooMuchToShow
from credentials.presentations.models import CertificateJwt, Passport

# A worker signs within a second or two.
_RETRY_AFTER_S = 2
_WAITING = OpenApiResponse(None, "It is being signed; `Retry-After` says when to look again.")


class JwtRenderer(OrjsonRenderer):
    media_type, format = jose.MEDIA_TYPE, "vc-jwt"


def waiting() -> HttpResponse:
    """Answer that a worker has something to do first."""
    response = HttpResponse(status=202, headers={"Retry-After": str(_RETRY_AFTER_S), "Cache-Control": "no-store"})
    del response["Content-Type"]
    return response


class MyCertificateJwt(APIView):
    """The learner's certificate as VC-JWT."""

    renderer_classes = [JwtRenderer, OrjsonRenderer]
    problems: ClassVar = {"PUT": (NotPresentable,)}

    @extend_schema(
        operation_id="read_certificate_jwt",
        tags=["Certificates"],
        summary="The certificate as VC-JWT, once it was asked for",
        parameters=[COME_BACK],
        responses={
            (200, jose.MEDIA_TYPE): OpenApiResponse(str, "The compact JWT; it never changes."),
            202: _WAITING,
            (304, jose.MEDIA_TYPE): OpenApiResponse(None, "Unchanged."),
        },
    )
    def get(self, request: Request, certificate_id: UUID) -> HttpResponse:
        return _certificate_jwt(
            request, certificate_jwts.of_certificate(learner_id=caller_id(request), certificate_id=certificate_id)
        )

    @extend_schema(
        operation_id="ask_for_certificate_jwt",
        tags=["Certificates"],
        summary="Ask for the certificate as VC-JWT",
        description=(
            "For wallets and verifiers that read no Data Integrity proofs. A worker signs it, once; a repeat is answered "
            "like a GET. From then on `/verify/{code}` answers it to `Accept: application/vc+jwt`."
        ),
        parameters=[COME_BACK, header(ETAG, "Of what was signed.", 200)],
        request=None,
        responses={(200, jose.MEDIA_TYPE): OpenApiResponse(str, "It was signed before."), 202: _WAITING},
    )
    def put(self, request: Request, certificate_id: UUID) -> HttpResponse:
        return _certificate_jwt(
            request,
            certificate_jwts.request_jwt(learner_id=caller_id(request), certificate_id=certificate_id, now=clock.now()),
        )


def _certificate_jwt(request: Request, certificate_jwt: CertificateJwt | None) -> HttpResponse:
    if certificate_jwt is None:
        raise NotFound()
    if not certificate_jwt.token:
        return waiting()
    body = certificate_jwt.token.encode()
    return ready_bytes(request._request, body, etag=etag_of(body), content_type=jose.MEDIA_TYPE)


class PassportRenderer(OrjsonRenderer):
    media_type, format = "application/vc", "vc"


class MyPassport(APIView):
    """All that the learner holds, as one signed record."""

    renderer_classes = [OrjsonRenderer, PassportRenderer]
    problems: ClassVar = {"GET": (NotFound,), "PUT": (NothingToShow, TooMuchToShow, NotFound)}

    @extend_schema(
        operation_id="read_passport",
        tags=["Certificates"],
        summary="The learner's passport, once it was asked for",
        description=(
            "A Comprehensive Learner Record 2.0 signed by the regional issuer: every certificate that holds, as it was "
            "signed, and the levels held at that moment. `Passport-Current: no` says that there is more to tell today: "
            "ask again."
        ),
        parameters=[COME_BACK],
        responses={
            (200, "application/json"): OpenApiResponse(dict, "The signed record."),
            (200, "application/vc"): OpenApiResponse(dict, "The signed record."),
            202: _WAITING,
            (304, "application/json"): OpenApiResponse(None, "Unchanged."),
        },
    )
    def get(self, request: Request) -> HttpResponse:
        learner_id = caller_id(request)
        passport = passports.of_learner(learner_id)
        if passport is None:
            raise NotFound()
        return _passport(request, passport)

    @extend_schema(
        operation_id="ask_for_passport",
        tags=["Certificates"],
        summary="Ask for a passport of what the learner holds now",
        description="A worker signs it. A repeat, or one when the stored passport is current, is answered like a GET.",
        parameters=[COME_BACK, header(ETAG, "Of what was signed.", 200)],
        request=None,
        responses={
            (200, "application/json"): OpenApiResponse(dict, "The stored one is current."),
            (200, "application/vc"): OpenApiResponse(dict, "The stored one is current."),
            202: _WAITING,
        },
    )
    def put(self, request: Request) -> HttpResponse:
        return _passport(request, passports.request_passport(learner_id=caller_id(request), now=clock.now()))


def _passport(request: Request, passport: Passport) -> HttpResponse:
    if passport.wanted_sha256:
        return waiting()
    if not passport.credential:
        raise NotFound()
    holding = passports.holdings([passport.pk]).get(passport.pk)
    body, media_type = passport.credential.encode(), request.accepted_renderer.media_type
    etag = etag_of(media_type.encode() + body)
    response = ready_bytes(request._request, body, etag=etag, content_type=media_type)
    response["Passport-Current"] = "yes" if passports.is_current(passport, holding, clock.now()) else "no"
    return response
