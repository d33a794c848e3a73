"""A certificate expires: its learner is reminded in time and once, and renews it by what they can do today."""

from __future__ import annotations

from datetime import datetime, timedelta
from smtplib import SMTPServerDisconnected
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend

from common import clock
from common.ids import new_id
from credentials.certificates import reminders, renewal, status_changes
from credentials.certificates.models import Award, Certificate
from credentials.events import RenewalRequested
from credentials.models import ExpiryReminder
from events import public as events
from events.kinds import Recorded
from learners.models import SkillState
from tests.credentials.certificates.factories import end_approvals, make_achievement, settle
from tests.factories import make_learner, signed_in
from tests.learners.factories import give_consent

pytestmark = pytest.mark.django_db


@pytest.fixture
def at(monkeypatch) -> Any:
    """`at(certificate, days=90)` sets the clock to so many days before the certificate expires."""

    def move(certificate: Certificate, *, days: float) -> datetime:
        assert certificate.valid_until is not None
        moment = certificate.valid_until - timedelta(days=days)
        monkeypatch.setattr(clock, "now", lambda: moment)
        return moment

    return move


def _renew(certificate: Certificate, client: Any = None, **headers: str) -> Any:
    return (client or signed_in(certificate.learner.user)).post(
        f"/api/v1/me/certificates/{certificate.pk}/renewal",
        headers={"Idempotency-Key": headers.get("key", f"key-{new_id()}")},
    )


def _settle() -> None:
    events.drain("renewals")
    settle()


def test_aiko_renews_by_one_call_within_ninety_days_and_never_twice(issue, at) -> None:
    old = issue()
    give_consent(old.learner)
    client = signed_in(old.learner.user)
    early = _renew(old, client)
    assert (early.status_code, early.json()["code"]) == (409, "renewal_too_early")
    listed = client.get("/api/v1/me/certificates").json()["items"][0]
    told = datetime.fromisoformat(early.json()["renewable_from"])
    assert told == datetime.fromisoformat(listed["renewable_from"])
    assert client.get("/api/v1/home").json()["certificates"][0]["renewable_from"] == listed["renewable_from"]
    at(old, days=89)
    assert client.get(f"/api/v1/me/certificates/{old.pk}/renewal").json()["state"] == "open"
    for _ in range(2):
        assert _renew(old, client, key="the same call").status_code == 202
    assert _renew(old, client).status_code == 202, "a second wish before a worker came"
    _settle()
    _settle()
    assert list(Award.objects.order_by("number").values_list("number", flat=True)) == [1, 2]
    new = Certificate.objects.exclude(pk=old.pk).get()
    assert new.valid_until is not None
    assert old.valid_until is not None
    assert new.valid_until > old.valid_until
    old.refresh_from_db()
    assert (old.status, new.status, new.predecessor_id) == ("active", "active", None)
    assert _renew(old, client).json() == {"state": "renewed"}
    assert _renew(new, client).json()["code"] == "renewal_too_early"
    assert client.post(f"/api/v1/me/certificates/{old.pk}/renewal").json()["code"] == "idempotency_key_required"


def test_an_expired_certificate_is_renewed_and_what_is_missing_is_told(issue, at) -> None:
    old = issue()
    give_consent(old.learner)
    at(old, days=-400)
    SkillState.objects.filter(learner=old.learner, skill_code="AIS-A3").update(level=0)
    refused = _renew(old)
    assert (refused.status_code, refused.json()["code"]) == (409, "renewal_not_earned")
    lacking = {"kind": "skill", "skill": "AIS-A3", "level": 1, "held": 0, "certified": False}
    assert refused.json()["missing"] == [lacking]
    shown = signed_in(old.learner.user).get(f"/api/v1/me/certificates/{old.pk}/renewal").json()
    assert (shown["state"], shown["missing"]) == ("missing", [lacking])
    SkillState.objects.filter(learner=old.learner).update(level=2)
    assert _renew(old).status_code == 202
    _settle()
    award = Award.objects.get(number=2)
    assert {skill["level"] for skill in award.facts["skills"]} == {2}, "on present standing"


def test_the_worker_judges_again_whatever_the_web_said(issue, at) -> None:
    old = issue()
    give_consent(old.learner)
    at(old, days=10)
    assert _renew(old).status_code == 202
    SkillState.objects.filter(learner=old.learner).update(level=0)
    _settle()
    assert Award.objects.count() == 1


