"""The OpenAPI documents, one for each audience: what it can call, and nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings
from django.http import HttpResponse
from django.utils import translation
from drf_spectacular.generators import SchemaGenerator
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts import public as accounts
from agencies import public as agencies
from common.conditional import etag_of, ready_bytes
from common.openapi import TAGS, define_problems
from common.rendering import to_json
from config import operation_paths

SNAPSHOTS = Path(settings.BASE_DIR) / "docs" / "api"
EXAMPLES = SNAPSHOTS / "examples"
# Of the committed files, which are the same whatever installation they are written on.
_HERE = [{"url": "/", "description": "The installation that the document is read from."}]

_ERRORS = "Every error is `application/problem+json` (RFC 9457); decide by its `code`."
_STRICT = " Fields and query parameters that an operation does not name, and parameters given twice, are refused (400)."
_BUSY = (
    "\n\nAny call may be answered 429 with `Retry-After`: many from one address are slowed down. "
    "After a 5xx ask again later."
)
_CALLING = (
    f"{_BUSY}\n\nMake up the ids in the paths of `PUT` (a UUID, best of version 7): a repeated call has its effect once. "
    "Where 304 is listed, send the `ETag` of what you have as `If-None-Match`."
)


def _nothing() -> Mapping[str, Any]:
    return {"paths": {}, "schemas": {}}


@dataclass(frozen=True)
class Audience:
    """Who reads a document, and what is in it.

    `further` gives the paths and the schemas that no view of the REST framework answers.
    """

    name: str
    title: str
    description: str
    owns: Callable[[str], bool]
    tags: tuple[str, ...]
    further: Callable[[], Mapping[str, Any]] = field(default=_nothing)


LEARNERS = Audience(
    name="learners",
    title="AI Skills Platform: learners",
    description=(
        "For learners' frontends: enrol, learn, take assessments, hold certificates.\n\n"
        "## Signing in\n\n"
        "`POST /auth/app/v1/auth/signup` or `POST /auth/app/v1/auth/login` gives `meta.access_token` (five minutes) and "
        "`meta.refresh_token`. "
        "`POST /auth/app/v1/tokens/refresh` gives the next pair. When the answer is lost, send the same refresh token "
        "again, however late: its successor is the same one until that has been used. Store the new pair before you use it, "
        "and then forget the old token: sent after its successor, it counts as stolen and ends the session. 400 means: "
        "sign in again. `DELETE /auth/app/v1/auth/session` ends this session, and its 401 says "
        "that it has ended; the access token is accepted until it expires. To end every token at once use "
        "`POST /api/v1/me/sign-out-everywhere`. Errors under `/auth` are allauth's; `session_token` there is for sign-ins "
        "that are not finished yet, and can be ignored otherwise. An e-mail address is optional.\n\n"
        "## A web page of this origin\n\n"
        "signs in by a cookie that no script can read, so that no refresh token lies in a page's storage: every operation under "
        "`/auth/app/v1` but `refresh_tokens` is also at `/auth/browser/v1`, with the same input and answers, without tokens in "
        "`meta`. Begin with `GET /auth/browser/v1/config`; it sets the cookie `csrftoken`, whose value goes into the header "
        "`X-CSRFToken` of every POST, PUT, PATCH and DELETE, here and under `/api/v1` (read it anew after signing in); "
        "without it 403. Pages of other origins use tokens.\n\n"
        "## Getting back in\n\n"
        "*Without an e-mail address*: right after `sign_up` (or after `reauthenticate`) call `create_account_recovery_codes` "
        "and have the ten codes kept on paper; they are shown once. `recover_account` takes one of them with the user name and "
        "a new password. Whoever has none goes to the administrator of their member state in person, who hands over a code "
        "for one day; it is used in the same way. (`list_recovery_codes` is something else: it stands in for a second "
        "factor.)\n\n"
        "*With a confirmed e-mail address*: `request_password_reset` sends a code by mail and answers 401 with "
        "`meta.session_token`; send that as `X-Session-Token` to `reset_password`, with the code as `key` and the new "
        "password, then `sign_in`. The link in a mail that confirms an address leads to the frontend, "
        "`{FRONTEND_BASE_URL}/verify-email/{key}`: the page there calls `verify_email` with the key from its own address. "
        "Mails name `{FRONTEND_BASE_URL}/reset-password` and `{FRONTEND_BASE_URL}/sign-up` too; the frontend has to serve all "
        "three.\n\n"
        "A new password ends all sessions and tokens of the account; `change_password` and `recover_account` answer with a new "
        "pair in `meta`.\n\n"
        "## When an answer is lost\n\n"
        "Keep user name and password on the device until the answer is there. `sign_up` that is refused with `username_taken` "
        "may be your own: `sign_in` with the same name and password tells. After `change_password` the old tokens are over (401 "
        "under `/api`; 410 or 401 under `/auth`): `sign_in` with the new password, and if that is wrong, with the old one. "
        "`recover_account` may be sent again as it was. `create_account_recovery_codes` again gives ten others, and only those "
        "hold.\n\n"
        "## In which order\n\n"
        "`sign_up`, `write_profile`, `list_purposes`, `record_consent` (for the purpose `learning_records`, with version and "
        "language of the text that was shown), `list_catalogue`, `read_edition` (an edition is what a learner enrols in: one "
        "published state of a course), `enrol`, `read_lesson`, `record_progress`, `list_quizzes`, `start_attempt`, "
        "`save_answers` (after each answer, or when there is a line), `submit_attempt`, `list_skills`. Skills and certificates "
        "follow within moments of a submission, not with its answer: read them again, with the ETag.\n\n"
        "## Calling\n\n"
        "Send `Authorization: Bearer <access token>`, or the cookie. "
        f"Under `/api`: {_ERRORS[0].lower()}{_ERRORS[1:]}{_STRICT}{_CALLING}\n\n"
        "Learning is recorded only while the consent `learning_records` holds; without it writes answer `consent_missing`."
    ),
    owns=lambda path: path.startswith("/api/"),
    tags=(
        "Sign-in",
        "Account",
        "Profile",
        "Privacy",
        "Courses",
        "Learning",
        "Skills",
        "Assessments",
        "Appeals",
        "Certificates",
        "Member states",
    ),
    further=accounts.sign_in_document,
)
AGENCIES = Audience(
    name="agencies",
    title="AI Skills Platform: agencies",
    description=(
        "For agencies of the member states: pull the progress of consenting learners, and published statistics.\n\n"
        "`POST /agency/oauth/token` (OAuth 2 client credentials) gives an access token for fifteen minutes; its errors are "
        f"those of RFC 6749. Send it as `Authorization: Bearer <access token>`. Under `/agency/v1`: {_ERRORS[0].lower()}"
        f"{_ERRORS[1:]}{_STRICT}{_BUSY}\n\n"
        "## The job that pulls progress\n\n"
        "Once a night is enough; changes are there within moments. Keep `next` together with what you stored of its page, and "
        "begin there the next time; stop when `more` is false. Each item replaces what you hold of its `learner`; one "
        "with `withdrawn` means: delete all of it.\n\n"
        "- **To start anew** (the first time; after 410 `gone`; when the cursor was lost, `bad_cursor`) leave `cursor` out. When "
        "that pull has reached `more: false`, delete every learner you hold whom it did not name: tombstones are kept for "
        f"{settings.AGENCY_TOMBSTONE_DAYS} days only.\n"
        f"- **When your grant ends**, go on: for {settings.AGENCY_LAST_PULL_DAYS} days you are told tombstones for all, up to "
        "and including the day (UTC) `tombstones_until`. After that, 403 `no_grant`: delete whatever is left of it.\n"
        "- **When it is given again**, go on from the same cursor."
    ),
    owns=lambda path: path.startswith("/agency/"),
    tags=("Token", "Progress", "Statistics"),
    further=agencies.token_document,
)
EVERYBODY = Audience(
    name="everybody",
    title="AI Skills Platform: everybody",
    description=(
        "For whoever was handed a certificate, and for other systems: verification, issuers' keys and status lists, the "
        f"transparency log, the skills framework as CASE. Nobody signs in. {_ERRORS}"
    ),
    owns=lambda path: not path.startswith(("/api/", "/agency/")),
    tags=("Verification", "Issuers", "Transparency log", "CASE", "Operation"),
    further=operation_paths.document,
)
AUDIENCES = {audience.name: audience for audience in (LEARNERS, AGENCIES, EVERYBODY)}


def document(audience: Audience, *, servers: Iterable[Mapping[str, str]] = ()) -> dict[str, Any]:
    """Return the document, generated from the code in English.

    Args:
        servers: OpenAPI's server objects; where the document itself is read from, if there are none.
    """

    class Generator(SchemaGenerator):
        def _initialise_endpoints(self) -> None:
            super()._initialise_endpoints()
            self.endpoints = [endpoint for endpoint in self.endpoints or () if audience.owns(endpoint[0])]

    with translation.override("en"):
        generated = dict(Generator().get_schema(request=None, public=True))
        further = audience.further()
    paths = dict(sorted({**generated["paths"], **further["paths"]}.items()))
    components = {**generated["components"]}
    own = components.get("schemas", {})
    if clash := own.keys() & further["schemas"].keys():
        raise ValueError(f"two schemas share a name: {sorted(clash)}")
    components["schemas"] = _referred_to({**own, **further["schemas"]}, paths)
    whole = {
        "openapi": generated["openapi"],
        "info": {
            "title": audience.title,
            "version": generated["info"]["version"],
            "description": audience.description,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": list(servers) or _HERE,
        "tags": [{"name": tag, "description": TAGS[tag]} for tag in audience.tags],
        "paths": paths,
        "components": components,
    }
    define_problems(whole)
    _put_examples(whole)
    return whole


def _referred_to(schemas: Mapping[str, Any], paths: Mapping[str, Any]) -> dict[str, Any]:
    """Without schemas that only others were made from: each generated client would have a type that is no answer's."""
    names = set(re.findall(r"#/components/schemas/(\w+)", f"{paths} {schemas}"))
    return {name: schema for name, schema in schemas.items() if name in names}


