"""A wallet that reads JWT only: Aiko asks for her certificate in that form, strangers' libraries judge it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import jwt
import psycopg
import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from openbadgeslib.errors import LibOpenBadgesException
from openbadgeslib.ob3.verifier import OB3Verifier

from common import clock
from common.ids import new_id
from credentials.certificates import status_changes
from credentials.certificates.signer import public_key_of
from credentials.events import JwtFormAsked
from credentials.models import Certificate, CertificateJwt, IssuerKey
from events import public as events
from privacy.models import AuditEntry
from privacy.public import erasing
from tests.factories import make_learner, signed_in

pytestmark = pytest.mark.django_db


def _path(certificate: Certificate) -> str:
    return f"/api/v1/me/certificates/{certificate.pk}/jwt"


def _signed(certificate: Certificate) -> str:
    client = signed_in(certificate.learner.user)
    answer = client.put(_path(certificate))
    assert (answer.status_code, answer["Retry-After"]) == (202, "2")
    assert client.get(_path(certificate)).status_code == 202
    events.drain("certificate_jwts")
    answer = client.get(_path(certificate))
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/vc+jwt")
    return str(answer.content.decode())


def _published(url: str) -> bytes:
    assert url == "https://testserver/issuers/jp/did.json"
    return bytes(Client().get("/issuers/jp/did.json").content)


def _stranger_reads(token: str) -> Any:
    return OB3Verifier.for_issuer_did("did:web:testserver:issuers:jp", download=_published).verify(
        token, download=_published
    )


def test_two_libraries_that_are_not_ours_accept_it(issue: Callable[..., Certificate]) -> None:
    certificate = issue(name='O\'Brien "Bud" สมชาย')
    token = _signed(certificate)
    document = json.loads(certificate.credential)
    header = jwt.get_unverified_header(token)
    key = IssuerKey.objects.get(pk=header["kid"])
    assert header == {"alg": "EdDSA", "typ": "vc+jwt", "cty": "vc", "kid": document["proof"][0]["verificationMethod"]}
    payload = jwt.decode(token, public_key_of(key.multikey), algorithms=["EdDSA"], issuer=document["issuer"]["id"])
    claims = {name: payload.pop(name) for name in ("iss", "sub", "jti", "nbf", "exp")}
    assert payload == {name: value for name, value in document.items() if name != "proof"}
    assert claims == {
        "iss": document["issuer"]["id"],
        "sub": document["credentialSubject"]["id"],
        "jti": document["id"],
        "nbf": int(certificate.valid_from.timestamp()),
        "exp": int(certificate.valid_until.timestamp()),
    }
    assert _stranger_reads(token).issuer.id == document["issuer"]["id"]


def test_what_is_altered_is_refused(issue: Callable[..., Certificate]) -> None:
    token = _signed(issue())
    head, body, signature = token.split(".")
    other = _signed(issue(name="Budi")).split(".")
    for forged in (f"{head}.{other[1]}.{signature}", f"{head}.{body}.{other[2]}", f"{head}.{body}."):
        with pytest.raises(LibOpenBadgesException):
            _stranger_reads(forged)


def test_it_is_signed_once_however_often_it_is_asked_for(issue: Callable[..., Certificate], query_budget: Any) -> None:
    certificate = issue()
    token = _signed(certificate)
    client = signed_in(certificate.learner.user)
    again = client.put(_path(certificate))
    assert (again.status_code, again.content.decode()) == (200, token)
    assert not events.is_waiting() or not _owed("certificate_jwts")
    with query_budget(1):
        fresh = client.get(_path(certificate), headers={"If-None-Match": again["ETag"]})
    assert fresh.status_code == 304
    with pytest.raises(DatabaseError, match="written once"), transaction.atomic():
        CertificateJwt.objects.update(token="x")
    signed = AuditEntry.objects.filter(action="certificate.jwt_signed")
    assert [entry.subject_id for entry in signed] == [str(certificate.pk)]


def _owed(consumer: str) -> int:
    from events.models import Delivery

    return Delivery.objects.filter(consumer=consumer).count()


def test_a_delivery_that_comes_twice_changes_nothing(issue: Callable[..., Certificate]) -> None:
    certificate = issue()
    token = _signed(certificate)
    with transaction.atomic():
        events.record(JwtFormAsked(certificate_id=certificate.pk, learner_id=certificate.learner_id))
        events.record(JwtFormAsked(certificate_id=new_id(), learner_id=new_id()))
    events.drain("certificate_jwts")
    assert CertificateJwt.objects.get().token == token
    assert not _owed("certificate_jwts")


def test_many_are_signed_in_the_same_few_statements(issue: Callable[..., Certificate], query_budget: Any) -> None:
    certificates = [issue() for _ in range(3)]
    for certificate in certificates:
        signed_in(certificate.learner.user).put(_path(certificate))
    with query_budget(16):
        events.drain("certificate_jwts")
    assert CertificateJwt.objects.exclude(token="").count() == 3


def test_only_what_holds_is_signed(issue: Callable[..., Certificate], settings: Any) -> None:
    revoked, late = issue(), issue()
    status_changes.revoke(certificate_id=revoked.pk, actor="test", reason="x", now=clock.now())
    answer = signed_in(revoked.learner.user).put(_path(revoked))
    assert (answer.status_code, answer.json()["code"]) == (409, "not_presentable")
    assert signed_in(late.learner.user).put(_path(late)).status_code == 202
    status_changes.revoke(certificate_id=late.pk, actor="test", reason="x", now=clock.now())
    events.drain("certificate_jwts")
    assert signed_in(late.learner.user).get(_path(late)).status_code == 404
    elsewhere = issue()
    settings.PUBLIC_BASE_URL = "https://moved.example"
    assert signed_in(elsewhere.learner.user).put(_path(elsewhere)).status_code == 409
    assert not CertificateJwt.objects.exists()


def test_an_altered_row_is_not_vouched_for_a_second_time(issue: Callable[..., Certificate]) -> None:
    certificate = issue(name="Budi Santoso")
    assert signed_in(certificate.learner.user).put(_path(certificate)).status_code == 202
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE credentials_certificate DISABLE TRIGGER certificate_is_written_once")
        Certificate.objects.update(credential=certificate.credential.replace("Budi", "Dodo"))
        cursor.execute("ALTER TABLE credentials_certificate ENABLE TRIGGER certificate_is_written_once")
    events.drain("certificate_jwts")
    assert not CertificateJwt.objects.exists()


def test_outsiders_get_none_and_ask_for_none(issue: Callable[..., Certificate]) -> None:
    certificate = issue()
    budi = signed_in(make_learner("ID", name="Budi").user)
    assert budi.put(_path(certificate)).status_code == 404
    assert Client().put(_path(certificate)).status_code == 401
    assert not CertificateJwt.objects.exists()
    _signed(certificate)
    assert budi.get(_path(certificate)).status_code == 404
    assert budi.put(_path(certificate)).status_code == 404


def test_whoever_holds_the_code_reads_the_jwt_if_there_is_one(issue: Callable[..., Certificate]) -> None:
    certificate = issue()
    page, wanted = f"/verify/{certificate.public_code}", {"Accept": "application/vc+jwt"}
    for answer in (Client().get(page, headers=wanted), Client().get(page, headers=wanted)):
        assert (answer.status_code, answer["Content-Type"]) == (406, "application/problem+json")
    signed_in(certificate.learner.user).put(_path(certificate))
    assert Client().get(page, headers=wanted).status_code == 406
    events.drain("certificate_jwts")
    answer = Client().get(page, headers=wanted)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/vc+jwt")
    assert answer.content.decode() == CertificateJwt.objects.get().token
    assert answer["Certificate-Verdict"] == "valid"
    again = Client().get(page, headers={**wanted, "If-None-Match": answer["ETag"]})
    assert again.status_code == 304
    status_changes.revoke(certificate_id=certificate.pk, actor="test", reason="x", now=clock.now())
    answer = Client().get(page, headers={**wanted, "If-None-Match": answer["ETag"]})
    assert (answer.status_code, answer["Certificate-Verdict"]) == (200, "revoked")
    assert Client().get("/verify/" + "0" * 26, headers=wanted).status_code == 404
    learner = certificate.learner
    with erasing(learner.pk):
        learner.user.delete()
    assert not CertificateJwt.objects.exists()


def _connected_as(role: str) -> psycopg.Connection[Any]:
    return psycopg.connect(**{**connection.get_connection_params(), "user": role})


_ASKED = (
    "INSERT INTO credentials_certificatejwt (certificate_id, asked_at) VALUES (%(id)s, now()) ON CONFLICT DO NOTHING",
    "INSERT INTO credentials_passport AS passport (learner_id, asked_at, wanted_sha256) VALUES (%(id)s, now(), 'x') "
    "ON CONFLICT (learner_id) DO UPDATE SET asked_at = EXCLUDED.asked_at, wanted_sha256 = EXCLUDED.wanted_sha256 "
    "WHERE passport.wanted_sha256 <> EXCLUDED.wanted_sha256 RETURNING learner_id",
)
_SIGNED = (
    "UPDATE credentials_certificatejwt AS certificate_jwt SET token = new.token, key_id = 'k', signed_at = now() "
    "FROM unnest('{}'::uuid[], '{}'::text[]) AS new (id, token) "
    "WHERE certificate_jwt.certificate_id = new.id AND certificate_jwt.token = ''",
    "UPDATE credentials_passport AS passport SET credential = new.text, content_sha256 = 'x', wanted_sha256 = '', "
    "key_id = 'k', valid_until = now() "
    "FROM unnest('{}'::uuid[], '{}'::text[]) AS new (id, text) WHERE passport.learner_id = new.id",
)
_FORGED = (
    "INSERT INTO credentials_certificatejwt (certificate_id, asked_at, token, key_id, signed_at) "
    "VALUES (%(id)s, now(), 'x', 'k', now())",
    "INSERT INTO credentials_passport (learner_id, asked_at, credential, content_sha256, key_id, valid_until) "
    "VALUES (%(id)s, now(), 'x', 'x', 'k', now())",
    *_SIGNED,
)


def test_web_processes_may_ask_and_may_not_sign() -> None:
    """By the real roles: a foreign key that says no means that the right was there."""
    with _connected_as("skills_app") as web:
        for statement in _FORGED:
            with pytest.raises(psycopg.errors.InsufficientPrivilege), web.transaction():
                web.execute(statement, {"id": new_id()})
        web.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for statement in _ASKED:
            with pytest.raises(psycopg.errors.ForeignKeyViolation), web.transaction():
                web.execute(statement, {"id": new_id()})
    with _connected_as("skills_worker") as worker:
        for table in ("certificatejwt", "passport"):
            worker.execute(f"SELECT FROM credentials_{table} FOR UPDATE")
            worker.execute(f"DELETE FROM credentials_{table} WHERE asked_at IS NULL")
        worker.execute("UPDATE credentials_passport SET wanted_sha256 = '' WHERE false")
        for statement in _SIGNED:
            with pytest.raises(psycopg.errors.InsufficientPrivilege), worker.transaction():
                worker.execute(statement)
        worker.execute("SET LOCAL ROLE skills_issuer")
        for statement in _SIGNED:
            worker.execute(statement)
