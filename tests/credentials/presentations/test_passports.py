"""Aiko moved from Indonesia to Japan, and shows all she holds in one record; nothing in it is more than she holds."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from django.conf import settings
from django.db import transaction
from django.test import Client
from openbadgeslib.errors import LibOpenBadgesException
from openbadgeslib.ob3.clr import bundled_clr_contexts
from openbadgeslib.ob3.ldp import verify_data_integrity_proof

from common import clock
from credentials.certificates import proofs, status_changes
from credentials.certificates.signer import public_key_of
from credentials.certificates.verification import verify_credential
from credentials.events import PassportRequested
from credentials.models import AchievementVersion, Certificate, IssuerKey, Passport
from credentials.presentations import passports
from events import public as events
from learners.events import EditionCompleted
from learners.models import Learner, SkillState
from privacy.models import AuditEntry
from privacy.public import erasing
from tests.credentials.certificates.factories import make_achievement, settle, tell
from tests.factories import make_learner, signed_in

pytestmark = pytest.mark.django_db

PATH = "/api/v1/me/passport"


@pytest.fixture
def mover(issue: Callable[..., Certificate], achievement: AchievementVersion) -> Learner:
    """A learner with one certificate of Indonesia's authority and one of Japan's."""
    learner = issue(state="ID", name='Aiko "愛子" Sari').learner
    Learner.objects.filter(pk=learner.pk).update(member_state_id="JP")
    make_achievement(
        achievement.achievement.course,
        slug="second-steps",
        texts={"en": {"name": "Second steps", "description": "More.", "criteria": "More."}},
    )
    tell(EditionCompleted, learner)
    settle()
    return learner


def _signed(learner: Learner) -> str:
    client = signed_in(learner.user)
    answer = client.put(PATH)
    assert (answer.status_code, answer["Retry-After"]) == (202, "2")
    assert client.get(PATH).status_code == 202
    events.drain("passports")
    answer = client.get(PATH, headers={"Accept": "application/vc"})
    assert (answer.status_code, answer["Content-Type"], answer["Passport-Current"]) == (200, "application/vc", "yes")
    return str(answer.content.decode())


def _stranger_accepts(document: dict[str, Any]) -> bool:
    """By another library, with the issuer's published key."""
    published = Client().get("/.well-known/did.json").json()
    (method,) = published["verificationMethod"]
    assert document["proof"][0]["verificationMethod"] == method["id"]
    key = public_key_of(method["publicKeyMultibase"])
    pem = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    try:
        verify_data_integrity_proof(document, pem, extra_contexts=bundled_clr_contexts())
    except LibOpenBadgesException:
        return False
    return True


def test_one_record_of_two_states(mover: Learner) -> None:
    text = _signed(mover)
    document = json.loads(text)
    assert document["type"] == ["VerifiableCredential", "ClrCredential"]
    assert document["issuer"]["id"] == "did:web:testserver", "the regional issuer speaks of several states"
    assert _stranger_accepts(document)
    proofs.check(document, public_key=public_key_of(IssuerKey.objects.get(issuer_id="regional").multikey))
    stored = list(Certificate.objects.order_by("pk").values_list("credential", flat=True))
    assert len(stored) == 2
    for row in stored:
        assert row in text, "byte for byte as it was signed"
    embedded = document["credentialSubject"]["verifiableCredential"]
    assert [entry["issuer"]["id"].rpartition(":")[2] for entry in embedded] == ["id", "jp"]
    for entry in embedded:
        verify_credential(json.dumps(entry))


