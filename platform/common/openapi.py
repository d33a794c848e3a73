"""The OpenAPI documents: what is said of every operation beside what its view declares.

Conventions, held by tests/house/test_api_documents.py:

- `operationId` is snake_case and begins with one of `VERBS`: `list_attempts` (a page), `read_attempt` (one thing),
  `start_attempt`. There is no "my": whose things they are follows from the access token.
- An operation has exactly one of `TAGS`, a noun that begins with a capital letter.
- What is rendered is what is documented: a dataclass or TypedDict that is rendered as it is stands among an operation's
  `responses` itself (`common.value_schemas`). A serializer describes only what it renders.
- Names of components are PascalCase; an enum is named by what it lists and ends in `Enum`.
- Descriptions are for who calls the API. Docstrings are for who reads the code and stay there; the exception is an
  error's docstring, which is written for both.
- A refusal is one component per error class, `NotEnrolledProblem`; where a status has several codes it is their
  `oneOf` with `code` as discriminator.
- A header that callers rely on is declared where it may come: required when it always comes.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, NotRequired, get_origin

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse

from common import (
    errors,
    value_schemas,  # noqa: F401 (drf-spectacular knows of an extension once it is imported)
)
from common.pagination import DEFAULT_LIMIT, MAX_LIMIT
from common.schemas import Schema, schema_of

VERBS = (
    "accept",
    "activate",
    "ask",
    "authenticate",
    "change",
    "choose",
    "confirm",
    "cosign",
    "create",
    "deactivate",
    "delete",
    "disconnect",
    "end",
    "enrol",
    "explain",
    "generate",
    "hand",
    "list",
    "open",
    "prove",
    "pull",
    "read",
    "reauthenticate",
    "record",
    "recover",
    "refresh",
    "rename",
    "renew",
    "request",
    "resend",
    "reset",
    "revoke",
    "save",
    "share",
    "sign",
    "start",
    "submit",
    "take",
    "verify",
    "withdraw",
    "write",
    "add",
)

TAGS: Mapping[str, str] = {
    "Sign-in": "Accounts, sessions and tokens, in the forms of django-allauth's headless API for apps: a refusal is no "
    "problem object but `errors[]`, each with `code`, `message` in the caller's language and the `param` that it is about.",
    "Account": "What a signed-in person changes about their account: addresses, password, second factor, sessions.",
    "Profile": "Who the learner is, and what a first screen needs.",
    "Privacy": "Consents, the agencies they are given to, and who got to see what.",
    "Courses": "Catalogue, editions and lessons as compiled documents, and the skills framework.",
    "Learning": "Enrolments and progress.",
    "Skills": "Levels with the evidence behind each, and levels that assessors give.",
    "Assessments": "Quizzes, attempts, their files and marks, and the rules of scoring.",
    "Appeals": "Against a level, a score or a refusal.",
    "Certificates": "The learner's certificates, their renewal and correction, and links that show them.",
    "Member states": "The register of the member states.",
    "Token": "How an agency's client signs in: OAuth 2 client credentials.",
    "Progress": "Progress of consenting learners of the agency's own member state.",
    "Statistics": "Published figures that name nobody.",
    "Verification": "Whether a certificate is genuine and holds, for whoever was handed one.",
    "Issuers": "What issuers publish: keys, status lists, achievements.",
    "Transparency log": "The append-only log of what was issued (C2SP tlog-tiles), and our witness.",
    "CASE": "The skills framework for other systems (1EdTech CASE 1.1).",
    "Operation": "Whether the installation works, and what a problem's code means.",
}

# Headers of answers that callers rely on.
ETAG, LINK, LANGUAGE, RETRY_AFTER, LOCATION = "ETag", "Link", "Content-Language", "Retry-After", "Location"
# Never on an answer that does not document it. `Content-Language` is: the middleware of languages sets it on all.
RELIED_ON = (ETAG, LINK, RETRY_AFTER, LOCATION)


def header(name: str, description: str, *statuses: int, always: bool = True) -> OpenApiParameter:
    """Declare a header of answers with these statuses; list it among an operation's `parameters`."""
    return OpenApiParameter(
        name, str, OpenApiParameter.HEADER, description=description, required=always, response=list(statuses)
    )


