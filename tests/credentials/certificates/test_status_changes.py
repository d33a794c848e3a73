"""What becomes of certificates: suspended, reinstated, revoked, superseded; whoever comes in between."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.db import DatabaseError, connection, connections, transaction
from django.test import Client
from pypdf import PdfReader

from common import clock
from common.errors import DomainError, NotFound, ReasonMissing
from common.ids import new_id
from credentials.certificates import bulk_revocation, corrections, issuing, rules, status_changes
from credentials.certificates.errors import (
    AlreadyApproved,
    CorrectionDecided,
    NotCorrectable,
    NotReinstatable,
    NotRevocable,
    NotSuspendable,
    SecondPersonNeeded,
    UnknownCertificates,
)
from credentials.certificates.models import Certificate
from credentials.certificates.verification import verify_credential
from credentials.events import BulkRevocationApproved, CorrectionMoved
from credentials.models import CertificateCorrection, ExpiryReminder
from events import public as events
from events.kinds import Recorded
from events.models import Event
from privacy import public as privacy
from privacy.models import AuditEntry
from tests.factories import make_learner, signed_in, stored

pytestmark = pytest.mark.django_db
STEPS: dict[str, Callable[..., None]] = {
    "revoked": status_changes.revoke,
    "suspended": status_changes.suspend,
    "active": status_changes.reinstate,
}
REFUSED: dict[str, type[DomainError]] = {
    "revoked": NotRevocable,
    "suspended": NotSuspendable,
    "active": NotReinstatable,
}


def _take(step: str, certificate: Certificate, reason: str = "as it was decided") -> None:
    STEPS[step](certificate_id=certificate.pk, actor="reviewer", reason=reason, now=clock.now())


def _status(certificate: Certificate) -> str:
    return Certificate.objects.values_list("status", flat=True).get(pk=certificate.pk)


def _approved(certificate: Certificate, name: str = "山田 花子") -> UUID:
    correction_id, now = new_id(), clock.now()
    corrections.request_correction(
        correction_id=correction_id,
        certificate_id=certificate.pk,
        legal_name=name,
        reason="married",
        asked_by=certificate.learner_id,
        learner_id=certificate.learner_id,
        now=now,
    )
    corrections.decide(correction_id=correction_id, approved=True, decided_by=new_id(), now=now)
    return correction_id


def test_the_table_and_the_database_agree_on_every_step(issue) -> None:
    """Each status from each, past all services: what the table has goes, what it has not the database refuses."""
    for before, following in rules.TRANSITIONS.items():
        for after in set(rules.TRANSITIONS) - {before, "superseded"}:
            certificate = issue()
            if before == "superseded":
                _approved(certificate)
                events.drain("corrections")
            elif before != "active":
                _take(before, certificate)
            assert _status(certificate) == before
            row = Certificate.objects.filter(pk=certificate.pk)
            if after in following:
                assert row.update(status=after) == 1
            else:
                with pytest.raises(DatabaseError), transaction.atomic():
                    row.update(status=after)


def test_each_step_leaves_its_event_its_reason_and_its_trace_once(issue) -> None:
    certificate = issue()
    for step, action in (("suspended", "suspended"), ("active", "reinstated"), ("revoked", "revoked")):
        _take(step, certificate, f"because of {action}")
        with pytest.raises(REFUSED[step]):
            _take(step, certificate, "once more")
        certificate.refresh_from_db()
        assert (certificate.status, certificate.status_reason) == (step, f"because of {action}")
        assert AuditEntry.objects.filter(action=f"certificate.{action}", subject_id=str(certificate.pk)).count() == 1
    told = Event.objects.filter(kind="credentials.certificate_status_changed").order_by("pk")
    assert [entry.payload["status"] for entry in told] == ["suspended", "active", "revoked"]
    for step in STEPS:
        with pytest.raises(REFUSED[step]):
            _take(step, certificate)
        with pytest.raises(ReasonMissing):
            _take(step, certificate, "  ")


def test_aiko_s_new_name_is_certified_and_there_is_no_moment_without_a_valid_one(issue) -> None:
    old = issue(name="山田 愛子")
    aiko = signed_in(old.learner.user)
    path = f"/api/v1/me/certificates/{old.pk}/corrections/{new_id()}"
    wish = {"legal_name": "鈴木 愛子", "reason": "I married."}
    assert aiko.put(path, wish).status_code == 201
    assert aiko.put(path, wish).status_code == 200
    assert aiko.put(path, {**wish, "legal_name": "鈴木"}).json()["code"] == "correction_id_taken"
    other = f"/api/v1/me/certificates/{old.pk}/corrections/{new_id()}"
    assert aiko.put(other, wish).json()["code"] == "correction_open"
    assert aiko.get(path).json()["state"] == "open"
    events.drain("corrections")
    assert Certificate.objects.count() == 1, "nobody approved yet"
    correction_id = UUID(path.rsplit("/", 1)[1])
    with pytest.raises(SecondPersonNeeded):
        corrections.decide(correction_id=correction_id, approved=True, decided_by=old.learner_id, now=clock.now())
    for _ in range(2):
        corrections.decide(correction_id=correction_id, approved=True, decided_by=new_id(), now=clock.now())
    with pytest.raises(CorrectionDecided):
        corrections.decide(correction_id=correction_id, approved=False, decided_by=new_id(), now=clock.now())
    told = stored(CorrectionMoved)
    events.drain("corrections")
    for _ in range(2):
        corrections.supersede_corrected(told)
    old.refresh_from_db()
    new = Certificate.objects.get(predecessor=old)
    assert (old.status, new.status, new.award_id) == ("superseded", "active", old.award_id)
    assert new.valid_until == old.valid_until, "a correction makes nothing valid for longer"
    assert corrections.name_on(new.credential) == "鈴木 愛子"
    verify_credential(new.credential)
    assert Certificate.objects.count() == 2
    told = list(Event.objects.filter(payload__has_key="certificate_id").order_by("pk").values_list("kind", flat=True))
    assert told.index("credentials.certificate_status_changed") > max(
        at for at, kind in enumerate(told) if kind == "credentials.certificate_issued"
    )
    assert aiko.get(path).json()["state"] == "approved"
    profile = aiko.get("/api/v1/me/profile").json()
    assert profile["legal_name"] == "鈴木 愛子", "what is earned from now on bears it too"
    assert AuditEntry.objects.filter(action="profile.name_corrected", subject_id=str(old.learner_id)).count() == 1


def _profile_of(learner, **changed) -> dict:
    names = ("legal_name", "latin_name", "name_reading", "languages", "birth_year")
    return {**{name: getattr(learner, name) for name in names}, "member_state": learner.member_state_id, **changed}


def test_a_name_that_is_certified_changes_by_correction_only(issue) -> None:
    certificate = issue(name="Zoe\u0308 神")
    aiko, path, match = signed_in(certificate.learner.user), "/api/v1/me/profile", {"If-Match": '"profile-1"'}
    for name in ("Zoë \ufa19", "Someone Else"):
        refused = aiko.put(path, _profile_of(certificate.learner, legal_name=name), headers=match)
        assert (refused.status_code, refused.json()["code"]) == (409, "name_is_certified")
        where = f"/api/v1/me/certificates/{refused.json()['certificate_id']}/corrections/{new_id()}"
        assert aiko.get(path).json()["legal_name"] == "Zoe\u0308 神"
    # The same name as another device types it stays as it stands on the certificate, and the rest may change.
    saved = aiko.put(path, _profile_of(certificate.learner, legal_name="Zoë 神", languages=["th"]), headers=match)
    assert (saved.status_code, saved.json()["legal_name"], saved.json()["languages"]) == (200, "Zoe\u0308 神", ["th"])
    wish = {"legal_name": "Zoë 神", "reason": "typed anew"}
    assert aiko.put(where, wish).json()["code"] == "name_unchanged"
    assert aiko.put(where, {**wish, "legal_name": "Zoë 🎉"}).json()["code"] == "name_not_printable"
    assert aiko.put(where, {**wish, "legal_name": "Zoë \ufa19"}).status_code == 201
    # Whatever becomes of the certificate; others are free.
    _take("revoked", certificate)
    refused = aiko.put(
        path, _profile_of(certificate.learner, legal_name="Someone Else"), headers={"If-Match": '"profile-2"'}
    )
    assert refused.status_code == 409
    dao = make_learner("TH", name="Dao")
    assert signed_in(dao.user).put(path, _profile_of(dao, legal_name="ดาว"), headers=match).status_code == 200


def test_the_rare_letter_of_a_name_stands_in_profile_credential_and_pdf(issue, client: Client) -> None:
    certificate = issue(name="神田 \ufa19")
    assert corrections.name_on(certificate.credential) == "神田 \ufa19"
    assert signed_in(certificate.learner.user).get("/api/v1/me/profile").json()["legal_name"] == "神田 \ufa19"
    pdf = PdfReader(io.BytesIO(client.get(f"/verify/{certificate.public_code}/pdf").content))
    assert "\ufa19" in pdf.pages[0].extract_text()
    assert (
        "神田 \ufa19"
        in client.get(f"/verify/{certificate.public_code}", headers={"Accept": "text/html"}).content.decode()
    )


def test_an_outsider_corrects_nothing_and_a_wrong_wish_is_refused(issue) -> None:
    certificate = issue(name="Budi Santoso", state="ID")
    path = f"/api/v1/me/certificates/{certificate.pk}/corrections/{new_id()}"
    dao = signed_in(make_learner("TH", name="Dao").user)
    wish = {"legal_name": "Dao", "reason": "It is mine."}
    assert dao.put(path, wish).status_code == 404
    assert dao.get(path).status_code == 404
    budi = signed_in(certificate.learner.user)
    assert budi.put(path, {**wish, "legal_name": "Budi Santoso"}).json()["code"] == "name_unchanged"
    assert budi.put(path, {**wish, "legal_name": "\u202eBudi"}).status_code == 400
    assert budi.put(path, {**wish, "extra": 1}).status_code == 400
    _take("suspended", certificate)
    answer = budi.put(path, wish)
    assert (answer.status_code, answer.json()["certificate_status"]) == (409, "suspended")
    assert not certificate.corrections.exists()


def test_a_correction_lifts_nothing_that_was_decided_meanwhile(issue) -> None:
    for step in ("revoked", "suspended"):
        certificate = issue()
        _approved(certificate)
        _take(step, certificate)
        events.drain("corrections")
        assert _status(certificate) == step
        assert not Certificate.objects.filter(predecessor=certificate).exists()
    certificate, correction_id, now = issue(), new_id(), clock.now()
    corrections.request_correction(
        correction_id=correction_id,
        certificate_id=certificate.pk,
        legal_name="Dao",
        reason="bought it",
        asked_by=certificate.learner_id,
        now=now,
    )
    _take("revoked", certificate)
    with pytest.raises(NotCorrectable):
        corrections.decide(correction_id=correction_id, approved=True, decided_by=new_id(), now=now)
    with pytest.raises(NotFound):
        corrections.decide(correction_id=new_id(), approved=True, decided_by=new_id(), now=now)


def test_many_are_revoked_by_two_persons_and_by_no_single_one(issue, query_budget) -> None:
    first, second, third = (issue() for _ in range(3))
    asker, approver = new_id(), new_id()
    ask = {"reason": "leaked items", "requested_by": asker, "state": None}
    with pytest.raises(UnknownCertificates):
        bulk_revocation.request(certificate_ids=[first.pk, new_id()], **ask)
    with pytest.raises(UnknownCertificates):
        bulk_revocation.request(certificate_ids=[first.pk], **{**ask, "state": "TH"})
    asked = bulk_revocation.request(certificate_ids=[first.pk, second.pk], **ask)
    with pytest.raises(SecondPersonNeeded):
        bulk_revocation.approve(revocation_id=asked.pk, approved_by=asker, now=clock.now())
    events.drain("bulk_revocations")
    assert _status(first) == "active"
    # The second one gets another name meanwhile: what replaces it is revoked with it.
    _approved(second)
    events.drain("corrections")
    bulk_revocation.approve(revocation_id=asked.pk, approved_by=approver, now=clock.now())
    with pytest.raises(AlreadyApproved):
        bulk_revocation.approve(revocation_id=asked.pk, approved_by=new_id(), now=clock.now())
    with query_budget(16):
        assert events.drain("bulk_revocations").done == 1
    assert _status(first) == _status(Certificate.objects.get(predecessor=second)) == "revoked"
    assert (_status(second), _status(third)) == ("superseded", "active")
    asked.refresh_from_db()
    assert asked.revoked == 2
    bulk_revocation.revoke_approved([Recorded(1, BulkRevocationApproved(revocation_id=asked.pk), clock.now())])
    assert AuditEntry.objects.filter(action="certificate.revoked", actor=str(approver)).count() == 2


def _meanwhile(other: Callable[[], Any], outcomes: list[str]) -> threading.Thread:
    """Start `other` on a connection of its own, and come back when it waits for a lock of this one's."""

    def run() -> None:
        try:
            other()
            outcomes.append("done")
        except DomainError as error:
            outcomes.append(error.code)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    for _ in range(500):
        with psycopg.connect(**connection.get_connection_params()) as outside:
            row = outside.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'").fetchone()
        if row and row[0]:
            return thread
        time.sleep(0.01)
    raise AssertionError("nobody came in between")