@pytest.mark.parametrize(
    ("obstacle", "code"),
    [
        ("revoked", "certificate_not_renewable"),
        ("suspended", "certificate_not_renewable"),
        ("retired", "achievement_retired"),
        ("consent", "consent_missing"),
        ("outsider", "not_found"),
    ],
)
def test_what_stands_against_a_renewal_is_said(issue, at, obstacle: str, code: str) -> None:
    old = issue()
    give_consent(old.learner)
    client = signed_in(old.learner.user)
    moment = at(old, days=10)
    if obstacle in ("revoked", "suspended"):
        step = status_changes.revoke if obstacle == "revoked" else status_changes.suspend
        step(certificate_id=old.pk, actor="reviewer", reason="bought", now=moment)
    elif obstacle == "retired":
        end_approvals()
    elif obstacle == "consent":
        give_consent(old.learner, given=False)
    else:
        dao = make_learner("TH", name="Dao")
        give_consent(dao)
        client = signed_in(dao.user)
    answer = _renew(old, client)
    assert answer.json()["code"] == code
    # Not even for a worker who is told of it all the same.
    renewal.renew_awards(
        [Recorded(1, RenewalRequested(certificate_id=old.pk, learner_id=client.handler._force_user.pk), moment)]
    )
    assert Award.objects.count() == 1


def test_a_renewal_is_by_the_version_of_today(issue, at, achievement) -> None:
    old = issue()
    give_consent(old.learner)
    newer = make_achievement(
        achievement.achievement.course,
        number=2,
        criteria={"course_completed": True, "skills": [{"skill": "AIS-A1", "level": 2}]},
    )
    at(old, days=10)
    assert _renew(old).json()["missing"] == [
        {"kind": "skill", "skill": "AIS-A1", "level": 2, "held": 1, "certified": False}
    ]
    SkillState.objects.update(level=2)
    assert _renew(old).status_code == 202
    _settle()
    assert Award.objects.get(number=2).version == newer


def _addressed(issue: Any, address: str = "aiko@example.org", **given: Any) -> Certificate:
    certificate: Certificate = issue(**given)
    type(certificate.learner.user).objects.filter(pk=certificate.learner.user_id).update(email=address)
    return certificate


def test_aiko_is_reminded_four_times_and_never_twice(issue) -> None:
    certificate = _addressed(issue)
    _addressed(issue, address="")
    assert certificate.valid_until is not None
    for days in (100, 91, 90, 89, 61, 60, 45, 31, 30, 29, 8, 7, 6, 1, 0, -3):
        now = certificate.valid_until - timedelta(days=days)
        for _ in range(2):
            reminders.note_due(now=now)
            reminders.send_due(now=now)
    assert list(ExpiryReminder.objects.order_by("-days").values_list("days", flat=True)) == [90, 60, 30, 7]
    assert len(mail.outbox) == 4
    assert len({entry.extra_headers["Message-ID"] for entry in mail.outbox}) == 4
    first = mail.outbox[0]
    assert first.to == ["aiko@example.org"]
    text = first.subject + str(first.body)
    assert "はじめの一歩" in text, "in the learner's language"
    assert certificate.public_code not in text
    assert certificate.learner.legal_name not in text


def test_after_an_outage_the_nearest_reminder_alone_is_sent(issue) -> None:
    certificate = _addressed(issue, languages=("th", "en"))
    assert certificate.valid_until is not None
    now = certificate.valid_until - timedelta(days=5)
    assert reminders.note_due(now=now) == 1
    assert ExpiryReminder.objects.get().days == 7
    reminders.send_due(now=now)
    assert "25" in mail.outbox[0].subject, "the Buddhist year"


def test_who_renewed_or_lost_the_certificate_is_not_reminded(issue, achievement) -> None:
    renewed, withdrawn = _addressed(issue, "a@example.org"), _addressed(issue, "b@example.org")
    assert renewed.valid_until is not None
    now = renewed.valid_until - timedelta(days=50)
    reminders.note_due(now=now)
    assert ExpiryReminder.objects.count() == 2
    Award.objects.create(
        learner=renewed.learner,
        achievement=achievement.achievement,
        version=achievement,
        number=2,
        decided_at=clock.now(),
        facts={},
        evidence_sha256="",
    )
    status_changes.suspend(certificate_id=withdrawn.pk, actor="reviewer", reason="looked into", now=clock.now())
    assert reminders.note_due(now=now + timedelta(days=25)) == 0
    ExpiryReminder.objects.filter(certificate=renewed).update(sent_at=now)
    assert reminders.send_due(now=now) == 0, "suspended since it was noted"


def test_a_mail_server_that_is_away_is_tried_again_and_a_dead_worker_s_reminder_is_not(issue, monkeypatch) -> None:
    certificate = _addressed(issue)
    assert certificate.valid_until is not None
    now = certificate.valid_until - timedelta(days=80)
    reminders.note_due(now=now)
    send = EmailBackend.send_messages

    def away(self: Any, messages: Any) -> int:
        raise SMTPServerDisconnected("away")

    monkeypatch.setattr(EmailBackend, "send_messages", away)
    assert reminders.send_due(now=now) == 0
    monkeypatch.setattr(EmailBackend, "send_messages", send)
    assert reminders.send_due(now=now) == 1
    ExpiryReminder.objects.update(sent_at=None)  # claimed, and the worker died before it could say more
    assert reminders.send_due(now=now) == 0
    assert len(mail.outbox) == 1