def _put_examples(whole: dict[str, Any]) -> None:
    """Show beside each operation an answer of the suite, as `make examples` collected it."""
    for item in whole["paths"].values():
        for operation in item.values():
            file = EXAMPLES / f"{operation['operationId']}.json"
            if file.exists():
                example = json.loads(file.read_text(encoding="utf-8"))
                answer = operation["responses"][str(example["status"])]
                answer["content"][example["media_type"]]["example"] = example["body"]


def as_yaml(audience: Audience) -> str:
    """Return the text of the committed snapshot."""
    plain = json.loads(to_json(document(audience)))
    return str(yaml.dump(plain, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120))


class _Dumper(yaml.CSafeDumper):
    """Block style for texts of several lines, and no aliases: each place says what it says."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


_Dumper.add_representer(
    str,
    lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None),
)


@cache
def _served(name: str, form: str) -> bytes:
    whole = json.loads(to_json(document(AUDIENCES[name], servers=[{"url": settings.PUBLIC_BASE_URL}])))
    if form == "json":
        return to_json(whole)
    return str(yaml.dump(whole, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)).encode()


class _YamlRenderer(BaseRenderer):
    media_type, format, charset, render_style = "application/vnd.oai.openapi", "yaml", None, "binary"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        return b"" if data is None else to_json(data)


class _JsonRenderer(_YamlRenderer):
    media_type, format = "application/vnd.oai.openapi+json", "json"


class ApiDocument(APIView):
    """A document as YAML, or as JSON to who asks for it; generated once per process."""

    authentication_classes = ()
    permission_classes = ()
    renderer_classes = [_YamlRenderer, _JsonRenderer]
    http_method_names = ["get", "head"]
    schema = None
    audience = ""

    def get(self, request: Request) -> HttpResponse:
        chosen = request.accepted_renderer
        body = _served(self.audience, chosen.format)
        return ready_bytes(
            request._request, body, etag=etag_of(body), cache="public, max-age=300", content_type=chosen.media_type
        )
