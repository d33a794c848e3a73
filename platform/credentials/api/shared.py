"""/shared/<token>: what a learner chose to show, for whoever was given the link. No sign-in: the address is the secret."""

from __future__ import annotations

from typing import Annotated, TypedDict

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request

from common import clock
from common.clock import rfc3339
from common.errors import NotFound
from common.rendering import OrjsonRenderer, to_json
from common.schemas import InstantText, Keywords
from credentials.api.verification_pages import (
    LANGUAGE,
    OpenView,
    PageRenderer,
    guarded,
    is_for_people,
    language_of,
    page,
)
from credentials.certificates import display
from credentials.certificates.rules import Verdict
from credentials.sharing import selectors, services
from credentials.sharing.selectors import CertificateView


class SharedSkill(TypedDict):
    """A skill on a certificate."""

    code: str
    name: str
    level: str
    level_name: str


class _Chosen(TypedDict, total=False):
    name: str
    achievement: str
    description: str
    skills: list[SharedSkill]
    issued_at: InstantText
    valid_until: InstantText
    issuer: str
    answers: Annotated[int, Keywords("Scored answers that the certificate rests on.")]
    supervised: Annotated[int, Keywords("Of them, given under supervision.")]


class SharedCertificate(_Chosen):
    """A certificate as a visitor of the link sees it; what was not chosen is missing rather than null."""

    verdict: Verdict


class SharedOutput(TypedDict):
    """What a learner shows through a link."""

    certificates: list[SharedCertificate]
    expires_at: Annotated[InstantText, Keywords("When the link stops to work, if nothing stops it before.")]


def _value(seen: CertificateView) -> SharedCertificate:
    chosen: _Chosen = {}
    if seen.name is not None:
        chosen["name"] = seen.name
    if seen.achievement is not None:
        chosen["achievement"] = seen.achievement
    if seen.description is not None:
        chosen["description"] = seen.description
    if seen.skills is not None:
        chosen["skills"] = [
            {"code": skill.code, "name": skill.name, "level": skill.level, "level_name": skill.level_name}
            for skill in seen.skills
        ]
    if seen.issued_at is not None:
        chosen["issued_at"] = rfc3339(seen.issued_at)
    if seen.valid_until is not None:
        chosen["valid_until"] = rfc3339(seen.valid_until)
    if seen.issuer is not None:
        chosen["issuer"] = seen.issuer
    if seen.answers is not None:
        chosen["answers"] = seen.answers
    if seen.supervised is not None:
        chosen["supervised"] = seen.supervised
    return {"verdict": seen.verdict, **chosen}


class Shared(OpenView):
    """What a learner shows through a link."""

    renderer_classes = [PageRenderer, OrjsonRenderer]

    @extend_schema(
        operation_id="read_shared_certificates",
        tags=["Verification"],
        summary="What a learner shows of certificates through a link",
        description=(
            "A page for people, JSON by `Accept: application/json`: the fields that the learner chose, and what holds of "
            "each certificate now. GET counts as a view, HEAD does not. A link that was revoked, has expired, was opened "
            "often enough or never was answers 404, each the same."
        ),
        parameters=[LANGUAGE],
        responses={
            (200, "text/html"): OpenApiResponse(str, "The page."),
            (200, "application/json"): SharedOutput,
            (404, "text/html"): OpenApiResponse(str, "A page that says so."),
        },
    )
    def get(self, request: Request, token: str) -> HttpResponse:
        now, language = clock.now(), language_of(request._request)
        is_page = request.accepted_renderer.format == "html"
        found = services.open_link(token=token, now=now, count_view=request.method == "GET")
        if found is None:
            if not is_page or not is_for_people(request):
                raise NotFound()
            return _once(page(request._request, "shared", {}, language=language, status=404))
        seen = selectors.visible_certificates(share_id=found.id, fields=found.fields, language=language, now=now)
        if not is_page:
            body: SharedOutput = {
                "certificates": [_value(certificate) for certificate in seen],
                "expires_at": rfc3339(found.expires_at),
            }
            return _once(guarded(HttpResponse(to_json(body), content_type="application/json")))
        context = {"certificates": seen, "until": display.day(found.expires_at, language)}
        return _once(page(request._request, "shared", context, language=language))


def _once(response: HttpResponse) -> HttpResponse:
    """Nothing keeps an answer: going back to one would be a view that nobody counts."""
    response["Cache-Control"] = "private, no-store"
    return response