@pytest.mark.django_db(transaction=True)
def test_of_revoking_and_superseding_at_the_same_time_one_comes_second(issue, monkeypatch) -> None:
    certificate = issue()
    _approved(certificate)
    outcomes: list[str] = []
    # A reviewer revokes while the worker has signed the successor and not stored it.
    insert, threads = issuing._insert, []

    def late(*args: Any, **kwargs: Any) -> Any:
        threads.append(_meanwhile(lambda: _take("revoked", certificate), outcomes))
        return insert(*args, **kwargs)

    monkeypatch.setattr(issuing, "_insert", late)
    events.drain("corrections")
    threads[0].join()
    assert outcomes == ["certificate_not_revocable"], "the reviewer hears of it and revokes the successor"
    successor = Certificate.objects.get(predecessor=certificate)
    assert (_status(certificate), successor.status) == ("superseded", "active")
    # The other way round: the worker comes while the revocation is not committed.
    monkeypatch.setattr(issuing, "_insert", insert)
    _approved(successor, "鈴木 花子")
    with transaction.atomic():
        _take("revoked", successor)
        worker = _meanwhile(lambda: events.drain("corrections"), outcomes)
    worker.join()
    assert outcomes[1:] == ["done"]
    assert _status(successor) == "revoked"
    assert Certificate.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_of_two_reviewers_the_second_acts_on_what_the_first_left(issue) -> None:
    for first, second, outcome in (
        ("suspended", "active", "done"),
        ("suspended", "suspended", "certificate_not_suspendable"),
        ("revoked", "suspended", "certificate_not_suspendable"),
        ("suspended", "revoked", "done"),
    ):
        certificate, outcomes = issue(), list[str]()
        with transaction.atomic():
            _take(first, certificate)
            other = _meanwhile(lambda: _take(second, certificate), outcomes)  # noqa: B023
        other.join()
        assert outcomes == [outcome], (first, second)
        assert _status(certificate) == (second if outcome == "done" else first)
        told = Event.objects.filter(
            kind="credentials.certificate_status_changed", payload__certificate_id=str(certificate.pk)
        )
        assert told.count() == (2 if outcome == "done" else 1)


def test_nothing_of_it_is_deleted_or_rewritten(issue) -> None:
    certificate = issue()
    _approved(certificate)
    asked = bulk_revocation.request(certificate_ids=[certificate.pk], reason="x", requested_by=new_id(), state=None)
    correction = certificate.corrections.get()
    for change in (
        lambda: certificate.delete(),
        lambda: correction.delete(),
        lambda: asked.delete(),
        lambda: certificate.corrections.update(legal_name="Dao"),
        lambda: certificate.corrections.update(approved=False),
        lambda: type(asked).objects.update(certificates=[new_id()]),
        lambda: type(asked).objects.update(approved_by=asked.requested_by, approved_at=clock.now()),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_all_of_it_goes_with_a_learner_who_is_erased(issue) -> None:
    certificate = issue()
    _approved(certificate)
    events.drain("corrections")
    ExpiryReminder.objects.create(certificate=certificate, days=90)
    with privacy.erasing(certificate.learner_id):
        certificate.learner.user.delete()
    assert not Certificate.objects.exists()
    assert not CertificateCorrection.objects.exists()
    assert not ExpiryReminder.objects.exists()
