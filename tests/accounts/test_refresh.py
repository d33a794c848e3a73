"""Aiko's phone refreshes its tokens on a line that loses answers; Dao has stolen one of them."""

from __future__ import annotations

import random
import threading
from datetime import timedelta
from typing import Any

import jwt
import pytest
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import connection
from django.db.models import F
from django.test import Client

from accounts.models import RefreshChain, User
from accounts.tokens import TokenStrategy

PASSWORD = "a-long-pass-phrase-7"
pytestmark = pytest.mark.django_db


def post(path: str, body: Any, **headers: str) -> Any:
    return Client().post(f"/auth/app/v1/{path}", body, content_type="application/json", headers=headers)


def signed_up(username: str = "aiko") -> dict[str, Any]:
    meta: dict[str, Any] = post("auth/signup", {"username": username, "password": PASSWORD}).json()["meta"]
    return meta


def refresh(token: str) -> Any:
    return post("tokens/refresh", {"refresh_token": token})


def refreshed(token: str) -> dict[str, Any]:
    answer = refresh(token)
    assert answer.status_code == 200, answer.content
    data: dict[str, Any] = answer.json()["data"]
    return data


def claims(token: str) -> dict[str, Any]:
    read: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return read


def jti(token: str) -> str:
    return str(claims(token)["jti"])


def may_read(pair: dict[str, Any]) -> bool:
    answer = Client().get("/api/v1/me/consents", headers={"Authorization": f"Bearer {pair['access_token']}"})
    return bool(answer.status_code == 200)


def three_days_pass(token: str) -> str:
    """Return the token as it would be, had all been done three days earlier."""
    days = timedelta(days=3)
    Session.objects.update(expire_date=F("expire_date") - days)
    RefreshChain.objects.update(newest_expires_at=F("newest_expires_at") - days)
    User.objects.update(date_joined=F("date_joined") - days)
    was = claims(token)
    older = was | {"iat": was["iat"] - days.total_seconds(), "exp": was["exp"] - days.total_seconds()}
    return jwt.encode(older, settings.SECRET_KEY, "HS256")


def test_a_token_presented_again_gives_the_same_successor_until_that_one_was_presented() -> None:
    first = signed_up()["refresh_token"]
    answers = [refreshed(first) for _ in range(3)]
    assert {jti(pair["refresh_token"]) for pair in answers} == {jti(answers[0]["refresh_token"])} != {jti(first)}
    assert all(may_read(pair) for pair in answers)
    # Any of them is the successor, whichever answer arrived.
    third = refreshed(answers[1]["refresh_token"])
    assert jti(third["refresh_token"]) not in {jti(first), jti(answers[0]["refresh_token"])}
    assert may_read(third)


def test_a_retry_after_three_days_is_answered_like_one_after_a_second() -> None:
    first = signed_up()["refresh_token"]
    lost = refreshed(first)
    late = refreshed(three_days_pass(first))
    assert jti(late["refresh_token"]) == jti(lost["refresh_token"])
    assert may_read(refreshed(late["refresh_token"]))


def test_a_stolen_old_token_ends_the_session_at_its_first_use_after_its_successors() -> None:
    stolen = signed_up()["refresh_token"]
    second = refreshed(stolen)
    third = refreshed(second["refresh_token"])
    assert refresh(stolen).status_code == 400
    assert not Session.objects.exists()
    assert not RefreshChain.objects.exists()
    for token in (stolen, second["refresh_token"], third["refresh_token"]):
        assert refresh(token).status_code == 400


def test_a_thief_who_is_first_is_out_when_the_owner_comes() -> None:
    token = signed_up()["refresh_token"]
    thiefs = refreshed(refreshed(token)["refresh_token"])
    assert refresh(token).status_code == 400
    assert refresh(thiefs["refresh_token"]).status_code == 400


def test_an_outsider_s_token_ends_nobody_elses_session() -> None:
    aiko, dao = signed_up()["refresh_token"], signed_up("dao")["refresh_token"]
    refreshed(refreshed(dao)["refresh_token"])
    forged = jwt.encode(claims(aiko) | {"jti": jti(dao)}, "another secret of forty characters and more", "HS256")
    assert refresh(forged).status_code == 400
    # Aiko's session under Dao's name: signed by nobody but us, and refused all the same.
    mixed = jwt.encode(claims(aiko) | {"sub": claims(dao)["sub"]}, settings.SECRET_KEY, "HS256")
    assert refresh(mixed).status_code == 400
    assert refresh(dao).status_code == 400  # Dao's own, which was used before
    assert may_read(refreshed(aiko))


def test_a_refresh_keeps_what_another_call_writes_into_the_session() -> None:
    """Control: saving the session as a whole, as allauth does, loses `noted`."""
    token = signed_up()["refresh_token"]
    key = Session.objects.get().pk

    class Noting(TokenStrategy):
        def get_claims(self, user: Any) -> dict[str, Any]:
            meanwhile = SessionStore(key)
            meanwhile["noted"] = True
            meanwhile.save()
            return super().get_claims(user)

    assert Noting().refresh_token(token) is not None
    assert SessionStore(key)["noted"] is True
    assert Session.objects.count() == RefreshChain.objects.count() == 1


def test_a_thousand_refreshes_with_one_answer_in_three_lost_sign_nobody_out() -> None:
    """One retry comes three days later. Control: a strategy that lets a token work once signs Aiko out at the first loss."""
    strategy, chance = TokenStrategy(), random.Random(11)
    token, lost, seen, access = signed_up()["refresh_token"], 0, set(), ""
    for number in range(1000):
        pair = strategy.refresh_token(token)
        assert pair is not None, number
        access = pair[0]
        if number == 500:
            token = three_days_pass(token)
        elif chance.random() < 1 / 3:
            lost += 1
        else:
            token = pair[1]
            seen.add(jti(token))
    assert lost > 300
    assert len(seen) == 1000 - lost - 1
    assert may_read({"access_token": access})
    assert RefreshChain.objects.count() == 1
    assert len(Session.objects.get().session_data) < 1000


def test_a_refresh_costs_six_queries_however_many_came_before(query_budget: Any) -> None:
    token, strategy = signed_up()["refresh_token"], TokenStrategy()
    for _ in range(30):
        with query_budget(8):  # with the savepoint's two
            pair = strategy.refresh_token(token)
        assert pair
        token = pair[1]


@pytest.mark.django_db(transaction=True)
def test_eight_refreshes_at_the_same_time_all_get_the_same_successor() -> None:
    token = signed_up()["refresh_token"]
    start, answers = threading.Barrier(8), []

    def call() -> None:
        try:
            start.wait()
            answers.append(refresh(token))
        finally:
            connection.close()

    threads = [threading.Thread(target=call) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [200] * 8
    pairs = [answer.json()["data"] for answer in answers]
    assert len({jti(pair["refresh_token"]) for pair in pairs}) == 1
    assert may_read(refreshed(pairs[0]["refresh_token"]))
