"""Aiko has no e-mail address and has lost phone and password; a stranger would like to be her."""

from __future__ import annotations

import re
import threading
from datetime import timedelta
from typing import Any

import orjson
import pytest
from allauth.mfa.totp.internal import auth as totp
from django.db import connection
from django.test import Client

from accounts import recovery
from accounts.models import KnownAddress, RecoveryCode, User
from common import clock
from tests.factories import make_user

PASSWORD, NEW = "a-long-pass-phrase-7", "another-long-pass-phrase-8"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _hashes_are_cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten codes are ten hashes; what they are made of is not what is tested here."""
    monkeypatch.setattr("accounts.hashers.Argon2idHasher.memory_cost", 64)


def call(method: str, path: str, body: Any = None, token: str = "") -> Any:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return Client().generic(
        method, f"/auth/app/v1/{path}", b"" if body is None else _json(body), "application/json", headers=headers
    )


def _json(body: Any) -> bytes:
    return orjson.dumps(body)


def sign_up(username: str = "aiko", **more: str) -> dict[str, Any]:
    meta: dict[str, Any] = call("POST", "auth/signup", {"username": username, "password": PASSWORD, **more}).json()[
        "meta"
    ]
    return meta


def codes_of(meta: dict[str, Any]) -> list[str]:
    answer = call("POST", "account/recovery-codes", token=meta["access_token"])
    assert answer.status_code == 200, answer.content
    assert "no-store" in answer["Cache-Control"]
    codes: list[str] = answer.json()["data"]["codes"]
    return codes


def recover(code: str, password: str = NEW, **who: str) -> Any:
    return call("POST", "auth/recover", {"code": code, "password": password, **(who or {"username": "aiko"})})


def left(meta: dict[str, Any]) -> int:
    return int(call("GET", "account/recovery-codes", token=meta["access_token"]).json()["data"]["unused"])


def may_read(meta: dict[str, Any]) -> bool:
    answer = Client().get("/api/v1/me/consents", headers={"Authorization": f"Bearer {meta['access_token']}"})
    return bool(answer.status_code == 200)


def test_ten_codes_are_shown_once_after_signing_up_and_one_lets_her_in_again() -> None:
    lost = sign_up()
    codes = codes_of(lost)
    assert len(set(codes)) == 10
    assert all(re.fullmatch(r"([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}", code) for code in codes)
    shown = call("GET", "account/recovery-codes", token=lost["access_token"])
    assert shown.json()["data"] == {"unused": 10}

    answer = recover(codes[3])
    assert answer.status_code == 200, answer.content
    assert answer.json()["data"]["user"]["username"] == "aiko"
    assert may_read(answer.json()["meta"])
    assert left(answer.json()["meta"]) == 9
    # The lost phone is out at once, the old password too; the new one is hers.
    assert not may_read(lost)
    assert call("POST", "tokens/refresh", {"refresh_token": lost["refresh_token"]}).status_code == 400
    assert call("POST", "auth/login", {"username": "aiko", "password": PASSWORD}).status_code == 400
    assert call("POST", "auth/login", {"username": "aiko", "password": NEW}).status_code == 200
    # A code works once.
    assert recover(codes[3], PASSWORD).status_code == 400


def test_a_code_counts_however_it_is_typed() -> None:
    code = codes_of(sign_up())[0]
    typed = code.lower().replace("-", " ").replace("0", "O").replace("1", "l")
    wide = "".join(chr(ord(letter) + 0xFEE0) if letter.isalnum() else "‐" for letter in typed)
    assert recover(f"  {wide}  ").status_code == 200


def test_it_is_stored_nowhere() -> None:
    codes = codes_of(sign_up())
    stored = str(list(RecoveryCode.objects.values()))
    assert not [code for code in codes if code in stored or code.replace("-", "") in stored]


def test_what_is_on_paper_outlives_a_new_secret_key(settings: Any) -> None:
    codes = codes_of(sign_up())
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another key of the tests, of fifty characters and more", []
    assert recover(codes[0]).status_code == 200


def test_new_codes_end_the_old_ones() -> None:
    meta = sign_up()
    old, new = codes_of(meta), codes_of(meta)
    assert recover(old[0]).status_code == 400
    assert recover(new[0]).status_code == 200


def test_by_e_mail_address_too() -> None:
    codes = codes_of(sign_up(email="aiko@example.org"))
    assert recover(codes[0], email="AIKO@example.org").status_code == 200
    assert recover(codes[1], username="aiko", email="aiko@example.org").status_code == 400


def test_a_code_opens_its_own_account_only() -> None:
    aikos, daos = codes_of(sign_up()), codes_of(sign_up("dao"))
    for code, name in ((daos[0], "aiko"), (aikos[0], "dao"), (aikos[0], "nobody"), ("", "aiko"), ("0" * 16, "aiko")):
        assert recover(code, username=name).status_code == 400
    assert call("POST", "auth/login", {"username": "aiko", "password": PASSWORD}).status_code == 200
    assert not RecoveryCode.objects.exclude(used_at=None).exists()


def test_a_stranger_learns_nothing_of_names_and_is_stopped() -> None:
    codes_of(sign_up())
    KnownAddress.objects.all().delete()
    told = {
        name: [(answer.status_code, answer.content) for answer in (recover("0" * 16, username=name) for _ in range(6))]
        for name in ("aiko", "nobody")
    }
    assert told["aiko"] == told["nobody"]
    assert [status for status, _ in told["aiko"]] == [400] * 5 + [429]


def test_a_password_that_is_none_uses_no_code_up() -> None:
    codes = codes_of(sign_up())
    answer = recover(codes[0], "short")
    assert (answer.status_code, answer.json()["errors"][0]["param"]) == (400, "password")
    assert recover(codes[0]).status_code == 200


def test_codes_are_made_by_who_has_just_shown_who_they_are(monkeypatch: Any) -> None:
    """A phone that was borrowed for a minute gives nobody ten keys to the account."""
    meta = sign_up()
    assert call("POST", "account/recovery-codes").status_code == 401
    User.objects.update(date_joined=clock.now() - timedelta(minutes=6))
    answer = call("POST", "account/recovery-codes", token=meta["access_token"])
    assert answer.status_code == 401
    assert {"id": "reauthenticate"} in answer.json()["data"]["flows"]
    assert call("POST", "auth/reauthenticate", {"password": PASSWORD}, meta["access_token"]).status_code == 200
    assert len(codes_of(meta)) == 10


def test_a_second_factor_is_asked_for_as_after_a_password() -> None:
    codes = codes_of(sign_up())
    totp.TOTP.activate(User.objects.get(), totp.generate_totp_secret())
    halfway = recover(codes[0])
    assert halfway.status_code == 401
    assert "access_token" not in halfway.json()["meta"]
    assert {"id": "mfa_authenticate", "is_pending": True} in [
        {name: flow.get(name) for name in ("id", "is_pending")} for flow in halfway.json()["data"]["flows"]
    ]


def test_an_account_that_is_not_active_is_not_recovered() -> None:
    codes = codes_of(sign_up())
    User.objects.update(is_active=False)
    assert recover(codes[0]).status_code == 400


def test_the_same_recovery_again_after_a_lost_answer_signs_in_and_nothing_else_does() -> None:
    codes = codes_of(sign_up())
    assert recover(codes[0]).status_code == 200  # and this answer is lost
    again = recover(codes[0])
    assert again.status_code == 200
    assert may_read(again.json()["meta"])
    assert left(again.json()["meta"]) == 9
    # Whoever finds the paper later has a used code, and not the password.
    assert recover(codes[0], "what a finder would like").status_code == 400
    assert recover(codes[1], "the password after that one").status_code == 200
    assert recover(codes[0]).status_code == 400


def test_a_code_that_was_handed_over_works_once_for_a_day_and_the_next_ends_it() -> None:
    sign_up()
    aiko, officer, now = User.objects.get(), make_user(is_staff=True), clock.now()
    first = recovery.hand_over_code(user_id=aiko.pk, by=officer.pk, now=now)
    second = recovery.hand_over_code(user_id=aiko.pk, by=officer.pk, now=now)
    assert (second.expires_at - now) == timedelta(hours=24)
    assert recover(first.code).status_code == 400
    assert recover(second.code).status_code == 200
    assert recover(second.code, "quite another pass phrase").status_code == 400

    late = recovery.hand_over_code(user_id=aiko.pk, by=officer.pk, now=now - timedelta(hours=24, seconds=1))
    assert recover(late.code).status_code == 400
    recovery.prune(clock.now())
    assert not RecoveryCode.objects.filter(used_at=None).exists()


@pytest.mark.parametrize("kind", [{"is_staff": True}, {"is_superuser": True}, {"is_active": False}])
def test_nobody_hands_over_the_account_of_staff(kind: dict[str, bool]) -> None:
    officer, target = make_user(is_staff=True), make_user(**kind)
    with pytest.raises(PermissionError):
        recovery.hand_over_code(user_id=target.pk, by=officer.pk, now=clock.now())
    assert not RecoveryCode.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_four_calls_with_one_code_at_the_same_time_one_succeeds() -> None:
    code = codes_of(sign_up())[0]
    start, answers = threading.Barrier(4), []

    def use(number: int) -> None:
        try:
            start.wait()
            answers.append((recover(code, f"{NEW}-{number}").status_code, number))
        finally:
            connection.close()

    threads = [threading.Thread(target=use, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(status for status, _ in answers) == [200, 400, 400, 400]
    winner = next(number for status, number in answers if status == 200)
    assert call("POST", "auth/login", {"username": "aiko", "password": f"{NEW}-{winner}"}).status_code == 200
