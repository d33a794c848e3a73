"""Consumers of the tests' own in place of the product's, and a table that shows how often an effect was had."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from django.db import connection

from config import flow
from events import registry, wakeups
from events.registry import Consumer, Happened


@pytest.fixture(autouse=True)
def _own_flow(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every test begins with an empty map and leaves the product's."""
    registry.install((), ())
    monkeypatch.setattr(wakeups, "_next_allowed", {})
    monkeypatch.setattr(wakeups, "_broker_down_until", 0.0)
    yield
    registry.install(flow.CONSUMERS, flow.KINDS)


@pytest.fixture
def effects(_reference_data: None) -> Iterator[Callable[[], list[int]]]:
    """A table without any constraint: an effect that is had twice stands there twice. Returns its numbers, sorted."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE effect (number bigint NOT NULL)")

    def numbers() -> list[int]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT number FROM effect ORDER BY number")
            return [number for (number,) in cursor.fetchall()]

    yield numbers
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE effect")


def have_effect(happened: Sequence[Happened]) -> None:
    """A consumer's service: one statement for the whole batch."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO effect SELECT unnest(%s::bigint[])", [[event.payload["number"] for event in happened]]
        )


@pytest.fixture
def consume() -> Callable[..., None]:
    """`consume(handler, batch=…)`: install one consumer, `counter`, of the kind `tests.counted`."""

    def install(handler: Callable[[Sequence[Happened]], Any] = have_effect, *, batch: int = 200) -> None:
        consumer = Consumer("counter", ("tests.counted",), handler, batch=batch)
        registry.install((consumer,), ("tests.counted", "tests.unheard"))

    return install
