"""Who guesses waits ever longer; nobody else is kept out for long."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from allauth.mfa.totp.internal import auth as totp
from django.contrib.auth.hashers import make_password
from django.db import connection
from django.test import Client, RequestFactory, override_settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts import failed_attempts, tasks
from accounts.models import FailureCount, KnownAddress, Rate, User
from accounts.statements import fail, take
from tests.factories import make_user

PASSWORD = "a-long-pass-phrase-7"
NOW = datetime(2026, 5, 1, 9, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db
# What is measured here is the counting: a hash of a second's hundredth, thousands of times, is not.
FAST = override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"])


class Clock:
    """The clock of the limits, which stands until a test moves it."""

    def __init__(self) -> None:
        self.now = NOW

    def pass_by(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock(monkeypatch: Any) -> Clock:
    standing = Clock()
    monkeypatch.setattr("common.clock.now", lambda: standing.now)
    return standing


def address(number: int) -> str:
    return f"198.51.{number // 250}.{number % 250 + 1}"


def sign_in(name: str, password: str, where: int, *, client: str = "app") -> Any:
    body = {"username": name, "password": password}
    return Client(REMOTE_ADDR=address(where)).post(f"/auth/{client}/v1/auth/login", body, "application/json")


@pytest.fixture
def aiko() -> User:
    user = User(username="aiko", password=make_password(PASSWORD))
    user.save()
    return user


def guess(name: str, where: int) -> int:
    """What counts a wrong sign-in, without the hash and the answer: hundreds of them are needed. Returns the seconds to wait."""
    request = RequestFactory().post("/", REMOTE_ADDR=address(where))
    return failed_attempts.begin(request, failed_attempts.password_of(name)).wait_s


@FAST
def test_wrong_sign_ins_from_fifty_addresses_and_she_who_knows_her_password_is_in_at_once(
    aiko: User, clock: Clock
) -> None:
    """Twenty a minute from each address, at the strangers' own names; she has never signed in from there."""
    User.objects.update(password=make_password(PASSWORD))
    for second in range(0, 60, 3):
        clock.pass_by(3)
        for where in range(50):
            if where == 7:
                assert sign_in(f"stranger-{second}", "wrong", where).status_code == 400
            else:
                assert guess(f"stranger-{where}-{second}", where) == 0
    assert sign_in("aiko", PASSWORD, 7).status_code == 200


@FAST
def test_guesses_at_her_name_from_fifty_addresses_do_not_keep_her_out_where_she_is_at_home(
    aiko: User, clock: Clock
) -> None:
    """Control: a count by name alone, or by address alone, refuses her."""
    User.objects.update(password=make_password(PASSWORD))
    assert sign_in("aiko", PASSWORD, 7).status_code == 200
    waited = 0
    for second in range(0, 60, 3):
        clock.pass_by(3)
        waited += sum(guess("aiko", where) > 0 for where in range(50) if where != 7)
        if second < 54:  # a neighbour behind the same address
            assert sign_in("aiko", "wrong", 7).status_code == 400
    assert waited > 600
    assert sign_in("aiko", PASSWORD, 7).status_code == 200
    # From an address that is new, she waits for no more than a minute.
    elsewhere = sign_in("aiko", PASSWORD, 99)
    assert elsewhere.status_code == 429
    assert 0 < int(elsewhere["Retry-After"]) <= 60
    clock.pass_by(int(elsewhere["Retry-After"]))
    assert sign_in("aiko", PASSWORD, 99).status_code == 200


@FAST
def test_twenty_strangers_behind_one_carrier_do_not_keep_her_out(aiko: User, clock: Clock) -> None:
    User.objects.update(password=make_password(PASSWORD))
    for number in range(20):
        for _ in range(6):
            sign_in(f"stranger-{number}", "wrong", 1)
    assert sign_in("aiko", PASSWORD, 1).status_code == 200


