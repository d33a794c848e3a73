"""An event is part of the transaction that made it true."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from common.requests import request_id
from events import registry, services
from events.models import Delivery, Event
from events.registry import Consumer


@pytest.fixture(autouse=True)
def _two_consumers() -> None:
    def handle(happened: Any) -> None: ...

    registry.install(
        (Consumer("one", ("tests.counted",), handle), Consumer("two", ("tests.counted",), handle)),
        ("tests.counted", "tests.unheard"),
    )


@pytest.mark.django_db(transaction=True)
def test_an_event_outside_a_transaction_is_refused() -> None:
    with pytest.raises(RuntimeError, match="outside a transaction"):
        services.record("tests.counted", number=1)
    assert not Event.objects.exists()


@pytest.mark.django_db
def test_a_kind_that_is_not_in_the_flow_is_refused() -> None:
    with pytest.raises(KeyError):
        services.record("tests.misspelt", number=1)
    assert not Event.objects.exists()


@pytest.mark.django_db
def test_an_event_goes_to_each_of_its_consumers_and_carries_its_request() -> None:
    token = request_id.set("request-0001")
    try:
        services.record("tests.counted", number=7, name="ไทย", nothing=None)
    finally:
        request_id.reset(token)
    event = Event.objects.get()
    assert (event.kind, event.request_id) == ("tests.counted", "request-0001")
    assert event.payload == {"number": 7, "name": "ไทย", "nothing": None}
    assert sorted(event.deliveries.values_list("consumer", flat=True)) == ["one", "two"]


@pytest.mark.django_db
def test_an_event_that_nobody_takes_is_kept_and_owes_nothing() -> None:
    services.record("tests.unheard", number=1)
    assert Event.objects.count() == 1
    assert not Delivery.objects.exists()
    assert services.is_waiting() is False


@pytest.mark.django_db
@pytest.mark.parametrize("count", [1, 50])
def test_any_number_of_events_is_one_statement(
    count: int, query_budget: Callable[[int], AbstractContextManager[None]]
) -> None:
    with query_budget(1):
        services.record_many("tests.counted", [{"number": number} for number in range(count)])
    numbers = [event.payload["number"] for event in Event.objects.order_by("id")]
    assert numbers == list(range(count))
    assert Delivery.objects.count() == 2 * count


@pytest.mark.django_db
def test_what_is_rolled_back_never_happened(django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks() as wakeups_asked:
        try:
            with transaction.atomic():
                services.record("tests.counted", number=1)
                raise LookupError
        except LookupError:
            pass
    assert not Event.objects.exists()
    assert not Delivery.objects.exists()
    assert not wakeups_asked


def test_a_flow_that_contradicts_itself_is_refused() -> None:
    def handle(happened: Any) -> None: ...

    with pytest.raises(ValueError, match="share a name"):
        registry.install((Consumer("same", (), handle), Consumer("same", (), handle)), ())
    with pytest.raises(ValueError, match=r"tests\.nobody"):
        registry.install((Consumer("one", ("tests.nobody",), handle),), ("tests.counted",))
    assert set(registry.consumers()) == {"one", "two"}


@pytest.mark.django_db
def test_no_event_goes_while_it_owes_somebody_its_effect() -> None:
    services.record("tests.counted", number=1)
    services.record("tests.unheard", number=2)
    with (
        pytest.raises(IntegrityError, match="has deliveries"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("DELETE FROM events_event")
    assert Event.objects.count() == 2
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM events_event WHERE kind = 'tests.unheard'")
    Event.objects.all().delete()  # with its deliveries
    assert not Delivery.objects.exists()
