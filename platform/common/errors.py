"""Errors of the domain and their one form on the wire: application/problem+json (RFC 9457)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, NotRequired, get_origin

import orjson
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions

from common.requests import request_id

PROBLEM_JSON = "application/problem+json"
_log = logging.getLogger("errors")

_registry: dict[str, type[DomainError]] = {}


class DomainError(Exception):
    """Something the caller asked for cannot be done; nothing was written.

    A subclass has a stable `code`, an HTTP `status`, a translated `title`, and a docstring for developers.

    Args:
        detail: a translated sentence for this case; the title alone when there is nothing to add.
        pointer: JSON pointer (RFC 6901) of the offending part of the request's body.
        errors: further places, each with pointer, code and detail, where there are several.
        members: further members of the problem object, as `member_types` declares them.

    Raises:
        TypeError: a member is not declared, or one that is declared and not `NotRequired` is missing.
    """

    code: ClassVar[str] = "invalid"
    status: ClassVar[int] = 400
    title: ClassVar[str | Promise] = _("The request cannot be carried out")
    retry_after_s: int | None = None  # for the header Retry-After; of the class, or of this case
    # Type of each further member, as its JSON is read: an instant that is rendered as RFC 3339 is a datetime.
    member_types: ClassVar[Mapping[str, Any]] = {}

    def __init__(
        self,
        detail: str | Promise = "",
        *,
        pointer: str = "",
        errors: Iterable[Mapping[str, str]] = (),
        **members: Any,
    ) -> None:
        super().__init__(str(detail) or self.code)
        self.detail = detail
        self.pointer = pointer
        self.errors = tuple(errors)
        self.members = members
        required = {name for name, kind in self.member_types.items() if get_origin(kind) is not NotRequired}
        if not required <= members.keys() <= self.member_types.keys():
            raise TypeError(f"{type(self).__name__} declares {sorted(self.member_types)}, given {sorted(members)}")

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        known = _registry.setdefault(cls.code, cls)
        if (known.__module__, known.__qualname__) != (cls.__module__, cls.__qualname__):
            raise TypeError(f"two errors share the code {cls.code!r}: {known.__qualname__} and {cls.__qualname__}")


class InvalidInput(DomainError):
    """The body or a parameter is not what the operation takes; `errors[]` points at each place."""

    code, status, title = "invalid_input", 400, _("Some of the input is not valid")


class Malformed(DomainError):
    """The body cannot be read at all: not JSON, or not UTF-8."""

    code, status, title = "malformed", 400, _("The request cannot be read")


class BodyTooLarge(DomainError):
    """The body is larger than what is taken: 1 MiB, unless the operation says otherwise."""

    code, status, title = "body_too_large", 413, _("The request is too large")


class Unauthenticated(DomainError):
    """No valid access token came with the request."""

    code, status, title = "unauthenticated", 401, _("Please sign in")


class Forbidden(DomainError):
    """The caller is known and may not do this."""

    code, status, title = "forbidden", 403, _("You may not do this")


class NotFound(DomainError):
    """There is no such thing, or the caller may not know of it: the answer is the same."""

    code, status, title = "not_found", 404, _("Not found")


class MethodNotAllowed(DomainError):
    """The resource has no such method; `Allow` lists those it has."""

    code, status, title = "method_not_allowed", 405, _("This method is not allowed here")


class NotAcceptable(DomainError):
    """The answer exists in none of the media types that `Accept` asks for."""

    code, status, title = "not_acceptable", 406, _("The answer is not available in that format")


class Conflict(DomainError):
    """The request contradicts what is stored."""

    code, status, title = "conflict", 409, _("This contradicts what is already stored")


class Gone(DomainError):
    """The cursor is older than the feed keeps, or from before a restore of the platform; start again without one."""

    code, status, title = "gone", 410, _("This is no longer available")


class PreconditionFailed(DomainError):
    """`If-Match` names another version than the stored one: read it again first."""

    code, status, title = "precondition_failed", 412, _("This was changed in the meantime")


class UnsupportedMediaType(DomainError):
    """The body's media type is not one the operation reads."""

    code, status, title = "unsupported_media_type", 415, _("This kind of content is not accepted")


class ReasonMissing(DomainError):
    """A decision about a person needs people who made it, and their reason in words."""

    code, status, title = "reason_missing", 422, _("Please give a reason")


class PreconditionRequired(DomainError):
    """A change to this resource needs `If-Match` with the ETag that was read."""

    code, status, title = "precondition_required", 428, _("The version that you changed is missing")


class Throttled(DomainError):
    """Too many requests; `Retry-After` says when to come back."""

    code, status, title = "throttled", 429, _("Too many requests")


class Failure(DomainError):
    """A defect of ours; the request id finds it in the log."""

    code, status, title = "internal", 500, _("Something went wrong on our side")


BY_STATUS: Mapping[int, type[DomainError]] = {
    error.status: error
    for error in (
        InvalidInput,
        Unauthenticated,
        Forbidden,
        NotFound,
        MethodNotAllowed,
        NotAcceptable,
        Conflict,
        Gone,
        PreconditionFailed,
        BodyTooLarge,
        UnsupportedMediaType,
        PreconditionRequired,
        Throttled,
        Failure,
    )
}


