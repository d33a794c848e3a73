"""A stranger's verifier reads the issuer's status lists: signed, fresh, and never wrong."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client

from common import clock
from common.ids import new_id
from credentials.certificates import proofs, selectors, signer, status_changes, status_list, status_publishing
from credentials.certificates.models import Certificate, StatusList
from credentials.certificates.signer import public_key_of
from credentials.certificates.status_indexes import decoys
from credentials.events import CertificateStatusChanged
from events import public as events
from events.kinds import Recorded
from privacy import public as privacy
from tests.factories import signed_in

pytestmark = pytest.mark.django_db


def _read(certificate: Certificate, purpose: str) -> tuple[dict, bytes]:
    """As a verifier does it: from the credential to the list, its proof by the published key."""
    entry = next(
        row for row in json.loads(certificate.credential)["credentialStatus"] if row["statusPurpose"] == purpose
    )
    address = entry["statusListCredential"].removeprefix("http://testserver")
    answer = Client().get(address, headers={"accept": "application/vc+ld+json"})
    assert answer.status_code == 200, answer.content
    document = answer.json()
    assert document["id"] == entry["statusListCredential"]
    published = Client().get("/issuers/jp/did.json").json()["verificationMethod"]
    key = next(row for row in published if row["id"] == document["proof"][0]["verificationMethod"])
    proofs.check(document, public_key=public_key_of(key["publicKeyMultibase"]))
    return document, status_list.decode(document["credentialSubject"]["encodedList"])


def _is_set(certificate: Certificate, purpose: str) -> bool:
    return status_list.is_set(_read(certificate, purpose)[1], certificate.status_index)


def test_a_list_is_there_with_its_first_certificate_and_tells_how_long_it_holds(issue) -> None:
    certificate = issue()
    for purpose in status_list.PURPOSES:
        document, bits = _read(certificate, purpose)
        assert not status_list.is_set(bits, certificate.status_index)
        held = datetime.fromisoformat(document["validUntil"]) - datetime.fromisoformat(document["validFrom"])
        assert held == timedelta(hours=24)
        hidden = list(decoys(bytes(certificate.status_list.secret), purpose))
        assert all(status_list.is_set(bits, entry) for entry in hidden)
        assert sum(byte.bit_count() for byte in bits) == len(set(hidden)) >= 64


def test_a_revocation_is_in_the_list_once_the_consumer_ran_and_no_other_is(issue) -> None:
    revoked, standing = issue(), issue()
    status_changes.revoke(certificate_id=revoked.pk, actor="reviewer", reason="issued in error", now=clock.now())
    events.drain("status_lists")
    assert _is_set(revoked, "revocation")
    assert not _is_set(revoked, "suspension")
    assert not _is_set(standing, "revocation")


def test_every_view_says_the_same_once_the_consumer_ran(issue) -> None:
    """Page, JSON, the learner's list, what agencies get, and both status lists; none may be kept longer than 30 s."""
    certificate = issue()
    client, code = Client(), certificate.public_code
    for step, status, verdict in (
        (status_changes.suspend, "suspended", "suspended"),
        (status_changes.reinstate, "active", "valid"),
        (status_changes.suspend, "suspended", "suspended"),
        (status_changes.revoke, "revoked", "revoked"),
    ):
        step(certificate_id=certificate.pk, actor="reviewer", reason="looked into", now=clock.now())
        events.drain("status_lists")
        answers = [
            client.get(f"/verify/{code}", headers={"accept": "text/html"}),
            client.get(f"/verify/{code}", headers={"accept": "application/vc"}),
        ]
        assert [answer["Certificate-Verdict"] for answer in answers] == [verdict] * 2
        assert all("no-cache" in answer["Cache-Control"] for answer in answers)
        assert client.get(f"/verify/{code}/status").json()["verdict"] == verdict
        mine = signed_in(certificate.learner.user).get("/api/v1/me/certificates").json()["items"]
        assert [row["status"] for row in mine] == [status]
        pulled = selectors.certificates_for_progress([certificate.learner_id])[certificate.learner_id]
        assert [entry["status"] for entry in pulled] == [status]
        assert _is_set(certificate, "suspension") == (status == "suspended")
        assert _is_set(certificate, "revocation") == (status == "revoked")


