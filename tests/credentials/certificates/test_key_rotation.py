"""An issuer's key is rotated by two persons; verifiers know the next key before it signs."""

from __future__ import annotations

import logging
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction
from django.test import Client

from common import clock
from common.ids import new_id
from credentials.certificates import keys, reconciliation, rotation, signer
from credentials.certificates.errors import SecondPersonNeeded
from credentials.certificates.verification import verify_credential
from credentials.models import Certificate, IssuerKey, KeyRotation
from events.models import Delivery
from learners.events import EditionCompleted
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


@pytest.mark.usefixtures("_store")
def test_two_persons_rotate_a_key_and_what_it_signed_still_verifies(issue) -> None:
    old, now = issue(), clock.now()
    element, two = new_id(), new_id()
    made = rotation.prepare(issuer="jp", prepared_by=element, now=now)
    assert rotation.prepare(issuer="jp", prepared_by=two, now=now).pk == made.pk
    ahead = _did()
    assert [entry["publicKeyMultibase"] for entry in ahead] == [old.key.multikey, made.multikey]
    assert ahead[1]["validFrom"] > ahead[0]["validFrom"]
    assert issue().key_id == old.key_id, "prepared is not switched"
    with pytest.raises(SecondPersonNeeded):
        rotation.approve(issuer="jp", approved_by=element, now=clock.now())
    assert issue().key_id == old.key_id
    new_key = rotation.approve(issuer="jp", approved_by=two, now=clock.now())
    with pytest.raises(rotation.NothingPrepared):
        rotation.approve(issuer="jp", approved_by=two, now=clock.now())
    new = issue()
    assert new.key_id == new_key == ahead[1]["id"]
    after = _did()
    assert [entry["id"] for entry in after] == [new_key, old.key_id]
    assert after[0]["validFrom"] == after[1]["validUntil"], "no gap between them"
    for certificate in (old, new):
        verify_credential(certificate.credential)
    told = KeyRotation.objects.get()
    assert (told.prepared_by, told.approved_by) == (element, two)
    for change in ({"approved_by": element}, {"multikey": "z6Mk"}):
        with pytest.raises(DatabaseError), transaction.atomic():
            KeyRotation.objects.update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        IssuerKey.objects.filter(pk=old.key_id).update(valid_until=None)


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
    rotation.prepare(issuer="jp", prepared_by=new_id(), now=clock.now())
    rotation.approve(issuer="jp", approved_by=new_id(), now=clock.now())
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


def test_the_command_wants_two_superusers_by_name(issue, settings, tmp_path) -> None:
    settings.ISSUER_KEY_DIR = str(tmp_path)
    signer.forget_keys()
    issue()
    for name in ("rin", "sari"):
        make_user(username=name, is_superuser=True, is_staff=True)
    make_user(username="trainer", is_staff=True)

    def run(*args: str) -> str:
        out = StringIO()
        call_command("rotate_issuer_key", *args, stdout=out)
        return out.getvalue()

    for refused in (
        ("jp", "--by", "trainer"),
        ("jp", "--by", "nobody"),
        ("xx", "--by", "rin"),
        ("jp", "--by", "rin", "--approve"),
    ):
        with pytest.raises(CommandError):
            run(*refused)
    assert "is published" in run("jp", "--by", "rin")
    with pytest.raises(CommandError, match="SecondPersonNeeded"):
        run("jp", "--by", "rin", "--approve")
    assert "signs from now on" in run("jp", "--by", "sari", "--approve")


def test_a_key_older_than_a_year_is_warned_of(issue, caplog) -> None:
    issue()
    with caplog.at_level(logging.ERROR):
        reconciliation.check_and_alert(now=clock.now() + timedelta(days=364))
        assert keys.due_for_rotation(now=clock.now() + timedelta(days=364)) == []
        reconciliation.check_and_alert(now=clock.now() + timedelta(days=366))
    assert [record.alert for record in caplog.records if hasattr(record, "alert")] == ["old_issuer_keys"]
    assert Client().get("/readyz", headers=MONITORING).json()["certificates"]["old_issuer_keys"] == 1
