"""/verify: whoever holds a document rather than a code, one or a thousand of them. Nothing that is handed in is kept."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import IO, Annotated, Any, ClassVar, Final, TypedDict

import orjson
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_field
from rest_framework import exceptions, serializers
from rest_framework.parsers import BaseParser, FormParser, MultiPartParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from accounts import public as accounts
from common import clock
from common.clock import rfc3339
from common.errors import Forbidden, InvalidInput, Throttled
from common.openapi import LOCATION, header
from common.rendering import OrjsonRenderer, to_json
from common.schemas import InstantText, Keywords
from credentials.api.codes import MAX_TYPED, address_of, what_is_wrong
from credentials.api.verification_pages import (
    LANGUAGE,
    OpenView,
    PageRenderer,
    guarded,
    is_for_people,
    language_of,
    page,
)
from credentials.certificates import codes, display, extraction, rules
from credentials.certificates.codes import NotACode, link_in
from credentials.certificates.errors import CredentialsTooLarge, NotACompactCertificate, TooManyCredentials
from credentials.certificates.extraction import NoCredentialFound
from credentials.certificates.judging import InvalidReason, Judged, judge, judge_compact
from credentials.certificates.rules import Verdict
from credentials.certificates.signer import did_document_path

MAX_CREDENTIALS: Final = 1000
# A thousand of our credentials as JSON texts within JSON, with room; deploy/nginx/site.conf lets as much through.
MAX_BYTES: Final = 16 * 1024 * 1024
# Around a text that was read from a file: line ends, and the byte order mark that some programs write first.
_AROUND: Final = "\ufeff \t\r\n"
_MOST_ERRORS: Final = 20
_WHAT_TO_SEND: Final = _(
    "Send an object whose member “credentials” is a list of certificates, each as its text or as a JSON object."
)
# What surrounds a file in a form.
_ENVELOPE: Final = 64 * 1024


class _CredentialsParser(BaseParser):
    """Reads a body of up to `MAX_BYTES`, and one byte more, which shows that it is too large."""

    media_type = "application/json"

    def parse(self, stream: IO[Any], media_type: str | None = None, parser_context: Any = None) -> Any:
        raw = stream.read(MAX_BYTES + 1)
        if len(raw) > MAX_BYTES:
            raise CredentialsTooLarge(format_lazy(_("At most {limit} MB."), limit=MAX_BYTES >> 20))
        try:
            given = orjson.loads(raw)
            if _has_objects(given):
                # Of two members of one name readers take one or the other: such an object is no credential.
                given = json.loads(raw, object_pairs_hook=_without_duplicates)
        except (ValueError, RecursionError) as error:
            raise exceptions.ParseError("not valid JSON") from error
        return given


def _has_objects(given: Any) -> bool:
    entries = given.get("credentials") if isinstance(given, dict) else None
    return not isinstance(entries, list) or any(isinstance(entry, dict) for entry in entries)


def _without_duplicates(pairs: list[tuple[str, Any]]) -> Any:
    members = dict(pairs)
    return members if len(members) == len(pairs) else object()


@extend_schema_field({"oneOf": [{"type": "string"}, {"type": "object", "additionalProperties": True}]})
class _CredentialField(serializers.JSONField):
    """A credential as its text or as the object itself."""


class CredentialsInput(serializers.Serializer[Any]):
    credentials = serializers.ListField(
        child=_CredentialField(),
        max_length=MAX_CREDENTIALS,
        help_text="Each as its text (JSON, or a JWT with `typ` `vc+jwt`), or as the JSON object itself.",
    )


class _Reason(TypedDict, total=False):
    why: Annotated[InvalidReason, Keywords("Of `tampered`, `unknown` and `unknown_issuer`.")]


class _Genuine(TypedDict, total=False):
    id: Annotated[str, Keywords("The certificate's address. With what follows: genuine ones only.")]
    name: str
    achievement: str
    issuer: str
    valid_until: InstantText


class JudgedOutput(_Reason, _Genuine):
    """The verdict on one of the documents handed in."""

    index: Annotated[int, Keywords("Place in the request, from 0.")]
    verdict: Verdict
    checked_at: InstantText
    status_as_of: Annotated[
        InstantText,
        Keywords(
            "The status is the one of this instant. It comes from the issuer's own records, not from a published list."
        ),
    ]


class JudgedListOutput(TypedDict):
    """A verdict on each, in the order of the request."""

    items: list[JudgedOutput]


_ANSWERS = {
    (200, "application/json"): JudgedListOutput,
    (200, "text/html"): OpenApiResponse(str, "The verdict on the one document of a form."),
    (303, "text/html"): OpenApiResponse(None, "A form held a code: to the certificate's page."),
    (400, "text/html"): OpenApiResponse(str, "The form, which says that nothing was found to read."),
    (413, "text/html"): OpenApiResponse(str, "The form, which says that the file is too large."),
    (429, "text/html"): OpenApiResponse(str, "The form, which says that there were too many tries."),
}
_PAGE_OF = header(LOCATION, "The certificate's page.", 303)
_FORM = {
    "type": "object",
    "properties": {"file": {"type": "string", "format": "binary"}, "text": {"type": "string"}},
}


class VerifyPage(OpenView):
    """A form for a code or a document, and what happens to what was typed or handed in."""

    parser_classes = (_CredentialsParser, MultiPartParser, FormParser)
    # Forbidden: the proxy does not say whose request it is, so it cannot be counted.
    problems: ClassVar = {"POST": (TooManyCredentials, CredentialsTooLarge, Throttled, Forbidden)}

    def get_renderers(self) -> list[BaseRenderer]:
        return [OrjsonRenderer(), PageRenderer()] if self.request.method == "POST" else [PageRenderer()]

    @extend_schema(
        operation_id="read_verification_form",
        tags=["Verification"],
        summary="A page with a form for a certificate's code or the certificate itself",
        parameters=[OpenApiParameter("code", str, description="Leads to its page."), LANGUAGE, _PAGE_OF],
        responses={
            (400, "text/html"): OpenApiResponse(str, "The form, which says that this is no code."),
            (200, "text/html"): OpenApiResponse(str, "The form."),
            (303, "text/html"): OpenApiResponse(None, "To the certificate's page."),
        },
    )
    def get(self, request: Request) -> HttpResponse:
        language = language_of(request._request)
        typed = request.query_params.get("code")
        if typed is None:
            return page(request._request, "form", {}, language=language)
        try:
            return _redirect_to(address_of(link_in(typed), language=language))
        except NotACode as error:
            if not is_for_people(request):
                raise InvalidInput(what_is_wrong(error), pointer="/code") from error
            context = {"problem": "malformed", "typed": typed[:MAX_TYPED], "why": what_is_wrong(error)}
            return page(request._request, "form", context, language=language, status=400)

    @extend_schema(
        operation_id="verify_credentials",
        tags=["Verification"],
        summary="Whether credentials are valid, up to 1,000 at once",
        description=(
            "For agencies and employers. Answers one item for each entry, in their order; an entry that cannot be read is "
            "`unknown` and spoils no other. What is handed in is not kept. A credential with a genuine signature that "
            "the issuer has no record of is `unknown`: it was erased, or somebody else signed it with the issuer's key. "
            "As a form with `file` or `text` it is for people, and answers a page."
        ),
        parameters=[LANGUAGE, _PAGE_OF],
        request={"application/json": CredentialsInput, "multipart/form-data": _FORM},
        responses=_ANSWERS,
    )
    def post(self, request: Request) -> HttpResponse:
        is_form = (request.content_type or "").startswith(("multipart/", "application/x-www-form-urlencoded"))
        return _answer_one(request) if is_form else _answer_many(request)


class CompactPage(OpenView):
    """Where the QR code on paper leads: the same signed words as can be checked without a network."""

    renderer_classes = (PageRenderer, OrjsonRenderer)
    problems: ClassVar = (NotACompactCertificate,)

    @extend_schema(
        operation_id="verify_compact_certificate",
        tags=["Verification"],
        summary="What holds of a compact certificate, as a QR code has it",
        parameters=[LANGUAGE],
        responses={
            (200, "text/html"): OpenApiResponse(str, "The verdict as a page."),
            (200, "application/json"): JudgedOutput,
            (404, "text/html"): OpenApiResponse(str, "The form, which says that it cannot be read."),
        },
    )
    def get(self, request: Request, payload: str) -> HttpResponse:
        now = clock.now()
        judged = judge_compact(codes.folded(payload), now=now)
        if judged.why is InvalidReason.NOT_A_CREDENTIAL:
            if not is_for_people(request):
                raise NotACompactCertificate()
            language = language_of(request._request)
            return page(request._request, "form", {"problem": "unscanned"}, language=language, status=404)
        if request.accepted_renderer.format == "json":
            return guarded(HttpResponse(to_json(_item(0, judged, now)), content_type="application/json"))
        return _verdict_page(request._request, judged, now)


@extend_schema(exclude=True)
class ScannedPage(CompactPage):
    """The same under the address in capitals, which is the one that QR codes hold."""


def _redirect_to(address: str) -> HttpResponse:
    return guarded(HttpResponseRedirect(address, status=303))


def _answer_many(request: Request) -> HttpResponse:
    if wait_s := accounts.seconds_to_wait(request._request, "verify_many"):
        error = Throttled(format_lazy(_("Try again in {seconds} s."), seconds=wait_s))
        error.retry_after_s = wait_s
        raise error
    handed_in = _entries(request.data)
    now = clock.now()
    listed: JudgedListOutput = {
        "items": [_item(index, judged, now) for index, judged in enumerate(judge(handed_in, now=now))]
    }
    return guarded(HttpResponse(to_json(listed), content_type="application/json"))


def _entries(given: Any) -> Sequence[str | Mapping[str, Any]]:
    """The entries; what is neither a text nor an object becomes an empty text, which is no credential."""
    entries = given.get("credentials") if isinstance(given, dict) else None
    if not isinstance(entries, list):
        raise InvalidInput(errors=[{"pointer": "/credentials", "code": "required", "detail": str(_WHAT_TO_SEND)}])
    if unknown := sorted(given.keys() - {"credentials"}):
        pointers = ["/" + name.replace("~", "~0").replace("/", "~1") for name in unknown[:_MOST_ERRORS]]
        detail = str(_("Nothing of this name is expected here."))
        raise InvalidInput(errors=[{"pointer": pointer, "code": "unknown", "detail": detail} for pointer in pointers])
    if len(entries) > MAX_CREDENTIALS:
        raise TooManyCredentials()
    return [
        entry.strip(_AROUND) if isinstance(entry, str) else entry if isinstance(entry, dict) else ""
        for entry in entries
    ]


def _item(index: int, judged: Judged, now: datetime) -> JudgedOutput:
    reason: _Reason = {} if judged.why is None else {"why": judged.why}
    genuine: _Genuine = {}
    document = judged.document
    if document is not None:
        subject = document["credentialSubject"]
        genuine = {
            "id": document["id"],
            "name": subject["identifier"][0]["identityHash"],
            "achievement": subject["achievement"]["name"],
            "issuer": document["issuer"]["name"],
            "valid_until": document["validUntil"],
        }
    instant = rfc3339(now)
    return {
        "index": index,
        "verdict": judged.verdict,
        **reason,
        **genuine,
        "checked_at": instant,
        "status_as_of": instant,
    }


def _answer_one(request: Request) -> HttpResponse:
    bare, language = request._request, language_of(request._request)

    def refused(problem: str, status: int, **said: Any) -> HttpResponse:
        return page(bare, "form", {"problem": problem, **said}, language=language, status=status)

    if wait_s := accounts.seconds_to_wait(bare, "verify"):
        response = refused("throttled", 429, wait_s=wait_s)
        response["Retry-After"] = str(wait_s)
        return response
    # Before anything of it is read: Django's own limit leaves out files, which it would write to disk.
    if int(bare.META.get("CONTENT_LENGTH") or 0) > extraction.MAX_BYTES + _ENVELOPE:
        return refused("too_large", 413)
    try:
        given: Any = request.data
    except (exceptions.ParseError, RequestDataTooBig):
        return refused("unreadable", 400)
    file = given.get("file")
    data = file.read(extraction.MAX_BYTES + 1) if hasattr(file, "read") else b""
    typed = "" if data else str(given.get("text") or "").strip(_AROUND)
    if not data and not typed:
        return refused("empty_file" if hasattr(file, "read") else "nothing", 400)
    is_lost = False
    try:
        text = extraction.extract_credential(data or typed.encode(errors="surrogatepass"))
    except extraction.Several:
        return refused("unreadable", 400, why=what_is_wrong(NotACode(several=True)), text=typed[:MAX_TYPED])
    except NoCredentialFound as error:
        is_lost = isinstance(error, extraction.Lost)
        # <the code>, as a mail may have it, is no XML either.
        text = (error.text if isinstance(error, extraction.Lost) else "") or typed
    no_code: NotACode | None = None
    # What is no document may be a code, or a link to a page.
    if not text.startswith(("{", "eyJ")):
        try:
            link = link_in(text)
        except NotACode as error:
            no_code = error
        else:
            if link.kind != "q":
                return _redirect_to(address_of(link, language=language))
            text = link.part
    now = clock.now()
    judged = judge([text], now=now)[0]
    if judged.why is InvalidReason.NOT_A_CREDENTIAL:
        judged = judge_compact(text, now=now)
    if judged.why is InvalidReason.NOT_A_CREDENTIAL:
        if is_lost:
            return refused("lost", 400)
        # Of what is as long as a document, or was not typed, the number of its letters says nothing.
        told = no_code is not None and (not no_code.count or (typed and len(text) <= MAX_TYPED))
        why = what_is_wrong(no_code) if no_code is not None and told and text else ""
        return refused("unreadable", 400, why=why, text=typed[:MAX_TYPED])
    return _verdict_page(bare, judged, now)


def _verdict_page(request: HttpRequest, judged: Judged, now: datetime) -> HttpResponse:
    language = language_of(request)
    context: dict[str, Any] = {"verdict": judged.verdict.value, "handed_in": True}
    certificate, document = judged.certificate, judged.document
    if certificate is not None and document is not None:
        context |= {
            "code": certificate.public_code,
            "shown": display.display_of(document, certificate.award.version, language),
            "qr": display.qr_svg(document["id"]),
            "issuer_key_path": did_document_path(document["issuer"]["id"]),
            "has_pdf": judged.verdict in (Verdict.VALID, Verdict.EXPIRED),
            **status_words(certificate.status_changed_at, certificate.status_list.published_at, language, now),
        }
    context["checked_on"] = display.day(now, language)
    response = page(request, "certificate", context, language=language)
    response["Certificate-Verdict"] = judged.verdict.value
    return response


def status_words(
    changed_at: datetime | None, published_at: datetime | None, language: str, now: datetime
) -> dict[str, Any]:
    """When the status changed, and whether readers of the published lists may see another one."""
    words: dict[str, Any] = {}
    if changed_at is not None:
        words["changed_on"] = display.day(changed_at, language)
    if published_at is not None and rules.lists_are_stale(published_at, changed_at=changed_at, now=now):
        words["lists_of"] = display.day(published_at, language)
    return words
