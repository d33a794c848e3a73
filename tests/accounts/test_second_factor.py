"""A trainer enters the admin with password and second factor; somebody who knows the password alone does not."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from django.contrib.auth import SESSION_KEY
from django.test import Client

from accounts.models import User

PASSWORD = "a-long-pass-phrase-7"
pytestmark = pytest.mark.django_db


@pytest.fixture
def trainer() -> User:
    user = User(username="trainer", is_staff=True, is_superuser=True)
    user.set_password(PASSWORD)
    user.save()
    return user


@pytest.fixture
def required(settings: Any) -> None:
    settings.STAFF_MFA_REQUIRED = True


def code_of(secret: str, *, periods: int = 0) -> str:
    return totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30 + periods))


@pytest.fixture
def device(trainer: User) -> str:
    secret = totp.generate_totp_secret()
    totp.TOTP.activate(trainer, secret)
    RecoveryCodes.activate(trainer)
    return secret


def give_password(
    client: Client, password: str = PASSWORD, url: str = "/admin/login/?next=/admin/accounts/user/"
) -> Any:
    return client.post(url, {"username": "trainer", "password": password})


def is_inside(client: Client) -> bool:
    return client.get("/admin/").status_code == 200


def test_without_the_demand_and_without_a_device_the_password_is_enough(client: Client, trainer: User) -> None:
    answer = give_password(client)
    assert answer["Location"] == "/admin/accounts/user/"
    assert is_inside(client)
    assert client.session.get_expiry_age() <= 12 * 3600


def test_a_learner_is_not_let_in(client: Client, trainer: User) -> None:
    User.objects.update(is_staff=False, is_superuser=False)
    assert give_password(client).status_code == 200
    assert not is_inside(client)


def test_where_it_is_demanded_a_device_is_enrolled_on_the_way_in(client: Client, trainer: User, required: None) -> None:
    assert give_password(client)["Location"] == "/admin/second-factor/enrol/"
    assert not is_inside(client)
    page = client.get("/admin/second-factor/enrol/").content.decode()
    secret = re.search(r"<code>([A-Z2-7]+)</code>", page)[1]  # type: ignore[index]
    assert "<svg" in page
    assert client.post("/admin/second-factor/enrol/", {"code": "000000"}).status_code == 200
    assert not Authenticator.objects.exists()

    answer = client.post("/admin/second-factor/enrol/", {"code": code_of(secret)})
    assert answer["Location"] == "/admin/second-factor/settings/"
    assert is_inside(client)
    stored = Authenticator.objects.get(type="totp")
    assert secret not in str(stored.data)
    codes = re.findall(r"<li>(\d{8})</li>", client.get("/admin/second-factor/settings/").content.decode())
    assert len(codes) == 10
    # They are shown once, and one of them opens the door once.
    assert codes[0] not in client.get("/admin/second-factor/settings/").content.decode()
    for expected in (True, False):
        other = Client()
        give_password(other)
        other.post("/admin/second-factor/", {"code": codes[0]})
        assert is_inside(other) is expected


def test_whoever_has_a_device_is_asked_for_it_also_without_the_demand(
    client: Client, trainer: User, device: str
) -> None:
    assert give_password(client)["Location"] == "/admin/second-factor/"
    assert not is_inside(client)
    assert client.post("/admin/second-factor/", {"code": code_of(device)})["Location"] == "/admin/accounts/user/"
    assert is_inside(client)


@pytest.mark.parametrize(("periods", "accepted"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_drift_by_one_period(
    client: Client, trainer: User, device: str, periods: int, accepted: bool
) -> None:
    give_password(client)
    # Not across the edge of a period.
    time.sleep(max(0.0, 1.5 - (30 - time.time() % 30)) if 30 - time.time() % 30 < 1 else 0)
    client.post("/admin/second-factor/", {"code": code_of(device, periods=periods)})
    assert is_inside(client) is accepted


def test_a_code_seen_over_a_shoulder_is_used_up(client: Client, trainer: User, device: str) -> None:
    seen, older = code_of(device), code_of(device, periods=-1)
    give_password(client)
    client.post("/admin/second-factor/", {"code": seen})
    for code in (seen, older):
        thief = Client()
        give_password(thief)
        thief.post("/admin/second-factor/", {"code": code})
        assert not is_inside(thief)


def test_between_password_and_code_nobody_is_signed_in(client: Client, trainer: User, device: str) -> None:
    """With the password alone the device could otherwise be removed through the learners' door."""
    give_password(client)
    assert SESSION_KEY not in client.session
    token = {"X-Session-Token": client.session.session_key}
    assert client.get("/auth/app/v1/auth/session", headers=token).status_code == 401
    answer = client.delete("/auth/app/v1/account/authenticators/totp", headers=token)
    assert answer.status_code == 401
    assert Authenticator.objects.filter(type="totp").exists()


