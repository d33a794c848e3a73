"""Certificates on paper and as pictures, for whoever has the code."""

from __future__ import annotations

from typing import ClassVar, Literal

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request

from common import clock
from common.conditional import etag_of, is_fresh
from common.languages import canonical
from credentials.api.codes import located
from credentials.api.verification import ByCode, found
from credentials.api.verification_pages import LANGUAGE, PageRenderer, guarded, language_of
from credentials.certificates.errors import CertificateWithdrawn, GlyphMissing
from credentials.certificates.models import Certificate
from credentials.certificates.rules import Verdict
from credentials.paper import services

# A picture that is opened as a page of its own does nothing but show itself.
_PICTURE_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"


class PdfRenderer(PageRenderer):
    media_type, format = "application/pdf", "pdf"


class PngRenderer(PageRenderer):
    media_type, format = "image/png", "png"


class SvgRenderer(PageRenderer):
    media_type, format = "image/svg+xml", "svg"


def _printable_certificate(code: str) -> tuple[Certificate, Verdict]:
    """The certificate, which is valid or has expired.

    Raises:
        NotFound: no certificate has the code.
        CertificateWithdrawn: it is revoked, suspended or superseded, or not genuine.
    """
    certificate, verdict = found(code)
    if verdict not in (Verdict.VALID, Verdict.EXPIRED):
        raise CertificateWithdrawn()
    return certificate, verdict


def _answer(request: Request, made: bytes, *, media_type: str, name: str) -> HttpResponse:
    etag = etag_of(made)
    if is_fresh(request._request, etag):
        response = HttpResponse(status=304)
        del response["Content-Type"]
    else:
        response = HttpResponse(made, content_type=media_type)
        response["Content-Disposition"] = f'inline; filename="{name}"'
    response["ETag"] = etag
    return guarded(response)


class Paper(ByCode):
    """A certificate that is not withdrawn as PDF, A4 landscape."""

    renderer_classes = [PdfRenderer]
    problems = (*ByCode.problems, CertificateWithdrawn, GlyphMissing)

    @extend_schema(
        operation_id="read_certificate_pdf",
        tags=["Verification"],
        summary="The certificate as PDF",
        description=(
            "PDF/A-3 in the look of its authority, as of today, with the signed credential attached as "
            "`credential.json`. All day the same bytes."
        ),
        parameters=[LANGUAGE],
        responses={
            (200, "application/pdf"): OpenApiResponse(bytes, "A4, landscape."),
            (304, "application/pdf"): OpenApiResponse(None, "Unchanged."),
        },
    )
    def get(self, request: Request, code: str) -> HttpResponse:
        certificate, verdict = _printable_certificate(code)
        made, language = services.paper_of(
            certificate,
            language=language_of(request._request),
            expired=verdict is Verdict.EXPIRED,
            now=clock.now(),
        )
        response = _answer(
            request, made, media_type="application/pdf", name=f"certificate-{certificate.public_code}.pdf"
        )
        response["Content-Language"] = canonical(language)
        return located(response, certificate, "/pdf")


class _Badge(ByCode):
    problems = (*ByCode.problems, CertificateWithdrawn, GlyphMissing)
    picture: ClassVar[Literal["png", "svg"]]

    def _get(self, request: Request, code: str) -> HttpResponse:
        certificate, _ = _printable_certificate(code)
        made = services.badge_of(certificate, format=self.picture)
        media_type = request.accepted_renderer.media_type
        name = f"certificate-{certificate.public_code}.{self.picture}"
        response = _answer(request, made, media_type=media_type, name=name)
        response["Content-Security-Policy"] = _PICTURE_POLICY
        return located(response, certificate, f"/badge.{self.picture}")


class PngBadge(_Badge):
    """A certificate that is not withdrawn as PNG with its credential baked in."""

    renderer_classes = [PngRenderer]
    picture = "png"

    @extend_schema(
        operation_id="read_png_badge",
        tags=["Verification"],
        summary="The certificate as a picture (PNG) with the signed credential in it",
        description="Open Badges 3.0 baking: the iTXt chunk `openbadgecredential`. 512 by 512 pixels, without the name.",
        responses={
            (200, "image/png"): OpenApiResponse(bytes, "The picture."),
            (304, "image/png"): OpenApiResponse(None, "Unchanged."),
        },
    )
    def get(self, request: Request, code: str) -> HttpResponse:
        return self._get(request, code)


class SvgBadge(_Badge):
    """A certificate that is not withdrawn as SVG with its credential baked in."""

    renderer_classes = [SvgRenderer]
    picture = "svg"

    @extend_schema(
        operation_id="read_svg_badge",
        tags=["Verification"],
        summary="The certificate as a picture (SVG) with the signed credential in it",
        description="Open Badges 3.0 baking: the element `openbadges:credential`. Letters are drawn as shapes.",
        responses={
            (200, "image/svg+xml"): OpenApiResponse(str, "The picture."),
            (304, "image/svg+xml"): OpenApiResponse(None, "Unchanged."),
        },
    )
    def get(self, request: Request, code: str) -> HttpResponse:
        return self._get(request, code)