NEXT_PAGE = header(LINK, "The next page, if there is one (RFC 8288).", 200, always=False)
IN_LANGUAGE = header(LANGUAGE, "Languages of the texts (BCP 47).", 200, always=False)
# Of every list that `common.pagination.keyset_page` answers.
CURSOR = OpenApiParameter("cursor", str, description="`next` of the page before.")
LIMIT = OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT})
NEW_ETAG = header(ETAG, "Of what is stored now.", 200, 201)
COME_BACK = header(RETRY_AFTER, "Seconds after which to look again.", 202)
PAGE_PARAMETERS = [CURSOR, LIMIT, NEXT_PAGE]
IF_NONE_MATCH = OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER, description="An ETag read before.")
NOT_MODIFIED = OpenApiResponse(description="`If-None-Match` names the present version.")

_ETAG_HEADER = {"description": "For `If-None-Match`.", "required": True, "schema": {"type": "string"}}
RETRY_AFTER_HEADER = {
    "description": "Seconds after which to come back.",
    "required": True,
    "schema": {"type": "string", "pattern": "^[0-9]+$"},
}
_PREFIX = "#/components/schemas/"
_PROBLEM, _INPUT_ERROR = "Problem", "InputError"
_INPUT_ERROR_SCHEMA: Schema = {
    "type": "object",
    "required": ["pointer", "code", "detail"],
    "properties": {
        "pointer": {"type": "string", "description": "JSON pointer into the request's body, or `/` and a parameter."},
        "code": {"type": "string"},
        "detail": {"type": "string", "description": "In the caller's language."},
    },
}


def problem_name(error: type[errors.DomainError]) -> str:
    """Return the component's name: `NotEnrolledProblem`."""
    return f"{error.__name__}Problem"


def problem_schema(error: type[errors.DomainError]) -> Schema:
    """Return the schema of the problem object of this error (RFC 9457), its further members included."""
    members: Schema = {
        "type": {"type": "string", "const": f"/problems/{error.code}", "description": "Explains the code."},
        "code": {"type": "string", "enum": [error.code], "description": "Stable; decide by this."},
        "title": {"type": "string", "description": "In the caller's language."},
        "status": {"type": "integer", "const": error.status},
        "detail": {"type": "string", "description": "In the caller's language: about this case."},
        "errors": {"type": "array", "items": {"$ref": f"{_PREFIX}{_INPUT_ERROR}"}},
        "request_id": {"type": "string", "description": "Finds the request in our log."},
    }
    required = ["type", "code", "title", "status", "request_id"]
    for name, kind in error.member_types.items():
        members[name] = schema_of(kind)
        if get_origin(kind) is not NotRequired:
            required.append(name)
    description = " ".join((inspect.getdoc(error) or "").split())
    return {"type": "object", "description": description, "properties": members, "required": required}


def problem_response(listed: Iterable[type[errors.DomainError]]) -> dict[str, Any]:
    """Return the response of one status that these errors share."""
    listed = list(listed)
    names = {error.code: f"{_PREFIX}{problem_name(error)}" for error in listed}
    schema: Schema = {"$ref": next(iter(names.values()))}
    if len(listed) > 1:
        schema = {
            "oneOf": [{"$ref": name} for name in names.values()],
            "discriminator": {"propertyName": "code", "mapping": names},
        }
    # The first paragraph of the error's docstring, which may take several lines.
    summaries = {error.code: " ".join((inspect.getdoc(error) or "").partition("\n\n")[0].split()) for error in listed}
    text = "\n".join(f"- `{code}`: {summary}" for code, summary in summaries.items())
    response = {"description": text, "content": {errors.PROBLEM_JSON: {"schema": schema}}}
    if all(error.retry_after_s is not None or error.status == 429 for error in listed):
        response["headers"] = {RETRY_AFTER: RETRY_AFTER_HEADER}
    return response