def test_a_session_of_the_learners_door_does_not_open_the_admin(client: Client, trainer: User, required: None) -> None:
    answer = client.post(
        "/auth/app/v1/auth/login", {"username": "trainer", "password": PASSWORD}, content_type="application/json"
    )
    thief = Client()
    thief.cookies["sessionid"] = answer.json()["meta"]["session_token"]
    assert not is_inside(thief)
    assert thief.get("/admin/second-factor/settings/").status_code == 302
    assert thief.get("/admin/second-factor/enrol/")["Location"] == "/admin/login/"


def test_the_pages_between_lead_to_the_start_without_a_password(client: Client, trainer: User, device: str) -> None:
    for path in ("/admin/second-factor/", "/admin/second-factor/enrol/", "/admin/second-factor/settings/"):
        for method in (client.get, client.post):
            assert method(path).status_code == 302


def test_a_password_given_long_ago_or_changed_since_counts_no_more(client: Client, trainer: User, device: str) -> None:
    give_password(client)
    session = client.session
    session["staff.pending"] = {**session["staff.pending"], "at": time.time() - 601}
    session.save()
    client.post("/admin/second-factor/", {"code": code_of(device)})
    assert not is_inside(client)

    give_password(client)
    trainer.set_password("another-long-pass-phrase-8")
    trainer.save()
    client.post("/admin/second-factor/", {"code": code_of(device)})
    assert not is_inside(client)


def test_guessing_the_password_is_stopped(client: Client, trainer: User) -> None:
    for n in range(5):
        assert give_password(client, f"wrong-{n}").status_code == 200
    answer = give_password(client)
    assert "Too many failed login attempts" in answer.content.decode()
    assert not is_inside(client)


def test_guessing_the_code_is_stopped_also_over_new_sessions(trainer: User, device: str) -> None:
    for n in range(5):
        client = Client()
        give_password(client)
        client.post("/admin/second-factor/", {"code": f"{n:06}"})
    client = Client()
    give_password(client)
    answer = client.post("/admin/second-factor/", {"code": code_of(device)})
    assert "Too many failed login attempts" in answer.content.decode()
    assert not is_inside(client)


def test_new_recovery_codes_replace_the_old(client: Client, trainer: User, device: str) -> None:
    give_password(client)
    client.post("/admin/second-factor/", {"code": code_of(device)})
    old = re.findall(r"<li>(\d{8})</li>", client.get("/admin/second-factor/settings/").content.decode())
    client.post("/admin/second-factor/settings/")
    new = re.findall(r"<li>(\d{8})</li>", client.get("/admin/second-factor/settings/").content.decode())
    assert len(new) == 10
    assert not set(old) & set(new)


def test_signing_out_everywhere_ends_the_admins_session_too(client: Client, trainer: User) -> None:
    from accounts.public import sign_out_everywhere

    give_password(client)
    assert is_inside(client)
    sign_out_everywhere(user_id=trainer.pk)
    assert not is_inside(client)


def test_next_leads_nowhere_else(client: Client, trainer: User, device: str) -> None:
    give_password(client, url="/admin/login/?next=https://example.org/")
    assert client.post("/admin/second-factor/", {"code": code_of(device)})["Location"] == "/admin/"


def test_every_page_of_the_admin_asks(client: Client, trainer: User, required: None) -> None:
    client.force_login(trainer)
    for path in (
        "/admin/",
        "/admin/accounts/user/",
        "/admin/autocomplete/",
        "/admin/search/?s=a",
        "/admin/password_change/",
    ):
        answer = client.get(path)
        assert answer.status_code == 302
        assert answer["Location"].startswith("/admin/login/")
