"""schemathesis against the OpenAPI documents, as a learner, as an agency, and as nobody: every answer as documented."""

from __future__ import annotations

import itertools
import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from django.db import connection
from hypothesis import HealthCheck, given, settings
from rest_framework.test import APIClient
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from config import starter_course
from config.demo_accounts import agency_with_client
from credentials.models import AchievementVersion
from learners.models import Learner
from tests.attacks.scene import certify_in_each_status, read, share_with

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
# `make check` asks for more.
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "3"))
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
        client,
        "PUT",
        "/api/v1/me/profile",
        {"legal_name": "สมชาย ใจดี", "member_state": "TH", "languages": ["th"], "birth_year": 1990},
    )
    purposes = _call(client, "GET", "/api/v1/purposes")["items"]
    version = next(p for p in purposes if p["code"] == "learning_records")["texts"][0]["version"]
    consent = {
        "purpose": "learning_records",
        "agency_id": None,
        "given": True,
        "text_version": version,
        "text_language": "en",
    }
    _call(client, "PUT", f"/api/v1/me/consents/{uuid.uuid4()}", consent)
    enrolment, attempt = str(uuid.uuid4()), str(uuid.uuid4())
    _call(client, "PUT", f"/api/v1/me/enrolments/{enrolment}", {"edition_id": edition_id})
    quiz = _call(client, "GET", f"/api/v1/editions/{edition_id}/quizzes")["items"][0]["id"]
    _call(client, "PUT", f"/api/v1/me/attempts/{attempt}", {"quiz_id": quiz})
    lesson = _call(client, "GET", f"/api/v1/editions/{edition_id}")["modules"][0]["lessons"][0]["id"]
    known = {
        "edition_id": [edition_id],
        "lesson_id": [lesson],
        "quiz_id": [quiz],
        "enrolment_id": [enrolment],
        "attempt_id": [attempt],
        "id": [enrolment, attempt],
    }
    return headers, known


def _agency(registered: dict[str, str]) -> dict[str, str]:
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


@dataclass(frozen=True)
class Scene:
    """Headers of each caller, and values of path parameters that lead somewhere."""

    callers: dict[str, dict[str, str]]
    known: dict[str, list[str]]


def _scene(monkeypatch: pytest.MonkeyPatch) -> Scene:
    edition_id = str(starter_course.load())
    learner, known = _learner(edition_id)
    registered = agency_with_client("TH", actor="test")
    aiko = Learner.objects.get(user__username="fuzz-learner")
    held = certify_in_each_status(aiko, monkeypatch)
    share_with(UUID(registered["agency_id"]), aiko)
    agency = _agency(registered)
    feed = _call(_caller(agency), "GET", "/agency/v1/progress")["items"]
    assert {row["withdrawn"] for row in feed} == {True, False}
    told = {certificate["status"] for row in feed for certificate in row["certificates"] or ()}
    assert told == {"active", "suspended", "revoked", "superseded"}
    known["certificate_id"] = [str(certificate.pk) for certificate in held.values()]
    known["code"] = [certificate.public_code for certificate in held.values()]
    known["learner"] = [row["learner"] for row in feed]
    # What is made up once is sent by each: making it up takes longer than answering it.
    return Scene({"learner": learner, "agency": agency, "nobody": {}}, known)


def _caller(headers: dict[str, str]) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=headers["Authorization"])
    return client


@pytest.mark.django_db
def test_certificates_in_each_status_answer_as_documented(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each address of each certificate, which the fuzz may not come to."""
    scene = _scene(monkeypatch)
    learner = _caller(scene.callers["learner"])
    read(learner, "/api/v1/home", "/api/v1/me/certificates", "/api/v1/me/skills", "/api/v1/me/disclosures")
    assert {row["status"] for row in learner.get("/api/v1/me/certificates").json()["items"]} == {
        "active",
        "suspended",
        "revoked",
        "superseded",
    }
    share = f"/api/v1/me/shares/{uuid.uuid4()}"
    _call(learner, "PUT", share, {"certificates": scene.known["certificate_id"][:1], "shown": ["name", "achievement"]})
    correction = f"/api/v1/me/certificates/{scene.known['certificate_id'][0]}/corrections/{uuid.uuid4()}"
    _call(learner, "PUT", correction, {"legal_name": "สมหญิง ใจดี", "reason": "I married."})
    achievement = AchievementVersion.objects.values_list("pk", flat=True).first()
    read(learner, share, correction, f"/achievements/{achievement}/en")
    for certificate_id in scene.known["certificate_id"]:
        read(learner, f"/api/v1/me/certificates/{certificate_id}/renewal")
    for pseudonym in scene.known["learner"]:
        read(_caller(scene.callers["agency"]), f"/agency/v1/learners/{pseudonym}/skills")
    verdicts = set()
    for code in scene.known["code"]:
        anybody = APIClient(headers={"accept": "application/json"})
        read(anybody, f"/verify/{code}", f"/verify/{code}/credential", f"/verify/{code}/log-proof")
        verdicts.add(anybody.get(f"/verify/{code}/status").json()["verdict"])
    assert verdicts == {"valid", "suspended", "revoked", "superseded", "expired"}


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_kept_connection")
@pytest.mark.parametrize("share", range(SHARES))
def test_no_operation_answers_what_it_does_not_document(share: int, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = _scene(monkeypatch)
    application, failures, turn = get_wsgi_application(), [], itertools.count()
    operations = itertools.chain.from_iterable(
        schemathesis.openapi.from_wsgi(f"/{door}/openapi.yaml", application).get_all_operations()
        for door in ("api", "agency", "verify")
    )
    for found in itertools.islice(operations, share, None, SHARES):
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
            number = next(turn)
            if number % 2 and case.path_parameters:
                for name in case.path_parameters:
                    if name in scene.known:
                        values = scene.known[name]
                        case.path_parameters[name] = values[number // 2 % len(values)]
            for caller, headers in scene.callers.items():
                try:
                    case.validate_response(case.call(headers=headers), checks=CHECKS)
                except (Exception, BaseExceptionGroup) as error:
                    error.add_note(f"as {caller}")
                    raise

        try:
            attack()
        except (Exception, BaseExceptionGroup) as error:
            failures.append(f"{operation.method.upper()} {operation.path}: {error} {getattr(error, '__notes__', '')}")
    assert not failures, "\n\n".join(failures)