@FAST
def test_the_wait_grows_to_five_minutes_and_says_how_long(aiko: User, clock: Clock) -> None:
    User.objects.update(password=make_password(PASSWORD))
    waits = []
    for number in range(16):
        answer = sign_in("aiko", f"wrong-{number}", 3)
        while answer.status_code == 429:
            waits.append(int(answer["Retry-After"]))
            clock.pass_by(int(answer["Retry-After"]))
            answer = sign_in("aiko", f"wrong-{number}", 3)
        assert answer.status_code == 400
    assert waits == [2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]
    # An attempt that is refused makes no wait longer, and is not tried: the right password waits as well.
    refused = sign_in("aiko", PASSWORD, 3)
    assert (refused.status_code, refused["Retry-After"]) == (429, "300")
    clock.pass_by(300)
    assert sign_in("aiko", PASSWORD, 3).status_code == 200
    assert sign_in("aiko", "wrong", 3).status_code == 400  # the count began anew


@FAST
def test_a_name_that_nobody_has_is_counted_alike(aiko: User, clock: Clock) -> None:
    User.objects.update(password=make_password(PASSWORD))
    told = {
        name: [
            (answer.status_code, answer.get("Retry-After"), answer.content)
            for answer in (sign_in(name, f"wrong-{number}", 4) for number in range(8))
        ]
        for name in ("aiko", "nobody")
    }
    assert told["aiko"] == told["nobody"]
    assert told["aiko"][-1][0] == 429


def test_a_name_in_other_letters_is_the_same_name(aiko: User, clock: Clock) -> None:
    for name in ("aiko", "AIKO", "Aiko", "ａｉｋｏ", " aiko "):
        sign_in(name, "wrong", 5)
    assert sign_in("aiko", PASSWORD, 5).status_code == 429


def test_the_admin_counts_with_the_learners_door(aiko: User, clock: Clock) -> None:
    User.objects.update(is_staff=True)
    for number in range(5):
        sign_in("aiko", f"wrong-{number}", 6)
    page = Client(REMOTE_ADDR=address(6)).post("/admin/login/", {"username": "aiko", "password": PASSWORD})
    assert (page.status_code, page["Retry-After"]) == (429, "2")
    assert "Too many failed login attempts" in page.content.decode()


def test_every_429_of_signing_in_says_when_to_come_back(aiko: User) -> None:
    """Also those of allauth's that are not ours: asking for mails."""
    answers = [
        Client().post("/auth/app/v1/auth/password/request", {"email": "a@example.org"}, "application/json")
        for _ in range(6)
    ]
    assert (answers[-1].status_code, answers[-1]["Retry-After"]) == (429, "60")


@pytest.mark.django_db(transaction=True)
@FAST
def test_forty_guesses_at_the_same_time_are_not_more_than_five(clock: Clock) -> None:
    """Control: counting after the check lets all forty be tried."""
    User.objects.create(username="aiko", password=make_password(PASSWORD))
    start, statuses = threading.Barrier(8), []

    def guess() -> None:
        try:
            start.wait()
            for _ in range(5):
                statuses.append(sign_in("aiko", "wrong", 8).status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=guess) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [400] * 5 + [429] * 35


def test_callers_whose_clocks_differ_do_not_block_each_other() -> None:
    late, early = NOW, NOW - timedelta(seconds=1)
    policy = {"key": "k", "free": 5, "first_s": 2.0, "longest_s": 300.0, "forget_s": 60.0}
    assert [fail(now=now, **policy).wait_s for now in (late, early, late, early)] == [0.0] * 4  # type: ignore[arg-type]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.floats(0, 30), min_size=1, max_size=25), st.integers(1, 6), st.integers(1, 20))
def test_a_rate_lets_through_what_it_says(steps: list[float], amount: int, window: int) -> None:
    """Against a model: never more than twice the amount in a window, a whole window of rest lets the amount through again."""
    Rate.objects.all().delete()
    now, passed = NOW, []
    for step in steps:
        now += timedelta(seconds=step)
        wait_s = take(key="k", amount=amount, window_s=window, now=now)
        if wait_s == 0.0:
            passed.append(now)
            recent = [at for at in passed if at > now - timedelta(seconds=window)]
            assert len(recent) <= 2 * amount
        else:
            assert take(key="k", amount=amount, window_s=window, now=now + timedelta(seconds=wait_s + 0.001)) == 0.0
            now += timedelta(seconds=wait_s + 0.001)
            passed.append(now)
    now += timedelta(seconds=window)
    assert [take(key="k", amount=amount, window_s=window, now=now) == 0.0 for _ in range(amount + 1)] == [
        *([True] * amount),
        False,
    ]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.floats(0, 100), min_size=1, max_size=25), st.integers(1, 5))