class ProblemAutoSchema(AutoSchema):
    """Adds the problems of each operation.

    A view lists its own in `problems = (NotEnrolled, …)`, or per method in `problems = {"PUT": (…)}`; those that follow
    from the operation's form are added here.
    """

    def _get_response_bodies(self, direction: Literal["request", "response"] = "response") -> dict[str, Any]:
        responses: dict[str, Any] = super()._get_response_bodies(direction)
        # common.conditional.EntityTagMiddleware
        is_read = self.method == "GET" and self.path.startswith("/api/v1/") and direction == "response"
        if is_read and "200" in responses and not getattr(self.view, "no_store", False):
            responses.setdefault("304", {"description": str(NOT_MODIFIED.description)})
        by_status: dict[int, list[type[errors.DomainError]]] = {}
        for error in self._problems():
            by_status.setdefault(error.status, []).append(error)
        for status, listed in by_status.items():
            documented = responses.get(str(status))
            response = problem_response(listed)
            if documented:
                # Beside a page for people, or a protocol's own form.
                response["description"] = f"{documented['description']}\n{response['description']}"
                response["content"] = {**documented["content"], **response["content"]}
            responses[str(status)] = response
        return responses

    def _problems(self) -> list[type[errors.DomainError]]:
        found: list[type[errors.DomainError]] = [errors.InvalidInput, errors.NotAcceptable]
        if self.get_auth():
            found += [errors.Unauthenticated, errors.Forbidden]
        if self.path.count("{"):
            found.append(errors.NotFound)
        if self.method in ("POST", "PUT", "PATCH"):
            found += [errors.Malformed, errors.BodyTooLarge, errors.UnsupportedMediaType]
        declared = getattr(self.view, "problems", ())
        found += declared.get(self.method, ()) if isinstance(declared, dict) else declared
        return list(dict.fromkeys(found))


def mark_nullable_enums(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Hook before drf-spectacular's of enums, which forgets that a choice may be null; `describe` says it again."""
    for schema in _objects(result):
        if isinstance(schema.get("enum"), list) and None in schema["enum"]:
            schema["x-nullable"] = True
    return result


def describe(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Hook after drf-spectacular's of enums, which makes the components anew: problems, nulls, and headers."""
    for schema in list(_objects(result)):
        if schema.pop("x-nullable", False):
            _restore_null(schema)
    for operations in result["paths"].values():
        for operation in operations.values():
            answers = operation["responses"]
            for status in ("200", "304") if "304" in answers else ():
                answers[status].setdefault("headers", {}).setdefault(ETAG, _ETAG_HEADER)
    define_problems(result)
    return result


def define_problems(document: dict[str, Any]) -> None:
    """Define the problems that the document refers to, and `Problem`, which is any of them."""
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    by_name = {problem_name(error): error for error in errors.registered().values()}
    used = {schema["$ref"].removeprefix(_PREFIX) for schema in _objects(document) if "$ref" in schema}
    names = sorted(used & by_name.keys())
    for name in names:
        schemas[name] = problem_schema(by_name[name])
    if names:
        schemas[_INPUT_ERROR] = _INPUT_ERROR_SCHEMA
        schemas[_PROBLEM] = {
            "description": "Any refusal (RFC 9457); decide by its `code`.",
            "oneOf": [{"$ref": f"{_PREFIX}{name}"} for name in names],
            "discriminator": {
                "propertyName": "code",
                "mapping": {by_name[name].code: f"{_PREFIX}{name}" for name in names},
            },
        }
    document["components"]["schemas"] = dict(sorted(schemas.items()))


def _restore_null(schema: Schema) -> None:
    if "enum" in schema:
        schema["enum"] = [*(value for value in schema["enum"] if value is not None), None]
        return
    reference = schema.pop("allOf", [None])[0] or {"$ref": schema.pop("$ref")}
    schema["oneOf"] = [reference, {"type": "null"}]


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    """Every JSON object in `value`, itself included."""
    waiting = [value]
    while waiting:
        found = waiting.pop()
        if isinstance(found, dict):
            yield found
            waiting += found.values()
        elif isinstance(found, list):
            waiting += found
