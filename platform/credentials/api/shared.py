"""/shared/<token>: what a learner chose to show, for whoever was given the link. No sign-in: the address is the secret."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from common import clock
from common.clock import rfc3339
from common.errors import NotFound
from common.rendering import OrjsonRenderer, to_json
from credentials.api.verification_pages import (
    LANGUAGE,
    OpenView,
    PageRenderer,
    guarded,
    is_for_people,
    language_of,
    page,
)
from credentials.certificates import presentation
from credentials.certificates.rules import Verdict
from credentials.sharing import selectors, services
from credentials.sharing.selectors import Seen


class SharedSkillOutput(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()
    level = serializers.CharField()
    level_name = serializers.CharField()


class SharedCertificateOutput(serializers.Serializer[Any]):
    verdict = serializers.ChoiceField([one.value for one in Verdict])
    name = serializers.CharField(required=False)
    achievement = serializers.CharField(required=False)
    description = serializers.CharField(required=False)
    skills = SharedSkillOutput(many=True, required=False)
    issued_at = serializers.DateTimeField(required=False)
    valid_until = serializers.DateTimeField(required=False)
    issuer = serializers.CharField(required=False)
    answers = serializers.IntegerField(required=False, help_text="Scored answers that the certificate rests on.")
    supervised = serializers.IntegerField(required=False, help_text="Of them, given under supervision.")


class SharedOutput(serializers.Serializer[Any]):
    certificates = SharedCertificateOutput(many=True)
    expires_at = serializers.DateTimeField(help_text="When the link stops to work, if nothing stops it before.")


def _value(seen: Seen) -> dict[str, Any]:
    """What was chosen, as JSON; what was not is missing rather than null."""
    value = {
        name: given
        for name, given in asdict(seen).items()
        if given is not None and not name.endswith(("_on", "_language"))
    }
    for name in ("issued_at", "valid_until"):
        if name in value:
            value[name] = rfc3339(value[name])
    for skill in value.get("skills", ()):
        del skill["name_language"]
    return value


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
        found = services.look(token=token, now=now, counts=request.method == "GET")
        if found is None:
            if not is_page or not is_for_people(request):
                raise NotFound()
            return _once(page(request._request, "shared", {}, language=language, status=404))
        seen = selectors.seen(share_id=found.id, fields=found.fields, language=language, now=now)
        if not is_page:
            body = {"certificates": [_value(one) for one in seen], "expires_at": rfc3339(found.expires_at)}
            return _once(guarded(HttpResponse(to_json(body), content_type="application/json")))
        context = {"certificates": seen, "until": presentation.day(found.expires_at, language)}
        return _once(page(request._request, "shared", context, language=language))


def _once(response: HttpResponse) -> HttpResponse:
    """Nothing keeps an answer: going back to one would be a view that nobody counts."""
    response["Cache-Control"] = "private, no-store"
    return response
