"""An issuer's key is rotated by two persons; verifiers know the next key before it signs."""

from __future__ import annotations

import logging
from datetime import timedelta
from io import StringIO
from typing import Any
from unittest import mock

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction
from django.test import Client

from accounts.models import User
from accounts.roles import REVIEWER
from common import clock
from common.ids import new_id
from credentials.certificates import keys, reconciliation, rotation, signer
from credentials.certificates.errors import AlreadyApproved, SecondPersonNeeded
from credentials.certificates.verification import verify_credential
from credentials.models import Certificate, IssuerKey, KeyRotation, KeyRotationApproval
from events.models import Delivery
from learners.events import EditionCompleted
from privacy.models import AuditEntry
from tests.credentials.certificates.factories import make_entitled, settle, tell
from tests.factories import MONITORING, make_user

pytestmark = pytest.mark.django_db


class Vault:
    """A key service: keys by label, which never leave it."""

    def __init__(self) -> None:
        self._keys: dict[str, Ed25519PrivateKey] = {}

    def public_key(self, label: str) -> bytes:
        raw, form = serialization.Encoding.Raw, serialization.PublicFormat.Raw
        return self._keys[label].public_key().public_bytes(raw, form)

    def sign(self, label: str, message: bytes) -> bytes:
        return self._keys[label].sign(message)

    def create(self, label: str) -> None:
        self._keys.setdefault(label, Ed25519PrivateKey.generate())

    def rename(self, label: str, to: str) -> None:
        if label in self._keys:
            self._keys[to] = self._keys.pop(label)


VAULT = Vault()


@pytest.fixture(params=["files", "key service"])
def _store(request: Any, settings: Any, tmp_path: Any) -> None:
    signer.forget_keys()
    if request.param == "files":
        settings.ISSUER_KEY_DIR = str(tmp_path)
    else:
        settings.ISSUER_KEY_SERVICE = f"{__name__}.vault"
        VAULT._keys.clear()
        VAULT.create("jp")


def vault() -> Vault:
    return VAULT


@pytest.fixture(autouse=True)
def _importable(monkeypatch: Any) -> None:
    # Tests are imported by path: their names lead nowhere.
    monkeypatch.setattr(signer, "_key_service", lambda dotted: VAULT)


def _did() -> list[dict[str, Any]]:
    return list(Client().get("/issuers/jp/did.json").json()["verificationMethod"])


DAY = timedelta(days=1)


def _ago(issuer: str = "jp") -> KeyRotation:
    """The next key of an issuer, made and published a day ago."""
    return rotation.prepare(issuer=issuer, now=clock.now() - DAY)


@pytest.mark.usefixtures("_store")
def test_two_persons_rotate_a_key_and_what_it_signed_still_verifies(issue) -> None:
    old = issue()
    rin, sari = new_id(), new_id()
    made = _ago()
    assert rotation.prepare(issuer="jp", now=clock.now()).pk == made.pk
    ahead = _did()
    assert [entry["publicKeyMultibase"] for entry in ahead] == [old.key.multikey, made.multikey]
    assert ahead[1]["validFrom"] > ahead[0]["validFrom"]
    assert issue().key_id == old.key_id, "prepared is not switched"
    assert rotation.approve(rotation_id=made.pk, approved_by=rin, now=clock.now()) == 1
    with pytest.raises(SecondPersonNeeded):
        rotation.approve(rotation_id=made.pk, approved_by=rin, now=clock.now())
    with pytest.raises(SecondPersonNeeded):
        rotation.switch(issuer="jp", now=clock.now())
    assert issue().key_id == old.key_id, "one person is not two"
    assert rotation.approve(rotation_id=made.pk, approved_by=sari, now=clock.now()) == 2
    new_key = rotation.switch(issuer="jp", now=clock.now())
    with pytest.raises(rotation.NothingPrepared):
        rotation.switch(issuer="jp", now=clock.now())
    with pytest.raises(AlreadyApproved):
        rotation.approve(rotation_id=made.pk, approved_by=new_id(), now=clock.now())
    new = issue()
    assert new.key_id == new_key == ahead[1]["id"]
    after = _did()
    assert [entry["id"] for entry in after] == [new_key, old.key_id]
    assert after[0]["validFrom"] == after[1]["validUntil"], "no gap between them"
    for certificate in (old, new):
        verify_credential(certificate.credential)
    told = KeyRotation.objects.get()
    assert told.approved_by == sari
    assert [approval.approved_by for approval in told.approvals.order_by("pk")] == [rin, sari]
    journal = AuditEntry.objects.filter(action__startswith="issuer_key.").order_by("pk").values_list("action", "actor")
    assert list(journal) == [
        ("issuer_key.prepared", "command"),
        ("issuer_key.approved", str(rin)),
        ("issuer_key.approved", str(sari)),
        ("issuer_key.switched", "command"),
    ]
    for change in ({"approved_by": rin}, {"multikey": "z6Mk"}):
        with pytest.raises(DatabaseError), transaction.atomic():
            KeyRotation.objects.update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        IssuerKey.objects.filter(pk=old.key_id).update(valid_until=None)