def test_the_count_of_failures_is_that_of_a_model(steps: list[float], free: int) -> None:
    FailureCount.objects.all().delete()
    now, failures, blocked_until, forgotten_at = NOW, 0, NOW, NOW
    for step in steps:
        now += timedelta(seconds=step)
        failed = fail(key="k", free=free, first_s=2, longest_s=40, forget_s=60, now=now)
        if blocked_until > now:
            assert failed.wait_s == pytest.approx((blocked_until - now).total_seconds(), abs=1e-5)
            continue
        failures = 1 if forgotten_at <= now else failures + 1
        wait = 0.0 if failures < free else min(40.0, 2.0 * 2 ** (failures - free))
        blocked_until, forgotten_at = now + timedelta(seconds=wait), now + timedelta(seconds=60)
        assert failed == (0.0, failures)


def test_what_is_over_is_pruned_and_the_rest_stays(aiko: User, clock: Clock) -> None:
    sign_in("aiko", PASSWORD, 1)
    sign_in("aiko", "wrong", 2)
    assert FailureCount.objects.exists()
    assert KnownAddress.objects.exists()
    assert Rate.objects.exists()
    tasks.forget_attempts()
    assert FailureCount.objects.exists()
    assert KnownAddress.objects.exists()
    clock.pass_by(86_401)
    tasks.forget_attempts()
    assert not FailureCount.objects.exists()
    assert not Rate.objects.exists()
    assert KnownAddress.objects.exists()
    clock.pass_by(failed_attempts.KNOWN_FOR.total_seconds())
    tasks.forget_attempts()
    assert not KnownAddress.objects.exists()


def test_the_tables_do_not_tell_who_signs_in_from_where(aiko: User) -> None:
    sign_in("aiko", PASSWORD, 1)
    sign_in("aiko", "wrong", 2)
    stored = f"{list(FailureCount.objects.values())} {list(KnownAddress.objects.values())}"
    assert "aiko" not in stored
    assert "198.51" not in stored


def test_budi_is_not_known_where_aiko_is(aiko: User, clock: Clock) -> None:
    """An outsider gains nothing by an address that somebody else is known at."""
    make_user(username="budi")
    assert sign_in("aiko", PASSWORD, 1).status_code == 200
    assert [sign_in("budi", "wrong", 1).status_code for _ in range(6)][-1] == 429
    assert [sign_in("aiko", "wrong", 1).status_code for _ in range(6)][-1] == 400


def test_the_right_second_factor_clears_the_wait_and_wrong_ones_are_stopped(aiko: User, clock: Clock) -> None:
    secret = totp.generate_totp_secret()
    totp.TOTP.activate(aiko, secret)
    for where in range(60):
        guess("aiko", where)
        guess("aiko", where)
    assert guess("aiko", 70) > 0  # somebody guesses at her name

    assert sign_in("aiko", PASSWORD, 71).status_code == 429
    clock.pass_by(60)
    halfway = sign_in("aiko", PASSWORD, 71)
    assert halfway.status_code == 401

    def code(given: str) -> Any:
        return Client(REMOTE_ADDR=address(71)).post(
            "/auth/app/v1/auth/2fa/authenticate",
            {"code": given},
            "application/json",
            headers={"X-Session-Token": halfway.json()["meta"]["session_token"]},
        )

    answers = [code("000000") for _ in range(6)]
    assert [answer.status_code for answer in answers] == [400] * 5 + [429]
    assert answers[-1]["Retry-After"] == "2"
    guess("aiko", 72)
    clock.pass_by(2)
    right = totp.format_hotp_value(totp.hotp_value(secret, next(totp.yield_hotp_counters_from_time())))
    assert code(right).status_code == 200
    assert guess("aiko", 73) == 0
    assert sign_in("aiko", PASSWORD, 74).status_code == 401  # at once, from anywhere
