"""schemathesis against the OpenAPI document, as a learner, as an agency, and as nobody: no 5xx, no undocumented status."""

from __future__ import annotations

import itertools
import os
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from django.db import connection
from hypothesis import HealthCheck, given, settings
from rest_framework.test import APIClient
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, status_code_conformance

from config import starter_course
from config.demo_accounts import agency_with_client

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance]
# `make check` asks for more.
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "5"))
# Each has a third of the operations, so that they run side by side.
SHARES = 3
PASSWORD = "a long pass phrase of nobody"


def _call(client: APIClient, method: str, path: str, body: Any = None) -> Any:
    answer = client.generic(method, path, b"" if body is None else _json(body), content_type="application/json")
    assert answer.status_code < 400, (method, path, answer.content)
    return answer.json() if answer.content else None


def _json(body: Any) -> bytes:
    from common.rendering import to_json

    return to_json(body)


def _learner(edition_id: str) -> tuple[dict[str, str], dict[str, list[str]]]:
    """A learner in the middle of everything, signed in by a real token; and the ids that lead somewhere."""
    client = APIClient()
    signed = _call(client, "POST", "/auth/app/v1/auth/signup", {"username": "fuzz-learner", "password": PASSWORD})
    headers = {"Authorization": f"Bearer {signed['meta']['access_token']}"}
    client.credentials(HTTP_AUTHORIZATION=headers["Authorization"])
    _call(
        client, "PUT", "/api/v1/me/profile",
        {"legal_name": "สมชาย ใจดี", "member_state": "TH", "languages": ["th"], "birth_year": 1990},
    )  # fmt: skip
    purposes = _call(client, "GET", "/api/v1/purposes")["items"]
    version = next(p for p in purposes if p["code"] == "learning_records")["texts"][0]["version"]
    consent = {
        "purpose": "learning_records", "agency_id": None, "given": True, "text_version": version, "text_language": "en",
    }  # fmt: skip
    _call(client, "PUT", f"/api/v1/me/consents/{uuid.uuid4()}", consent)
    enrolment, attempt = str(uuid.uuid4()), str(uuid.uuid4())
    _call(client, "PUT", f"/api/v1/me/enrolments/{enrolment}", {"edition_id": edition_id})
    quiz = _call(client, "GET", f"/api/v1/editions/{edition_id}/quizzes")["items"][0]["id"]
    _call(client, "PUT", f"/api/v1/me/attempts/{attempt}", {"quiz_id": quiz})
    lesson = _call(client, "GET", f"/api/v1/editions/{edition_id}")["modules"][0]["lessons"][0]["id"]
    known = {
        "edition_id": [edition_id], "lesson_id": [lesson], "quiz_id": [quiz],
        "enrolment_id": [enrolment], "attempt_id": [attempt], "id": [enrolment, attempt],
    }  # fmt: skip
    return headers, known


def _agency() -> dict[str, str]:
    registered = agency_with_client("TH", actor="test")
    client = APIClient()
    answer = client.generic(
        "POST",
        "/agency/oauth/token",
        f"grant_type=client_credentials&client_id={registered['client_id']}&client_secret={registered['client_secret']}",
        content_type="application/x-www-form-urlencoded",
    )
    assert answer.status_code == 200, answer.content
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


@pytest.fixture
def _kept_connection(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """One connection for thousands of requests, as a web process of production keeps it."""
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", 600)
    yield
    connection.close()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_kept_connection")
@pytest.mark.parametrize("share", range(SHARES))
def test_no_operation_breaks_or_answers_what_it_does_not_document(share: int) -> None:
    edition_id = str(starter_course.load())
    learner, known = _learner(edition_id)
    # What is made up once is sent by each: making it up takes longer than answering it.
    callers = {"learner": learner, "agency": _agency(), "nobody": {}}
    schema = schemathesis.openapi.from_wsgi("/api/openapi.yaml", get_wsgi_application())
    failures = []
    turn = itertools.count()
    for found in itertools.islice(schema.get_all_operations(), share, None, SHARES):
        operation = found.ok()

        @given(case=operation.as_strategy())
        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        )
        def attack(case: Any) -> None:
            # Every second case goes to something that exists, so that more than the 404 is tried.
            if next(turn) % 2 and case.path_parameters:
                for name in case.path_parameters:
                    if name in known:
                        case.path_parameters[name] = known[name][0]
            for caller, headers in callers.items():
                try:
                    case.validate_response(case.call(headers=headers), checks=CHECKS)
                except Exception as error:
                    error.add_note(f"as {caller}")
                    raise

        try:
            attack()
        except Exception as error:
            failures.append(f"{operation.method.upper()} {operation.path}: {error} {getattr(error, '__notes__', '')}")
    assert not failures, "\n\n".join(failures)