def test_a_day_is_a_day_however_soon_two_approve(issue, settings, tmp_path) -> None:
    settings.ISSUER_KEY_DIR = str(tmp_path)
    signer.forget_keys()
    old, begun = issue(), clock.now()
    made = rotation.prepare(issuer="jp", now=begun)
    for after_s, account in ((1, new_id()), (4, new_id())):
        rotation.approve(rotation_id=made.pk, approved_by=account, now=begun + timedelta(seconds=after_s))
    for early in (timedelta(seconds=5), timedelta(hours=23, minutes=59)):
        with pytest.raises(rotation.NotYet):
            rotation.switch(issuer="jp", now=begun + early)
    assert issue().key_id == old.key_id
    assert rotation.switch(issuer="jp", now=begun + DAY)


def test_the_database_holds_the_day_and_the_two_persons(issue, settings, tmp_path) -> None:
    settings.ISSUER_KEY_DIR = str(tmp_path)
    signer.forget_keys()
    issue()
    made, person = _ago(), new_id()

    def refused(**change: Any) -> None:
        with pytest.raises(DatabaseError), transaction.atomic():
            KeyRotation.objects.filter(pk=made.pk).update(**change)

    refused(approved_by=person, approved_at=clock.now())
    rotation.approve(rotation_id=made.pk, approved_by=person, now=clock.now())
    refused(approved_by=person, approved_at=clock.now())
    rotation.approve(rotation_id=made.pk, approved_by=new_id(), now=clock.now())
    refused(approved_by=new_id(), approved_at=clock.now())
    refused(approved_by=person, approved_at=made.planned_from - timedelta(seconds=1))
    with pytest.raises(DatabaseError), transaction.atomic():
        KeyRotationApproval.objects.update(approved_by=new_id())
    with pytest.raises(DatabaseError), transaction.atomic():
        KeyRotationApproval.objects.all().delete()


def test_a_key_that_one_person_put_there_signs_nothing(issue, achievement, settings, tmp_path) -> None:
    issue()
    settings.ISSUER_KEY_DIR = str(tmp_path)  # where a new key is made
    learner = make_entitled(achievement)
    tell(EditionCompleted, learner)
    settle()
    assert not Certificate.objects.filter(learner=learner).exists()
    assert "KeyNotApproved" in Delivery.objects.get(consumer="certificates").cause
    assert len(_did()) == 1


