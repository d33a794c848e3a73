"""Agencies' machines sign in by OAuth 2 client credentials, and by nothing else."""

from __future__ import annotations

import base64
import io
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.test import Client
from oauth2_provider.models import AccessToken, Application

from accounts.hashers import Argon2idHasher
from agencies import services
from agencies.models import ApiClient
from common import clock
from privacy.models import AuditEntry
from tests.agencies.factories import Machine, make_agency, make_sharing_learner, signed_in_machine
from tests.factories import make_learner, signed_in

pytestmark = pytest.mark.django_db


def test_citras_machine_gets_a_short_token_and_nothing_readable_is_stored() -> None:
    machine = Machine(make_agency())
    answer = machine.sign_in()
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    body = answer.json()
    assert body["token_type"] == "Bearer"
    assert body["expires_in"] == 900
    assert set(body["scope"].split()) == {"progress:read", "statistics:read"}
    assert "refresh_token" not in body
    stored = Application.objects.get(client_id=machine.credentials.client_id)
    assert stored.client_secret.startswith("argon2")
    assert machine.credentials.client_secret not in stored.client_secret
    assert not AccessToken.objects.filter(token=machine.token).exists()
    assert AuditEntry.objects.filter(
        action="agency_client.registered", subject_id=machine.credentials.client_id
    ).exists()
    assert machine.pull().status_code == 200


def test_the_secret_may_travel_by_http_basic() -> None:
    new = Machine(make_agency()).credentials
    basic = base64.b64encode(f"{new.client_id}:{new.client_secret}".encode()).decode()
    answer = Client().post(
        "/agency/oauth/token", {"grant_type": "client_credentials"}, headers={"authorization": f"Basic {basic}"}
    )
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({}, 400, "invalid_request"),
        ({"grant_type": "password", "username": "a", "password": "b"}, 400, "unsupported_grant_type"),
        ({"grant_type": "authorization_code", "code": "x"}, 400, "unsupported_grant_type"),
        ({"grant_type": "refresh_token", "refresh_token": "x"}, 400, "unsupported_grant_type"),
        ({"grant_type": "client_credentials"}, 401, "invalid_client"),
        ({"grant_type": "client_credentials", "client_id": "nobody", "client_secret": "x"}, 401, "invalid_client"),
        ({"grant_type": "client_credentials", "client_id": "a\x00b", "client_secret": "\x00"}, 401, "invalid_client"),
    ],
)
def test_errors_are_those_of_oauth(form: dict[str, str], status: int, error: str) -> None:
    answer = Client().post("/agency/oauth/token", form)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer["Content-Type"] == "application/json"
    if status == 401:
        assert answer["WWW-Authenticate"].startswith("Basic")
    assert not AccessToken.objects.exists()


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b'{"grant_type": "client_credentials"}', "application/json"),
        (b"\xff\xfe", "application/x-www-form-urlencoded"),
        (b"grant_type=client_credentials&client_id=%00&client_secret=%zz", "application/x-www-form-urlencoded"),
        (b"a" * 2_000_000, "application/x-www-form-urlencoded"),
        (b"grant_type=client_credentials", "application/x-www-form-urlencoded; charset=utf-16"),
        (b"--x\r\nnonsense", "multipart/form-data"),
    ],
)
def test_what_is_no_form_is_refused_as_such(body: bytes, content_type: str) -> None:
    answer = Client(raise_request_exception=False).generic("POST", "/agency/oauth/token", body, content_type)
    assert answer.status_code in {400, 401, 413}
    assert "error" in answer.json()


def test_other_methods_are_a_problem() -> None:
    answer = Client().get("/agency/oauth/token")
    assert answer.status_code == 405
    assert answer["Content-Type"] == "application/problem+json"


def test_a_wrong_secret_opens_nothing() -> None:
    machine = Machine(make_agency())
    answer = machine.sign_in(client_secret="wrong")
    assert answer.status_code == 401
    assert not AccessToken.objects.exists()


def test_a_token_reaches_as_far_as_its_scope() -> None:
    machine = Machine(make_agency())
    assert machine.sign_in(scope="statistics:read").status_code == 200
    refused = machine.pull()
    assert refused.status_code == 403
    assert refused.json()["code"] == "insufficient_scope"
    assert machine.read("/agency/v1/statistics").status_code == 200
    assert machine.sign_in(scope="statistics:read everything").json() == {"error": "invalid_scope"}


def test_a_regional_body_is_never_offered_learner_level_data() -> None:
    machine = Machine(make_agency(None))
    assert machine.sign_in().json()["scope"] == "statistics:read"
    assert machine.sign_in(scope="progress:read").json() == {"error": "invalid_scope"}
    assert machine.pull().status_code == 403


def _deactivate_client(machine: Machine) -> None:
    client = ApiClient.objects.get(application__client_id=machine.credentials.client_id)
    services.set_client_active(application_id=client.pk, active=False, actor="test")


