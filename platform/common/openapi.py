"""The OpenAPI document tells every status an operation can answer with."""

from __future__ import annotations

from typing import Any, Literal

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter

from common import errors
from common.pagination import DEFAULT_LIMIT, MAX_LIMIT

# Of every list that `common.pagination.keyset_page` answers.
CURSOR = OpenApiParameter("cursor", str, description="`next` of the page before.")
LIMIT = OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT})
PAGE_PARAMETERS = [CURSOR, LIMIT]

_PROBLEM_SCHEMA = {
    "type": "object",
    "description": "RFC 9457 problem details.",
    "required": ["type", "code", "title", "status", "request_id"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "code": {"type": "string", "description": "Stable; decide by this."},
        "title": {"type": "string", "description": "In the caller's language."},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "detail"],
                "properties": {
                    "pointer": {"type": "string", "description": "JSON pointer into the request body."},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
        "request_id": {"type": "string"},
    },
}

_ETAG_HEADER = {"description": "For `If-None-Match`.", "schema": {"type": "string"}}


class ProblemAutoSchema(AutoSchema):
    """Adds the problems of each operation.

    A view lists its own in `problems = (NotEnrolled, …)`, or per method in `problems = {"PUT": (…)}`; those that follow
    from the operation's form are added here.
    """

    def _get_response_bodies(self, direction: Literal["request", "response"] = "response") -> dict[str, Any]:
        responses: dict[str, Any] = super()._get_response_bodies(direction)
        by_status: dict[int, list[type[errors.DomainError]]] = {}
        for error in self._problems():
            by_status.setdefault(error.status, []).append(error)
        for status, listed in by_status.items():
            text = "\n".join(f"- `{error.code}`: {(error.__doc__ or '').strip().splitlines()[0]}" for error in listed)
            responses[str(status)] = {
                "description": text,
                "content": {errors.PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}},
            }
        return responses

    def _problems(self) -> list[type[errors.DomainError]]:
        found: list[type[errors.DomainError]] = [errors.InvalidInput, errors.NotAcceptable]
        if self.get_auth():
            found += [errors.Unauthenticated, errors.Forbidden]
        if self.path.count("{"):
            found.append(errors.NotFound)
        if self.method in ("POST", "PUT", "PATCH"):
            found += [errors.Malformed, errors.UnsupportedMediaType]
        declared = getattr(self.view, "problems", ())
        found += declared.get(self.method, ()) if isinstance(declared, dict) else declared
        return list(dict.fromkeys(found))


def describe_problems(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Post-processing hook: put the problem's schema and the ETags of what can be asked for conditionally into it."""
    for operations in result.get("paths", {}).values():
        for operation in operations.values():
            answers = operation["responses"] if isinstance(operation, dict) else {}
            for status in ("200", "304") if "304" in answers else ():
                answers[status].setdefault("headers", {})["ETag"] = _ETAG_HEADER
    result.setdefault("components", {}).setdefault("schemas", {})["Problem"] = _PROBLEM_SCHEMA
    return result