def test_a_worker_with_the_old_key_reads_the_new_one(issue, settings, tmp_path) -> None:
    settings.ISSUER_KEY_DIR = str(tmp_path)
    signer.forget_keys()
    issue()
    stale = signer.signer_for("jp")
    made = _ago()
    for _ in range(2):
        rotation.approve(rotation_id=made.pk, approved_by=new_id(), now=clock.now())
    rotation.switch(issuer="jp", now=clock.now())
    signer.forget_keys()
    real = signer._file_signer
    answers = [stale]
    try:
        signer._file_signer = lambda *args: answers.pop() if answers else real(*args)  # type: ignore[assignment]
        signer._file_signer.cache_clear = real.cache_clear  # type: ignore[attr-defined]
        with pytest.raises(keys.KeyRetired), transaction.atomic():
            keys.ensure_registered(stale, issuer="jp", now=clock.now())
        signs, _ = keys.signing("jp", now=clock.now())
    finally:
        signer._file_signer = real
    assert signs.multikey != stale.multikey


def test_two_superusers_approve_in_the_admin_with_their_passwords(issue, settings, tmp_path) -> None:
    settings.ISSUER_KEY_DIR = str(tmp_path)
    signer.forget_keys()
    old, out = issue(), StringIO()
    with pytest.raises(CommandError):
        call_command("rotate_issuer_key", "xx")
    with mock.patch.object(clock, "now", return_value=clock.now() - DAY):
        call_command("rotate_issuer_key", "jp", stdout=out)
    made, path = KeyRotation.objects.get(), "/admin/credentials/keyrotation/"
    assert made.multikey in out.getvalue()

    def person(name: str, **given: Any) -> Client:
        user = make_user(username=name, is_staff=True, **given)
        user.set_password(f"{name}'s long pass phrase")
        user.save()
        client = Client()
        client.force_login(user)
        return client

    def approves(client: Client, password: str) -> str:
        form = {"action": "approve", "_selected_action": str(made.pk), "password": password}
        return client.post(path, form, follow=True).content.decode()

    rin, sari = person("rin", is_superuser=True), person("sari", is_superuser=True)
    asked = rin.post(path, {"action": "approve", "_selected_action": str(made.pk)}).content.decode()
    assert made.multikey in asked
    assert 'type="password"' in asked
    assert "not your password" in approves(rin, "sari's long pass phrase")
    assert not KeyRotationApproval.objects.exists()
    assert "approval is noted" in approves(rin, "rin's long pass phrase")
    assert "Another person has to approve this" in approves(rin, "rin's long pass phrase")
    reviewer = person("reviewer")
    reviewer_user = User.objects.get(username="reviewer")
    reviewer_user.groups.add(Group.objects.get_or_create(name=REVIEWER)[0])
    approves(reviewer, "reviewer's long pass phrase")
    approves(Client(), "rin's long pass phrase")
    assert KeyRotationApproval.objects.count() == 1, "a reviewer and a stranger approve nothing"
    with pytest.raises(CommandError, match="SecondPersonNeeded"):
        call_command("rotate_issuer_key", "jp", "--switch")
    assert issue().key_id == old.key_id
    assert "approval is noted" in approves(sari, "sari's long pass phrase")
    call_command("rotate_issuer_key", "jp", "--switch", stdout=out)
    assert "signs from now on" in out.getvalue()
    assert issue().key_id != old.key_id
    names = set(User.objects.filter(username__in=["rin", "sari"]).values_list("pk", flat=True))
    assert set(KeyRotationApproval.objects.values_list("approved_by", flat=True)) == names


def test_a_key_older_than_a_year_is_warned_of(issue, caplog) -> None:
    issue()
    with caplog.at_level(logging.ERROR):
        reconciliation.check_and_alert(now=clock.now() + timedelta(days=364))
        assert keys.due_for_rotation(now=clock.now() + timedelta(days=364)) == []
        reconciliation.check_and_alert(now=clock.now() + timedelta(days=366))
    assert [record.alert for record in caplog.records if hasattr(record, "alert")] == ["old_issuer_keys"]
    assert Client().get("/readyz", headers=MONITORING).json()["certificates"]["old_issuer_keys"] == 1
