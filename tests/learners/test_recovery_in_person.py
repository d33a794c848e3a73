"""Aiko stands in the office of her state and has lost everything; the officer lets her in again, and nobody else can."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from allauth.mfa.totp.internal import auth as totp
from django.contrib.auth.models import Group
from django.test import Client

from accounts.models import RecoveryCode, User
from accounts.roles import REVIEWER, STATE_ADMINISTRATOR, TRAINER
from learners.models import Learner
from privacy.models import AuditEntry
from tests.factories import make_learner, make_user

PASSWORD, NEW = "a-long-pass-phrase-7", "another-long-pass-phrase-8"
pytestmark = pytest.mark.django_db


@pytest.fixture
def aiko() -> Learner:
    return make_learner("JP", name="山田 愛子", user=make_user(username="aiko"))


def code_of(secret: str, periods: int = 0) -> str:
    return totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30 + periods))


class Officer:
    """A member of staff who came in by password and, if they have a device, by its code."""

    def __init__(self, state: str | None, role: str | None = STATE_ADMINISTRATOR, *, device: bool = True) -> None:
        self.user = make_user(is_staff=True, member_state_id=state)
        if role is not None:
            self.user.groups.add(Group.objects.get(name=role))
        self.client, self.secret = Client(), totp.generate_totp_secret()
        self.user.set_password(PASSWORD)
        self.user.save()
        if device:
            totp.TOTP.activate(self.user, self.secret)
        self.client.post("/admin/login/", {"username": self.user.username, "password": PASSWORD})
        if device:
            # The code before this one, so that this one is left.
            self.client.post("/admin/second-factor/", {"code": code_of(self.secret, -1)})

    def ask(self, learner: Learner, **form: str) -> Any:
        return self.client.post(f"/admin/learners/learner/{learner.pk}/recovery-code/", form)

    def hand_over(self, learner: Learner) -> Any:
        return self.ask(learner, checked="on", code=code_of(self.secret))


def test_the_officer_hands_over_a_code_and_aiko_sets_a_password(aiko: Learner) -> None:
    officer = Officer("JP")
    asked = officer.client.get(f"/admin/learners/learner/{aiko.pk}/recovery-code/")
    assert asked.status_code == 200
    assert "recovery-code/" in officer.client.get(f"/admin/learners/learner/{aiko.pk}/change/").content.decode()
    page = officer.hand_over(aiko)
    assert page.status_code == 200
    assert "no-store" in page["Cache-Control"]
    code = re.search(r"(?:[0-9A-Z]{4}-){3}[0-9A-Z]{4}", page.content.decode())
    assert code, page.content.decode()
    entry = AuditEntry.objects.get(action="learner.recovery_code_handed_over")
    assert (entry.actor, entry.subject_id) == (str(officer.user.pk), str(aiko.pk))
    assert code[0] not in str(entry.detail)
    # It is not shown again.
    assert code[0] not in officer.client.get(f"/admin/learners/learner/{aiko.pk}/recovery-code/").content.decode()

    body = {"username": "aiko", "code": code[0], "password": NEW}
    answer = Client().post("/auth/app/v1/auth/recover", body, "application/json")
    assert answer.status_code == 200
    assert User.objects.get(username="aiko").check_password(NEW)


def test_outsiders_hand_over_nothing(aiko: Learner) -> None:
    """Another state's officer, staff in other roles, one without a second factor, a learner, nobody."""
    url = f"/admin/learners/learner/{aiko.pk}/recovery-code/"
    assert Officer("TH").hand_over(aiko).status_code == 404
    for refused in (Officer(None, TRAINER), Officer(None, REVIEWER), Officer("JP", None), Officer("JP", device=False)):
        assert refused.client.get(url).status_code in (403, 404)
        assert refused.hand_over(aiko).status_code in (403, 404)
    assert Client().post(url, {"checked": "on", "code": "1"}).status_code == 302
    assert not RecoveryCode.objects.exists()
    assert not AuditEntry.objects.filter(action="learner.recovery_code_handed_over").exists()


def test_the_session_alone_hands_over_nothing(aiko: Learner) -> None:
    """A browser that was left open."""
    officer = Officer("JP")
    for form in ({}, {"checked": "on"}, {"checked": "on", "code": "000000"}, {"code": code_of(officer.secret)}):
        page = officer.ask(aiko, **form)
        assert page.status_code == 200
    assert not RecoveryCode.objects.exists()
    answers = [officer.ask(aiko, checked="on", code="000000") for _ in range(25)]
    assert (answers[-1].status_code, answers[-1].has_header("Retry-After")) == (429, True)
    assert officer.hand_over(aiko).status_code == 429
    assert not RecoveryCode.objects.exists()


def test_nobody_lets_staff_in_by_a_code(aiko: Learner) -> None:
    """Else an officer could become whoever has a profile in the state."""
    User.objects.filter(pk=aiko.pk).update(is_staff=True)
    assert Officer("JP").hand_over(aiko).status_code == 403
    assert not RecoveryCode.objects.exists()
