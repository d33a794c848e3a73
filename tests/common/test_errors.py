"""Every error is application/problem+json (RFC 9457), in the caller's language, and tells nothing it should not."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.http import Http404, HttpResponse
from django.test import Client, RequestFactory
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions, serializers

from common import errors
from common.errors import BY_STATUS, DomainError, NotFound, ProblemMiddleware, problem, problem_handler
from common.logs import JsonFormatter, RequestIdFilter
from common.requests import RequestContextMiddleware, request_id


def _handled(exception: Exception) -> tuple[HttpResponse, dict[str, Any]]:
    answer = problem_handler(exception, {})
    assert answer is not None
    assert answer["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = json.loads(answer.content)
    assert {"type", "code", "title", "status", "request_id"} <= set(body)
    assert body["status"] == answer.status_code
    assert body["type"] == f"/problems/{body['code']}"
    return answer, body


@pytest.mark.parametrize(
    ("exception", "status", "code"),
    [
        (NotFound(), 404, "not_found"),
        (Http404("secret name of a thing"), 404, "not_found"),
        (PermissionDenied("why"), 403, "forbidden"),
        (exceptions.NotAuthenticated(), 401, "unauthenticated"),
        (exceptions.AuthenticationFailed(), 401, "unauthenticated"),
        (exceptions.PermissionDenied(), 403, "forbidden"),
        (exceptions.MethodNotAllowed("TRACE"), 405, "method_not_allowed"),
        (exceptions.NotAcceptable(), 406, "not_acceptable"),
        (exceptions.UnsupportedMediaType("text/html"), 415, "unsupported_media_type"),
        (exceptions.Throttled(wait=7), 429, "throttled"),
        (exceptions.ParseError("bad"), 400, "malformed"),
        (exceptions.ValidationError("bad"), 400, "invalid_input"),
    ],
)
def test_every_exception_has_its_problem(exception: Exception, status: int, code: str) -> None:
    answer, body = _handled(exception)
    assert (answer.status_code, body["code"]) == (status, code)
    assert "secret" not in json.dumps(body)
    assert (status == 401) == ("WWW-Authenticate" in answer.headers)
    assert answer.headers.get("Retry-After") == ("8" if status == 429 else None)


def test_a_defect_is_left_to_django_which_logs_it() -> None:
    assert problem_handler(ZeroDivisionError(), {}) is None
    assert problem_handler(IntegrityError("Key (name)=(山田)"), {}) is None


class _Answer(serializers.Serializer[Any]):
    item = serializers.IntegerField()


class _Answers(serializers.Serializer[Any]):
    answers = _Answer(many=True)
    tags = serializers.ListField(child=serializers.CharField(max_length=3))

    def validate(self, attrs: Any) -> Any:
        raise serializers.ValidationError("both")


def test_each_fault_is_pointed_at() -> None:
    given = _Answers(data={"answers": [{"item": 1}, {"item": "x"}, {}], "tags": ["ok", "long"]})
    with pytest.raises(serializers.ValidationError) as caught:
        given.is_valid(raise_exception=True)
    listed = _handled(caught.value)[1]["errors"]
    assert [(entry["pointer"], entry["code"]) for entry in listed] == [
        ("/answers/1/item", "invalid"),
        ("/answers/2/item", "required"),
        ("/tags/1", "max_length"),
    ]
    whole = _Answers(data={"answers": [], "tags": []})
    with pytest.raises(serializers.ValidationError) as caught:
        whole.is_valid(raise_exception=True)
    assert [entry["pointer"] for entry in _handled(caught.value)[1]["errors"]] == [""]


class _Translated(DomainError):
    """An error of this test's own, with a text that Django's own catalogues translate."""

    code, status, title = "test_translated", 409, _("This field is required.")


def test_title_and_detail_are_in_the_callers_language() -> None:
    expected = {
        "en": "This field is required.",
        "ja": "この項目は必須です。",
        "id": "Bidang ini harus diisi.",
    }
    for language, text in expected.items():
        with translation.override(language):
            body = problem(_Translated(_("This field is required."), pointer="/name"))
        assert body["title"] == body["detail"] == body["errors"][0]["detail"] == text
        assert body["code"] == "test_translated"


class _Impostor(DomainError):
    """Has members of the standard's names."""

    code, status, title = "test_impostor", 403, "Impostor"
    member_types = {"status": int, "type": str, "retry": bool}


def test_further_members_never_replace_those_of_the_standard() -> None:
    body = problem(_Impostor(status=200, type="x", retry=True))
    assert (body["status"], body["type"], body["retry"]) == (403, "/problems/test_impostor", True)


@pytest.mark.parametrize("members", [{"retry": True}, {"status": 1, "type": "x", "retry": True, "reason": "y"}])
def test_members_that_are_not_declared_or_missing_are_refused(members: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="declares"):
        _Impostor(**members)


def test_two_errors_never_share_a_code() -> None:
    with pytest.raises(TypeError, match="share the code"):
        type("Another", (DomainError,), {"code": "not_found"})


