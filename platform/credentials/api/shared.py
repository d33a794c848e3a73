"""/shared/<token>: what a learner chose to show, for whoever was given the link. No sign-in: the address is the secret."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar, TypedDict

from django.http import HttpRequest, HttpResponse
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
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
from credentials.sharing.errors import FetchedAhead
from credentials.sharing.selectors import CertificateView

_PREVIEWER = re.compile(
    r"^WhatsApp/|facebookexternalhit|Facebot|Twitterbot|Slackbot|TelegramBot|LinkedInBot|Discordbot|SkypeUriPreview|"
    r"line-poker|kakaotalk-scrap|redditbot|Mastodon/|Google-PageRenderer|BingPreview",
    re.IGNORECASE,
)


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
    problems: ClassVar = (FetchedAhead,)

    @extend_schema(
        operation_id="read_shared_certificates",
        tags=["Verification"],
        summary="What a learner shows of certificates through a link",
        description=(
            "A page for people, JSON by `Accept: application/json`: the fields that the learner chose, and what holds of "
            "each certificate now. GET counts as a view, HEAD does not, nor for ten minutes do the page's own links to its "
            "other languages (`seen`). A browser that fetches ahead (`Sec-Purpose: prefetch`), or a messenger that makes a "
            "preview, is not shown it and not counted. A link that was revoked, has expired, was opened often enough or "
            "never was answers 404, each the same."
        ),
        parameters=[LANGUAGE, OpenApiParameter("seen", str, description="As the page's own links have it.")],
        responses={
            (200, "text/html"): OpenApiResponse(str, "The page."),
            (200, "application/json"): SharedOutput,
            (404, "text/html"): OpenApiResponse(str, "A page that says so."),
        },
    )
    def get(self, request: Request, token: str) -> HttpResponse:
        if fetches_ahead(request._request):
            raise FetchedAhead()
        now, language = clock.now(), language_of(request._request)
        is_page = request.accepted_renderer.format == "html"
        found = services.open_link(
            token=token, now=now, count_view=request.method == "GET", seen=request.query_params.get("seen", "")
        )
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
        context = {"certificates": seen, "until": display.day(found.expires_at, language), "seen": found.seen}
        return _once(page(request._request, "shared", context, language=language))


def fetches_ahead(request: HttpRequest) -> bool:
    """Whether nobody looks at the answer now: a browser fetches or renders it ahead, or a messenger makes a preview of it.

    Fetch standard, section 4.6 (`Sec-Purpose`), and what browsers sent before it. Messengers by the names that they give for
    this: not those of browsers inside them, with which people look.
    """
    headers = request.headers
    purposes = " ".join(headers.get(name, "") for name in ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")).lower()
    if re.search(r"\b(prefetch|prerender|preview)\b", purposes):
        return True
    return _PREVIEWER.search(headers.get("User-Agent", "")) is not None


def _once(response: HttpResponse) -> HttpResponse:
    """Nothing keeps an answer: going back to one would be a view that nobody counts."""
    response["Cache-Control"] = "private, no-store"
    return response
