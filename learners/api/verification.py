"""The door for anyone who was handed a certificate: /verify, and the issuer's published keys.

No sign-in: whoever holds a code may look, and nobody can guess one (130 random bits).
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import orjson
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from common import clock
from common.clock import rfc3339
from common.conditional import etag_of, is_fresh
from common.errors import InvalidInput, NotAcceptable, NotFound
from common.languages import canonical, choose, lookup
from common.rendering import OrjsonRenderer, to_json
from learners.api.presentations import JwtRenderer
from learners.certificates import pdf, presentation, rules, selectors
from learners.certificates.errors import CertificateWithdrawn, GlyphMissing
from learners.certificates.models import Certificate
from learners.certificates.rules import Verdict
from learners.certificates.verification import proof_holds
from learners.presentations import jose, twins

_CODE = re.compile(r"[0-9a-hjkmnp-tv-z]{26}")
# What is misread in Crockford's base 32.
_MISREAD = str.maketrans({"o": "0", "i": "1", "l": "1", " ": None, "-": None})
_CSS = (Path(__file__).parents[1] / "templates" / "verification" / "page.css").read_text().strip()
_CSS_HASH = base64.b64encode(hashlib.sha256(_CSS.encode()).digest()).decode()
_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_CSS_HASH}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
LANGUAGE = OpenApiParameter("language", str, description="BCP 47 tag; goes before `Accept-Language`.")


class PageRenderer(BaseRenderer):
    """Negotiates text/html; a page is rendered by the view, an error becomes a problem."""

    media_type = "text/html"
    format = "html"
    charset = None
    render_style = "binary"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        return b"" if data is None else to_json(data)


class PdfRenderer(PageRenderer):
    media_type, format = "application/pdf", "pdf"


class CredentialRenderer(OrjsonRenderer):
    media_type, format = "application/vc", "vc"


class TypedCredentialRenderer(OrjsonRenderer):
    media_type, format = "application/vc+ld+json", "vc-ld-json"


class LinkedDataRenderer(OrjsonRenderer):
    media_type, format = "application/ld+json", "ld-json"


class _Open(APIView):
    authentication_classes: Sequence[Any] = ()
    permission_classes: Sequence[Any] = ()


def language_of(request: HttpRequest) -> str:
    """The language to answer in, one of settings.LANGUAGES: the parameter's, then the header's, then English."""
    codes = [code for code, _ in settings.LANGUAGES]
    header = request.headers.get("Accept-Language", "")
    return lookup([request.GET.get("language", "")[:40]], codes) or choose(header, (), codes, "en")


def _page(
    request: HttpRequest, template: str, context: dict[str, Any], *, language: str, status: int = 200
) -> HttpResponse:
    with translation.override(language):
        body = render_to_string(
            f"verification/{template}.html",
            {
                "css": _CSS,
                "language": canonical(language),
                "language_code": language,
                "direction": "rtl" if translation.get_language_bidi() else "ltr",
                "languages": [(code, canonical(code), name) for code, name in settings.LANGUAGES],
                **context,
            },
        )
    response = HttpResponse(re.sub(r"\n\s*\n+", "\n", body), status=status, content_type="text/html; charset=utf-8")
    # A verdict that is not found is still a page for people to read.
    response.is_page = True  # type: ignore[attr-defined]
    response["Content-Language"] = canonical(language)
    response["Content-Security-Policy"] = _POLICY
    return _guarded(response)


def _is_for_people(request: Request) -> bool:
    """Whether the caller asks for a page by name: whoever takes anything is told of an error as machines are."""
    return "text/html" in request.headers.get("Accept", "")


def _guarded(response: HttpResponse) -> HttpResponse:
    """A verdict is of the moment; the address is as secret as the certificate."""
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "private, no-cache"
    patch_vary_headers(response, ["Accept", "Accept-Language"])
    return response


def _found(code: str) -> tuple[Certificate, Verdict]:
    """The certificate and what holds of it.

    Raises:
        NotFound: no certificate has the code.
    """
    certificate = selectors.by_code(code) if _CODE.fullmatch(code) else None
    if certificate is None:
        raise NotFound()
    return certificate, rules.verdict(
        # A genuine credential under another certificate's code would outlive its own revocation there.
        proof_holds=proof_holds(certificate.credential, certificate.key)
        and orjson.loads(certificate.credential)["id"].endswith(f"/verify/{code}"),
        status=certificate.status,
        valid_until=certificate.valid_until,
        now=clock.now(),
    )


class Door(_Open):
    """A form for the code, and what happens to one that was typed."""

    renderer_classes = [PageRenderer]

    @extend_schema(
        operation_id="open_verification_form",
        tags=["verification"],
        summary="A page with a form for a certificate's code",
        parameters=[OpenApiParameter("code", str, description="Leads to its page."), LANGUAGE],
        responses={
            (200, "text/html"): OpenApiResponse(str, "The form."),
            (303, "text/html"): OpenApiResponse(None, "To the certificate's page."),
        },
    )
    def get(self, request: Request) -> HttpResponse:
        language = language_of(request._request)
        typed = request.query_params.get("code")
        if typed is None:
            return _page(request._request, "form", {}, language=language)
        code = typed.lower().translate(_MISREAD)
        if not _CODE.fullmatch(code):
            if not _is_for_people(request):
                raise InvalidInput(_("This is not a certificate code."), pointer="/code")
            context = {"problem": "malformed", "typed": typed[:60]}
            return _page(request._request, "form", context, language=language, status=400)
        response = HttpResponseRedirect(f"/verify/{code}?{urlencode({'language': language})}", status=303)
        return _guarded(response)


class Verification(_Open):
    """A certificate for people as a page, for machines as the credential's signed text."""

    renderer_classes = [
        PageRenderer, OrjsonRenderer, CredentialRenderer, TypedCredentialRenderer, LinkedDataRenderer, JwtRenderer,
    ]  # fmt: skip

    @extend_schema(
        operation_id="verify_certificate",
        tags=["verification"],
        summary="A certificate: page for people, signed credential for machines",
        description=(
            "`Accept: text/html` answers the verdict as a page. `application/json`, `application/vc`, "
            "`application/vc+ld+json` and `application/ld+json` answer the credential, byte for byte as it was signed, "
            "whatever its status: the status is in the header `Certificate-Verdict` and at `/verify/{code}/status`. "
            "`application/vc+jwt` answers the credential as VC-JWT where its learner asked for one, else 406."
        ),
        parameters=[LANGUAGE],
        responses={
            (200, "text/html"): OpenApiResponse(str, "The page."),
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
            certificate, verdict = _found(code)
        except NotFound:
            if not _is_for_people(request):
                raise
            return _page(request._request, "form", {"problem": "unknown"}, language=language, status=404)
        context: dict[str, Any] = {"verdict": verdict.value, "code": certificate.public_code}
        if verdict is not Verdict.TAMPERED:
            document = orjson.loads(certificate.credential)
            context |= {
                "shown": presentation.shown(document, certificate.award.achievement, language),
                "qr": presentation.qr_svg(document["id"]),
                "has_pdf": verdict in (Verdict.VALID, Verdict.EXPIRED),
            }
        if certificate.status_changed_at is not None:
            context["revoked_on"] = presentation.day(certificate.status_changed_at, language)
        response = _page(request._request, "certificate", context, language=language)
        response["Certificate-Verdict"] = verdict.value
        return response


def _credential(request: Request, code: str) -> HttpResponse:
    certificate, verdict = _found(code)
    media_type, text = request.accepted_renderer.media_type, certificate.credential
    if media_type == jose.MEDIA_TYPE:
        text = twins.token_of(certificate.pk) or ""
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
    return _guarded(response)


class CredentialText(_Open):
    """The credential at an address of its own, for a link in a page."""

    renderer_classes = [OrjsonRenderer, CredentialRenderer, TypedCredentialRenderer, LinkedDataRenderer]

    @extend_schema(
        operation_id="read_credential",
        tags=["verification"],
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
        return _credential(request, code)


class VerdictOutput(serializers.Serializer[Any]):
    verdict = serializers.ChoiceField([one.value for one in Verdict])
    changed_at = serializers.DateTimeField(allow_null=True, help_text="When it was revoked.")
    valid_until = serializers.DateTimeField()


class Status(_Open):
    """What holds of a certificate now."""

    @extend_schema(
        operation_id="read_certificate_status",
        tags=["verification"],
        summary="Whether a certificate is valid, expired, revoked or not genuine",
        responses=VerdictOutput,
    )
    def get(self, request: Request, code: str) -> HttpResponse:
        certificate, verdict = _found(code)
        changed_at = certificate.status_changed_at
        body = {
            "verdict": verdict.value,
            "changed_at": rfc3339(changed_at) if changed_at else None,
            "valid_until": rfc3339(certificate.valid_until) if certificate.valid_until else None,
        }
        return _guarded(HttpResponse(to_json(body), content_type="application/json"))


class Paper(_Open):
    """A certificate that is not withdrawn as PDF, A4 landscape."""

    renderer_classes = [PdfRenderer]
    problems: ClassVar = (CertificateWithdrawn, GlyphMissing)

    @extend_schema(
        operation_id="print_certificate",
        tags=["verification"],
        summary="The certificate as PDF",
        parameters=[LANGUAGE],
        responses={(200, "application/pdf"): OpenApiResponse(bytes, "A4, landscape.")},
    )
    def get(self, request: Request, code: str) -> HttpResponse:
        certificate, verdict = _found(code)
        if verdict not in (Verdict.VALID, Verdict.EXPIRED):
            raise CertificateWithdrawn()
        language = language_of(request._request)
        try:
            made = _printed(certificate, language)
        except GlyphMissing:
            # The words around the name may be English where a font for the language is missing; the name stays.
            made, language = _printed(certificate, "en"), "en"
        response = HttpResponse(made, content_type="application/pdf")
        response["Content-Disposition"] = f'inline; filename="certificate-{certificate.public_code}.pdf"'
        response["Content-Language"] = canonical(language)
        return _guarded(response)


def _printed(certificate: Certificate, language: str) -> bytes:
    shown = presentation.shown(orjson.loads(certificate.credential), certificate.award.achievement, language)
    return pdf.render(shown, public_code=certificate.public_code)