def test_a_passport_is_not_altered_unnoticed(mover: Learner) -> None:
    document = json.loads(_signed(mover))

    def changed(change: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
        copy = json.loads(json.dumps(document))
        change(copy)
        return dict(copy)

    def forged(copy: dict[str, Any]) -> None:
        copy["credentialSubject"]["achievement"][0]["humanCode"] = "AIS-F4"

    def renamed(copy: dict[str, Any]) -> None:
        copy["credentialSubject"]["identifier"][0]["identityHash"] = "Dao"

    def shortened(copy: dict[str, Any]) -> None:
        copy["credentialSubject"]["verifiableCredential"].pop()

    def prolonged(copy: dict[str, Any]) -> None:
        copy["validUntil"] = "2099-01-01T00:00:00Z"

    def retitled(copy: dict[str, Any]) -> None:
        copy["credentialSubject"]["verifiableCredential"][0]["credentialSubject"]["achievement"]["name"] = "Doctor"

    assert _stranger_accepts(document)
    for change in (forged, renamed, shortened, prolonged, retitled):
        assert not _stranger_accepts(changed(change)), change.__name__


def test_levels_are_told_as_they_are_held_and_never_raised(mover: Learner) -> None:
    """The certificates say level 1. In the record, one skill has since come to 2, and one is held at none."""
    SkillState.objects.filter(learner=mover, skill_code="AIS-A1").update(level=2)
    SkillState.objects.filter(learner=mover, skill_code="AIS-A3").update(level=0)
    subject = json.loads(_signed(mover))["credentialSubject"]
    (told,) = subject["achievement"]
    assert told["humanCode"] == "AIS-A1"
    assert told["id"].endswith("#level-2")
    assert told["achievementType"] == "Competency"
    own, *related = told["alignment"]
    assert own["targetType"] == "CFItem"
    assert own["targetDescription"].startswith("2 (")
    item = Client().get(own["targetUrl"].removeprefix(settings.PUBLIC_BASE_URL)).json()
    assert (item["humanCodingScheme"], item["fullStatement"]) == ("AIS-A1", own["targetName"])
    assert {entry["targetDescription"] for entry in related} == {"Related to; no equivalence is claimed."}
    assert {"DigComp", "Digital Skill Standard (Japan): literacy"} <= {entry["targetFramework"] for entry in related}
    assert not any("level" in json.dumps(entry).lower().replace("#level-", "") for entry in related)
    assert "aqrf" not in json.dumps(told).lower(), "only national bodies level a qualification"
    assert {entry["targetId"] for entry in subject["association"]} == {told["id"]}
    assert {entry["associationType"] for entry in subject["association"]} == {"isRelatedTo"}


def test_it_is_kept_until_there_is_something_newer_to_say(mover: Learner, query_budget: Any) -> None:
    text = _signed(mover)
    client = signed_in(mover.user)
    client.get(PATH)
    with query_budget(4):
        again = client.get(PATH)
    assert client.get(PATH, headers={"If-None-Match": again["ETag"]}).status_code == 304
    answer = client.put(PATH)
    assert (answer.status_code, answer.content.decode()) == (200, text)
    SkillState.objects.filter(learner=mover, skill_code="AIS-A1").update(level=3)
    answer = client.get(PATH)
    assert (answer.content.decode(), answer["Passport-Current"]) == (text, "no")
    newer = _signed(mover)
    assert newer != text
    assert Passport.objects.get().credential == newer
    Passport.objects.update(valid_until=clock.now() + timedelta(days=29))
    assert client.get(PATH)["Passport-Current"] == "no", "it ends soon"
    assert _signed(mover) != newer
    assert AuditEntry.objects.filter(action="passport.signed").count() == 3


def test_withdrawn_certificates_stay_out(mover: Learner) -> None:
    first, second = Certificate.objects.order_by("pk")
    status_changes.revoke(certificate_id=first.pk, actor="test", reason="x", now=clock.now())
    (element,) = json.loads(_signed(mover))["credentialSubject"]["verifiableCredential"]
    assert element["id"] == json.loads(second.credential)["id"]
    client = signed_in(mover.user)
    assert client.put(PATH).status_code == 200
    SkillState.objects.filter(learner=mover).update(level=2)
    assert client.put(PATH).status_code == 202
    status_changes.revoke(certificate_id=second.pk, actor="test", reason="x", now=clock.now())
    events.drain("passports")
    assert client.get(PATH)["Passport-Current"] == "no", "the older one stays; its certificates say what became of them"
    answer = client.put(PATH)
    assert (answer.status_code, answer.json()["code"]) == (409, "nothing_to_show")


def test_there_is_a_limit_that_is_told(mover: Learner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passports, "MAX_CERTIFICATES", 1)
    answer = signed_in(mover.user).put(PATH)
    assert (answer.status_code, answer.json()["code"]) == (409, "too_much_to_show")


def test_a_delivery_that_comes_twice_signs_once(mover: Learner) -> None:
    text = _signed(mover)
    with transaction.atomic():
        events.record(PassportRequested(learner_id=mover.pk))
    events.drain("passports")
    assert Passport.objects.get().credential == text


def test_outsiders_have_their_own_or_none(mover: Learner) -> None:
    text = _signed(mover)
    budi = make_learner("ID", name="Budi")
    assert signed_in(budi.user).get(PATH).status_code == 404
    answer = signed_in(budi.user).put(PATH)
    assert (answer.status_code, answer.json()["code"]) == (409, "nothing_to_show")
    assert Client().get(PATH).status_code == 401
    assert Passport.objects.count() == 1
    with erasing(mover.pk):
        mover.user.delete()
    assert not Passport.objects.exists()
    assert "Aiko" in text


def test_many_are_signed_in_the_same_few_statements(issue: Callable[..., Certificate], query_budget: Any) -> None:
    def ask(count: int) -> None:
        for _ in range(count):
            signed_in(issue().learner.user).put(PATH)

    ask(1)
    events.drain("passports")
    for count in (1, 3):
        ask(count)
        with query_budget(22):
            events.drain("passports")
    assert Passport.objects.exclude(credential="").count() == 5