def _deactivate_agency(machine: Machine) -> None:
    services.set_agency_active(agency_id=machine.agency.pk, active=False, actor="test")


def _expire(machine: Machine) -> None:
    AccessToken.objects.update(expires=clock.now() - timedelta(seconds=1))


def _renew(machine: Machine) -> None:
    client = ApiClient.objects.get(application__client_id=machine.credentials.client_id)
    services.renew_secret(application_id=client.pk, actor="test")


@pytest.mark.parametrize("end", [_deactivate_client, _deactivate_agency, _expire, _renew])
def test_a_token_ends_at_once(end) -> None:
    agency = make_agency()
    machine, other = signed_in_machine(agency), signed_in_machine(make_agency())
    make_sharing_learner(agency)
    assert machine.pull().status_code == 200
    end(machine)
    refused = machine.pull()
    assert refused.status_code == 401
    assert refused["Content-Type"] == "application/problem+json"
    assert refused["WWW-Authenticate"].startswith("Bearer")
    assert 'error="invalid_token"' in refused["WWW-Authenticate"]
    if end is not _expire:
        assert machine.sign_in().status_code == 401, "the old secret opens nothing either"
        assert other.pull().status_code == 200, "others are not concerned"


def test_tokens_do_not_come_back_with_the_client() -> None:
    machine = signed_in_machine(make_agency())
    _deactivate_client(machine)
    client = ApiClient.objects.get(application__client_id=machine.credentials.client_id)
    services.set_client_active(application_id=client.pk, active=True, actor="test")
    assert machine.pull().status_code == 401
    assert machine.sign_in().status_code == 200


@pytest.mark.parametrize("path", ["/agency/v1/progress", "/agency/v1/statistics"])
@pytest.mark.parametrize("header", ["", "Bearer", "Bearer a b", "Bearer nonsense", "Basic YTpi", "Bearer \u00e9"])
def test_without_a_token_there_is_no_answer(path: str, header: str) -> None:
    answer = Client().get(path, headers={"authorization": header} if header else {})
    assert answer.status_code == 401
    assert answer.json()["code"] == "unauthenticated"
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_an_outsider_who_is_a_learner_cannot_pull_and_an_agency_is_no_learner() -> None:
    dao = make_learner("VN")
    machine = signed_in_machine(make_agency("VN"))
    assert signed_in(dao.user).get("/agency/v1/progress").status_code in {401, 403}
    assert machine.read("/api/v1/agencies").status_code == 401


def test_who_calls_is_found_in_one_query(django_assert_num_queries) -> None:
    machine = Machine(make_agency())
    machine.sign_in(scope="statistics:read")
    with django_assert_num_queries(1):
        assert machine.pull().status_code == 403


def test_two_clients_in_one_request_are_the_clients_mistake() -> None:
    entry, other = Machine(make_agency()).credentials, Machine(make_agency()).credentials
    basic = base64.b64encode(f"{entry.client_id}:{entry.client_secret}".encode()).decode()
    answer = Client().post(
        "/agency/oauth/token",
        {"grant_type": "client_credentials", "client_id": other.client_id, "client_secret": other.client_secret},
        headers={"authorization": f"Basic {basic}"},
    )
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert not AccessToken.objects.exists()


@pytest.mark.parametrize("by_basic", [True, False])
def test_known_and_unknown_clients_take_the_same_time(by_basic: bool) -> None:
    """Counted by what takes the time, the hashing: an answer without it takes a tenth."""
    known, shut_out, other_agency = (Machine(make_agency()) for _ in range(3))
    _deactivate_client(shut_out)
    _deactivate_agency(other_agency)
    ids = [machine.credentials.client_id for machine in (known, shut_out, other_agency)] + ["nobody", "a\x00b"]

    def ask(client_id: str) -> Any:
        form = {"grant_type": "client_credentials"}
        if not by_basic:
            return Client().post("/agency/oauth/token", {**form, "client_id": client_id, "client_secret": "wrong"})
        basic = base64.b64encode(f"{client_id}:wrong".encode()).decode()
        return Client().post("/agency/oauth/token", form, headers={"authorization": f"Basic {basic}"})

    answers = set()
    for client_id in ids:
        with (
            patch.object(Argon2idHasher, "encode", autospec=True, side_effect=Argon2idHasher.encode) as hashed,
            patch.object(Argon2idHasher, "verify", autospec=True, side_effect=Argon2idHasher.verify) as verified,
        ):
            answer = ask(client_id)
        assert hashed.call_count + verified.call_count == 1, client_id
        answers.add((answer.status_code, answer.content))
    assert len(answers) == 1


def test_a_large_file_beside_the_form_is_refused_unread() -> None:
    machine = Machine(make_agency())
    answer = machine.sign_in(file=io.BytesIO(b"x" * 2_000_000))
    assert (answer.status_code, answer.json()["error"]) == (413, "invalid_request")
    assert not AccessToken.objects.exists()
