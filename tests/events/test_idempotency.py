"""A call repeated with its Idempotency-Key has its effect once and gets its first answer again."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory, force_authenticate
from rest_framework.views import APIView

from accounts.models import User
from common.errors import Conflict
from events.models import StoredAnswer
from events.public import idempotent
from tests.factories import make_user

Effects = Callable[[], list[int]]
KEY = "key-0001-of-a-client"


class Counting(APIView):
    """Writes the body's number down and answers with it; refuses 13 by raising and 14 by returning."""

    authentication_classes = ()
    permission_classes = ()
    meet: threading.Barrier | None = None

    @idempotent
    def post(self, request: Request) -> Response:
        number = request.data["number"]
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO effect VALUES (%s)", [number])
        if self.meet is not None:
            self.meet.wait(1)
        if number == 13:
            raise Conflict()
        if number == 14:
            return Response({"code": "busy"}, status=409)
        if number == 204:
            return Response(status=204)
        return Response({"number": number, "text": "ไทย"}, status=201)


def _call(user: User, number: int, *, key: str | None = KEY, path: str = "/api/v1/count", **init: Any) -> Any:
    headers = {} if key is None else {"Idempotency-Key": key}
    request = APIRequestFactory().post(path, {"number": number}, format="json", headers=headers)
    force_authenticate(request, user)
    answer = Counting.as_view(**init)(request)
    return answer.render() if hasattr(answer, "render") else answer


@pytest.mark.django_db
def test_a_repeat_gets_the_stored_answer_and_has_no_effect(effects: Effects) -> None:
    aiko = make_user()
    first, second = _call(aiko, 7), _call(aiko, 7)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content == '{"number":7,"text":"ไทย"}'.encode()
    assert second["Content-Type"] == "application/json"
    assert effects() == [7]


@pytest.mark.django_db
def test_an_answer_without_a_body_is_repeated_without_one(effects: Effects) -> None:
    aiko = make_user()
    first, second = _call(aiko, 204), _call(aiko, 204)
    assert (second.status_code, second.content) == (204, b"")
    assert "Content-Type" not in second
    assert first.status_code == 204
    assert effects() == [204]


@pytest.mark.django_db
def test_the_same_key_for_something_else_is_refused(effects: Effects) -> None:
    aiko = make_user()
    _call(aiko, 7)
    for answer in (_call(aiko, 8), _call(aiko, 7, path="/api/v1/other")):
        assert answer.status_code == 422
        assert json.loads(answer.content)["code"] == "idempotency_key_reused"
    assert effects() == [7]


@pytest.mark.django_db
def test_somebody_elses_key_is_another_key(effects: Effects) -> None:
    assert _call(make_user(), 7).status_code == 201
    assert _call(make_user(), 8).status_code == 201
    assert effects() == [7, 8]


@pytest.mark.django_db
@pytest.mark.parametrize("refused", [13, 14])
def test_an_error_stores_nothing_so_that_a_repeat_is_a_new_try(effects: Effects, refused: int) -> None:
    aiko = make_user()
    for _ in range(2):
        assert _call(aiko, refused).status_code == 409
    assert effects() == []
    assert not StoredAnswer.objects.exists()
    assert _call(aiko, 7).status_code == 201
    assert effects() == [7]


@pytest.mark.django_db
@pytest.mark.parametrize("key", [None, "", "short", "x" * 201, "ключ-с-буквами", "tab\tin-the-key"])
def test_a_call_without_a_proper_key_is_refused(effects: Effects, key: str | None) -> None:
    answer = _call(make_user(), 7, key=key)
    assert answer.status_code == 400
    assert json.loads(answer.content)["code"] == "idempotency_key_required"
    assert effects() == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("number", [7, 13])
def test_two_calls_at_a_time_with_one_key_have_one_effect(effects: Effects, number: int) -> None:
    aiko = make_user()
    # The second call begins while the first one holds its key uncommitted: the barrier is met by this thread only.
    meet = threading.Barrier(2)
    answers: list[Any] = []

    def call(**init: Any) -> None:
        try:
            answers.append(_call(aiko, number, **init))
        finally:
            connection.close()

    first = threading.Thread(target=call, kwargs={"meet": meet})
    first.start()
    while meet.n_waiting < 1 and first.is_alive():
        time.sleep(0.005)
    second = threading.Thread(target=call)
    second.start()
    second.join(0.2)
    assert second.is_alive(), "the second call waits for the first one's commit"
    assert answers == []
    meet.wait(1)
    first.join(5)
    second.join(5)
    expected = 201 if number == 7 else 409
    assert [answer.status_code for answer in answers] == [expected, expected]
    assert effects() == ([7] if number == 7 else [])
    assert StoredAnswer.objects.count() == len(effects())