def test_every_registered_error_explains_itself(client: Client) -> None:
    for code, error in errors.registered().items():
        assert error.__doc__, f"{code} says nothing to developers"
        assert 400 <= error.status < 600
        assert str(error.title)
    answer = client.get("/problems/not_found")
    assert answer.json()["status"] == 404
    assert client.get("/problems/no_such_code").status_code == 404


# --- what Django itself answers ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/api/nothing", "/agency/nothing", "/.well-known/nothing", "/verify/no/such/page"])
def test_an_unknown_path_is_a_problem_and_no_page(client: Client, path: str) -> None:
    answer = client.get(path, headers={"X-Request-ID": "request-0001"})
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["X-Request-ID"] == answer.json()["request_id"] == "request-0001"


def test_a_host_that_is_not_ours_is_a_problem(client: Client) -> None:
    answer = client.get("/api/v1/member-states", headers={"Host": "evil.example"})
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert "evil" not in answer.content.decode()


@pytest.mark.parametrize(
    "offered", ["", "short", "a" * 65, "with space in it", "line\\nbreak-1234", "идентификатор", "<script>1"]
)
def test_a_request_id_that_is_none_is_replaced(client: Client, offered: str) -> None:
    answer = client.get("/livez", headers={"X-Request-ID": offered})
    assert answer["X-Request-ID"] not in ("", offered)
    assert request_id.get() == ""


def test_pages_and_other_paths_keep_their_form() -> None:
    def page(request: Any) -> HttpResponse:
        answer = HttpResponse("<p>revoked</p>", status=410)
        answer.is_page = request.path == "/verify/code"  # type: ignore[attr-defined]
        return answer

    middleware = ProblemMiddleware(page)
    for path, is_problem in (("/verify/code", False), ("/admin/x", False), ("/api/v1/x", True)):
        answer = middleware(RequestFactory().get(path))
        assert answer.status_code == 410
        assert (answer["Content-Type"] == "application/problem+json") is is_problem


def test_what_the_problem_replaces_keeps_its_meaning() -> None:
    def refuse(request: Any) -> HttpResponse:
        return HttpResponse("no", status=405, headers={"Allow": "GET", "Retry-After": "3"})

    answer = ProblemMiddleware(refuse)(RequestFactory().post("/livez"))
    assert (answer.status_code, answer["Allow"], answer["Retry-After"]) == (405, "GET", "3")


@pytest.mark.parametrize("status", sorted({400, 413, 418, *BY_STATUS}))
def test_any_status_becomes_a_problem_of_that_status(status: int) -> None:
    answer = ProblemMiddleware(lambda request: HttpResponse("<h1>no</h1>", status=status))(
        RequestFactory().get("/api/x")
    )
    assert answer.status_code == json.loads(answer.content)["status"] == status


# --- what is logged ---------------------------------------------------------------------------------------------------


def _line(record: logging.LogRecord) -> dict[str, Any]:
    RequestIdFilter().filter(record)
    found: dict[str, Any] = json.loads(JsonFormatter().format(record))
    return found


def test_a_request_is_logged_by_its_route_and_not_by_its_path(caplog: pytest.LogCaptureFixture, client: Client) -> None:
    with caplog.at_level(logging.INFO, logger="requests"):
        client.get("/problems/not_found?name=山田", headers={"X-Request-ID": "request-0001"})
    token = request_id.set("request-0001")
    try:
        line = _line(next(record for record in caplog.records if record.name == "requests"))
    finally:
        request_id.reset(token)
    assert (line["route"], line["status"], line["method"]) == ("problems/<slug:code>", 200, "GET")
    assert line["request_id"] == "request-0001"
    assert line["time"]
    assert "not_found" not in json.dumps(line)


def test_a_failed_request_is_logged_without_path_query_or_rows(
    caplog: pytest.LogCaptureFixture, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = "Key (legal_name)=(山田 愛子) already exists"

    def fail(code: str) -> None:
        try:
            raise IntegrityError(row)
        except IntegrityError as error:
            raise LookupError("no such code") from error

    monkeypatch.setattr(errors, "registered", lambda: type("Failing", (), {"get": staticmethod(fail)}))
    client.raise_request_exception = False
    with caplog.at_level(logging.ERROR, logger="django.request"):
        answer = client.get("/problems/a-secret-code?name=Aiko")
    assert answer.status_code == 500
    assert answer.json()["code"] == "internal"
    (record,) = (record for record in caplog.records if record.name == "django.request")
    line = json.dumps(_line(record), ensure_ascii=False)
    for personal in ("a-secret-code", "Aiko", "山田", "legal_name"):
        assert personal not in line
    assert "LookupError: no such code" in line
    assert "IntegrityError" in line
    assert "problems/<slug:code>" in line


def test_the_id_ends_with_the_request() -> None:
    seen: list[str] = []

    def answer(request: Any) -> HttpResponse:
        seen.append(request_id.get())
        if len(seen) == 2:
            raise ZeroDivisionError
        request.resolver_match = None
        return HttpResponse()

    middleware = RequestContextMiddleware(answer)
    first = middleware(RequestFactory().get("/"))
    assert first["X-Request-ID"] == seen[0] != ""
    with pytest.raises(ZeroDivisionError):
        middleware(RequestFactory().get("/"))
    assert request_id.get() == ""
    assert seen[0] != seen[1]