def test_what_did_not_change_is_not_signed_again_but_for_renewal(issue, monkeypatch) -> None:
    certificate = issue()
    status_changes.revoke(certificate_id=certificate.pk, actor="reviewer", reason="issued in error", now=clock.now())
    signed: list[bytes] = []
    sign = signer.FileSigner.sign
    monkeypatch.setattr(signer.FileSigner, "sign", lambda self, message: signed.append(message) or sign(self, message))
    changed = CertificateStatusChanged(
        certificate_id=certificate.pk,
        learner_id=certificate.learner_id,
        edition_id=new_id(),
        course_id=new_id(),
        status="revoked",
    )
    twice = [Recorded(1, changed, clock.now())] * 2
    for _ in range(3):
        status_publishing.publish_changed(twice)
    assert len(signed) == 1, "the list of revocations, once"
    before = StatusList.objects.get()
    assert status_publishing.renew_due(now=clock.now()) == 0
    assert status_publishing.renew_due(now=clock.now() + timedelta(hours=5, minutes=59)) == 0
    StatusList.objects.update(published_at=clock.now() - timedelta(hours=6))
    assert status_publishing.renew_due(now=clock.now()) == 1
    assert len(signed) == 3
    after = StatusList.objects.get()
    assert after.published_at > before.published_at - timedelta(seconds=1)
    assert _is_set(certificate, "revocation")


def test_a_list_is_ready_bytes_with_an_etag_for_half_a_minute(issue, query_budget) -> None:
    issue()
    address = "/status/jp/1/revocation"
    first = Client().get(address)
    assert first["Content-Type"] == "application/json"
    assert first["Cache-Control"] == "public, max-age=30"
    assert first.content.decode() == StatusList.objects.get().revocation
    with query_budget(1):
        again = Client().get(address, headers={"if-none-match": first["ETag"]})
    assert again.status_code == 304
    assert not again.content
    typed = Client().get(address, headers={"accept": "application/vc+ld+json"})
    assert typed["Content-Type"] == "application/vc+ld+json"
    assert typed.content == first.content
    assert typed["ETag"] != first["ETag"]


@pytest.mark.parametrize(
    "address",
    ["/status/jp/2/revocation", "/status/xx/1/revocation", "/status/jp/1/refresh", f"/status/jp/{10**30}/revocation"],
)
def test_an_unknown_list_is_a_problem(issue, address: str) -> None:
    issue()
    answer = Client().get(address)
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"


def test_a_list_that_is_not_published_is_no_list_of_nobody(issue) -> None:
    issue()
    StatusList.objects.update(revocation="", suspension="", published_at=None)
    answer = Client().get("/status/jp/1/revocation")
    assert answer.status_code == 503
    assert answer["Retry-After"] == "10"
    assert answer.json()["code"] == "status_list_not_published"
    assert "max-age" not in answer.get("Cache-Control", "")
    assert status_publishing.renew_due(now=clock.now()) == 1
    assert Client().get("/status/jp/1/revocation").status_code == 200


def test_a_revoked_certificate_does_not_come_back_when_its_learner_is_erased(issue) -> None:
    certificate = issue()
    status_changes.revoke(certificate_id=certificate.pk, actor="reviewer", reason="bought", now=clock.now())
    events.drain("status_lists")
    with privacy.erasing(certificate.learner.user_id):
        certificate.learner.user.delete()
    assert not Certificate.objects.exists()
    StatusList.objects.update(published_at=None)
    status_publishing.renew_due(now=clock.now())
    assert _is_set(certificate, "revocation")


def test_the_number_of_queries_does_not_grow_with_the_certificates(issue, query_budget) -> None:
    certificates = [issue() for _ in range(3)]
    for certificate in certificates:
        status_changes.revoke(certificate_id=certificate.pk, actor="reviewer", reason="one cause", now=clock.now())
    with query_budget(17):
        assert events.drain("status_lists").done == 3
    assert all(_is_set(certificate, "revocation") for certificate in certificates)


def test_the_application_s_own_role_writes_no_list(issue) -> None:
    issue()
    for table in ("credentials_statuslist", "credentials_issuerkey", "credentials_keyrotation"):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT has_table_privilege('skills_app', %s, 'INSERT'), has_table_privilege('skills_app', %s, 'UPDATE')",
                [table, table],
            )
            assert cursor.fetchone() == (False, False), table
