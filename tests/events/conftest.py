"""Consumers of the tests' own in place of the product's, and a table that shows how often an effect was had."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import pytest
from django.db import connection

from config import flow
from events import registry, wakeups
from events.kinds import Event, FormerEvent, Recorded
from events.registry import Consumer


class FormerlyCounted(FormerEvent, frozen=True, kw_only=True):
    """`Counted` as it was in version 1: a number in words."""

    version = 1
    words: str

    def upgraded(self) -> Counted:
        return Counted(number=len(self.words.split()))


class Counted(Event, frozen=True, kw_only=True):
    """A number was counted."""

    kind = "tests.counted"
    version = 2
    former = (FormerlyCounted,)
    number: int
    name: str | None = None


class Unheard(Event, frozen=True, kw_only=True):
    """Nobody takes it."""

    kind = "tests.unheard"
    number: int


@pytest.fixture(autouse=True)
def _own_flow(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every test begins with an empty map and leaves the product's."""
    registry.install((), ())
    monkeypatch.setattr(wakeups, "_next_allowed", {})
    monkeypatch.setattr(wakeups, "_broker_down_until", 0.0)
    yield
    registry.install(flow.CONSUMERS, flow.EVENTS)


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


def numbers_of(recorded: Sequence[Recorded[Counted]]) -> list[int]:
    return [entry.event.number for entry in recorded]


def have_effect(recorded: Sequence[Recorded[Counted]]) -> None:
    """A consumer's service: one statement for the whole batch."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO effect SELECT unnest(%s::bigint[])", [numbers_of(recorded)])


@pytest.fixture
def consume() -> Callable[..., None]:
    """`consume(handler, batch=…)`: install one consumer, `counter`, of the class `Counted`."""

    def install(handler: Callable[[Sequence[Recorded[Counted]]], None] = have_effect, *, batch: int = 200) -> None:
        registry.install((Consumer("counter", handler, batch=batch).takes(Counted),), (Counted, Unheard))

    return install