def registered() -> Mapping[str, type[DomainError]]:
    """Every error of the product by its code, for the page that `type` links to and for the OpenAPI document."""
    return _registry


def problem(error: DomainError, errors: Iterable[Mapping[str, str]] = ()) -> dict[str, Any]:
    """Return the problem object of `error` in the active language."""
    body: dict[str, Any] = {
        "type": f"/problems/{error.code}",
        "code": error.code,
        "title": str(error.title),
        "status": error.status,
    }
    if error.detail:
        body["detail"] = str(error.detail)
    listed = [*errors, *error.errors]
    if error.pointer:
        listed.append({"pointer": error.pointer, "code": error.code, "detail": str(error.detail or error.title)})
    if listed:
        body["errors"] = listed
    body["request_id"] = request_id.get()
    return {**error.members, **body}


def _pointer(path: tuple[str | int, ...]) -> str:
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def _flatten(detail: Any, path: tuple[str | int, ...] = ()) -> Iterable[dict[str, str]]:
    if isinstance(detail, Mapping):
        for key, value in detail.items():
            yield from _flatten(value, path if key == "non_field_errors" else (*path, key))
    elif isinstance(detail, list) and any(isinstance(entry, Mapping | list) for entry in detail):
        for index, value in enumerate(detail):
            yield from _flatten(value, (*path, index))
    elif isinstance(detail, list):
        for value in detail:
            yield from _flatten(value, path)
    else:
        yield {"pointer": _pointer(path), "code": getattr(detail, "code", "invalid"), "detail": str(detail)}


def problem_handler(exception: Exception, context: Mapping[str, Any]) -> HttpResponse | None:
    """DRF's exception handler: every error becomes a problem; a defect is left to Django, which logs it."""
    headers: dict[str, str] = {}
    errors: list[dict[str, str]] = []
    error: DomainError
    match exception:
        case DomainError():
            error = exception
            if error.retry_after_s is not None:
                headers["Retry-After"] = str(error.retry_after_s)
        case exceptions.ValidationError():
            error, errors = InvalidInput(), list(_flatten(exception.detail))
        case exceptions.ParseError():
            error = Malformed(str(exception.detail))
        case RequestDataTooBig():
            error = BodyTooLarge()
        case SuspiciousOperation():
            error = Malformed()
        case Http404():
            error = NotFound()
        case PermissionDenied():
            error = Forbidden()
        case exceptions.APIException():
            status = exception.status_code
            error = BY_STATUS.get(status, InvalidInput)()
            if isinstance(exception, exceptions.MethodNotAllowed | exceptions.UnsupportedMediaType):
                error = type(error)(str(exception.detail))
            wait = getattr(exception, "wait", None)
            if wait:
                headers["Retry-After"] = str(int(wait) + 1)
        case _:
            return None
    if error.status == 401:
        headers["WWW-Authenticate"] = getattr(exception, "auth_header", None) or 'Bearer realm="ai-skills"'
    # Ready bytes rather than a DRF response: a view that renders YAML or HTML still answers errors as problem+json.
    body = orjson.dumps(problem(error, errors), default=str)
    return HttpResponse(body, status=error.status, headers=headers, content_type=PROBLEM_JSON)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What Django answers to a request that it does not take (its `handler400`): 413 where the body is too large, else 400.

    Machines get it as a problem, by `ProblemMiddleware`.
    """
    error = BodyTooLarge() if isinstance(exception, RequestDataTooBig) else Malformed()
    return HttpResponse(str(error.title), status=error.status, content_type="text/plain; charset=utf-8")


class ProblemMiddleware:
    """Turns what Django itself answers with HTML (unknown path, bad host, defect) into a problem, where machines call.

    A page that is meant to be read says so by `response.is_page = True` (the verification page's verdicts).
    """

    PREFIXES = (
        "/api/",
        "/agency/",
        "/verify",
        "/log/",
        "/auth/",
        "/.well-known/",
        "/livez",
        "/readyz",
        "/problems/",
        "/issuers/",
        "/achievements/",
        "/status/",
        "/ims/",
        "/shared/",
    )

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if (
            response.status_code < 400
            or not request.path.lower().startswith(self.PREFIXES)
            or getattr(response, "is_page", False)
            or "json" in response.get("Content-Type", "")
        ):
            return response
        error = BY_STATUS.get(response.status_code)
        body = problem(error() if error else Malformed())
        body["status"] = response.status_code
        answer = HttpResponse(orjson.dumps(body), status=response.status_code, content_type=PROBLEM_JSON)
        # Known here, so that nobody has to send it in pieces: the middleware that says it for others is further in.
        answer["Content-Length"] = str(len(answer.content))
        for name in ("Allow", "Retry-After", "WWW-Authenticate"):
            if response.has_header(name):
                answer[name] = response[name]
        # Django logs every answer of this kind once and marks it; the mark goes with it.
        answer._has_been_logged = getattr(response, "_has_been_logged", False)  # type: ignore[attr-defined]
        return answer
