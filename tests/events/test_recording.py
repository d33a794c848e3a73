"""An event is part of the transaction that made it true."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from common.requests import request_id
from events import models, registry, services
from events.kinds import Event, Recorded
from events.models import Delivery
from events.registry import Consumer
from tests.events.conftest import Counted, FormerlyCounted, Unheard


class Misspelt(Event, frozen=True, kw_only=True):
    """Not in the flow."""

    kind = "tests.misspelt"
    number: int


def _nothing(recorded: Sequence[Recorded[Any]]) -> None: ...


@pytest.fixture(autouse=True)
def _two_consumers() -> None:
    registry.install(
        (Consumer("one", _nothing).takes(Counted), Consumer("two", _nothing).takes(Counted)), (Counted, Unheard)
    )


@pytest.mark.django_db(transaction=True)
def test_an_event_outside_a_transaction_is_refused() -> None:
    with pytest.raises(RuntimeError, match="outside a transaction"):
        services.record(Counted(number=1))
    assert not models.Event.objects.exists()


@pytest.mark.django_db
def test_a_class_that_is_not_in_the_flow_is_refused() -> None:
    with pytest.raises(KeyError):
        services.record(Misspelt(number=1))
    assert not models.Event.objects.exists()


@pytest.mark.django_db
def test_an_event_goes_to_each_of_its_consumers_and_carries_its_request() -> None:
    token = request_id.set("request-0001")
    try:
        services.record(Counted(number=7, name="ไทย"))
    finally:
        request_id.reset(token)
    event = models.Event.objects.get()
    assert (event.kind, event.version, event.request_id) == ("tests.counted", 2, "request-0001")
    assert event.payload == {"number": 7, "name": "ไทย"}
    assert sorted(event.deliveries.values_list("consumer", flat=True)) == ["one", "two"]


@pytest.mark.django_db
def test_an_event_that_nobody_takes_is_kept_and_owes_nothing() -> None:
    services.record(Unheard(number=1))
    assert models.Event.objects.count() == 1
    assert not Delivery.objects.exists()
    assert services.is_waiting() is False


@pytest.mark.django_db
@pytest.mark.parametrize("count", [1, 50])
def test_any_number_of_events_is_one_statement(
    count: int, query_budget: Callable[[int], AbstractContextManager[None]]
) -> None:
    with query_budget(1):
        services.record_many([Counted(number=number) for number in range(count)])
    numbers = [event.payload["number"] for event in models.Event.objects.order_by("id")]
    assert numbers == list(range(count))
    assert Delivery.objects.count() == 2 * count


@pytest.mark.django_db
def test_what_is_rolled_back_never_happened(django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks() as wakeups_asked:
        try:
            with transaction.atomic():
                services.record(Counted(number=1))
                raise LookupError
        except LookupError:
            pass
    assert not models.Event.objects.exists()
    assert not Delivery.objects.exists()
    assert not wakeups_asked


class CountedToo(Event, frozen=True, kw_only=True):
    """Another class of the same kind."""

    kind = Counted.kind


class Twice(Event, frozen=True, kw_only=True):
    """It has its own version among the former ones."""

    kind = "tests.twice"
    former = (FormerlyCounted,)


def test_a_flow_that_contradicts_itself_is_refused() -> None:
    same = Consumer("same", _nothing)
    with pytest.raises(ValueError, match="share a name"):
        registry.install((same, same), ())
    with pytest.raises(ValueError, match="nothing records"):
        registry.install((same.takes(Misspelt),), (Counted,))
    with pytest.raises(ValueError, match="share a kind"):
        registry.install((), (Counted, CountedToo))
    with pytest.raises(ValueError, match="two classes of version 1"):
        registry.install((), (Twice,))
    assert set(registry.consumers()) == {"one", "two"}


@pytest.mark.django_db
def test_no_event_goes_while_it_owes_somebody_its_effect() -> None:
    services.record(Counted(number=1))
    services.record(Unheard(number=2))
    with (
        pytest.raises(IntegrityError, match="has deliveries"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("DELETE FROM events_event")
    assert models.Event.objects.count() == 2
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM events_event WHERE kind = 'tests.unheard'")
    models.Event.objects.all().delete()  # with its deliveries
    assert not Delivery.objects.exists()
