"""The operator's monitoring asks how each part does; Dao, who is nobody here, learns whether the platform works."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from config import health
from tests.factories import MONITORING

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Basic dGVzdHM="},
        {"Authorization": f"Bearer {MONITORING['Authorization'].split()[1]}x"},
        {"X-Forwarded-For": "127.0.0.1"},
    ],
)
def test_strangers_are_told_one_word(headers: dict[str, str]) -> None:
    answer = Client().get("/readyz", headers=headers)
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert answer["Cache-Control"] == "no-store"


def test_without_a_token_nobody_is_told(settings: Any) -> None:
    settings.READYZ_TOKEN = ""
    for sent in ("Bearer ", "Bearer", "Bearer tests"):
        assert Client().get("/readyz", headers={"Authorization": sent}).json() == {"status": "ok"}


def test_monitoring_and_the_operator_are_told_all() -> None:
    told = Client().get("/readyz", headers=MONITORING).json()
    assert told["database"] == told["redis"] == told["migrations"] == "ok"
    assert {"outbox_lag_s", "outbox_waiting", "certificates"} <= set(told)
    shown = StringIO()
    call_command("readiness", stdout=shown)
    assert set(json.loads(shown.getvalue())) == set(told)


def test_what_is_down_is_told_to_strangers_as_one_word_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_migrated", lambda: False)
    answer = Client().get("/readyz")
    assert (answer.status_code, answer.json()) == (503, {"status": "unavailable"})
    assert Client().get("/readyz", headers=MONITORING).json()["migrations"] == "missing"
    with pytest.raises(SystemExit):
        call_command("readiness", stdout=StringIO())
