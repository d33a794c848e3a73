"""Each event takes effect exactly once, whatever fails on the way."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.db.models.functions import Now

from common import clock
from common.logs import JsonFormatter
from events import services
from events.kinds import Recorded
from events.models import Delivery, Event
from events.services import MAX_TRIES, Drained
from tests.events.conftest import Counted, Unheard, have_effect, numbers_of

Effects = Callable[[], list[int]]
Consume = Callable[..., None]


def _record(*numbers: int) -> None:
    with transaction.atomic():
        services.record_many([Counted(number=number) for number in numbers])


def _wait_over() -> None:
    """Let the time pass for which failed deliveries are put off."""
    Delivery.objects.filter(dead=False).update(available_at=Now())


@pytest.mark.django_db
def test_effects_are_had_in_batches_and_deliveries_go(consume: Consume, effects: Effects) -> None:
    batches: list[list[int]] = []

    def handle(recorded: Sequence[Recorded[Counted]]) -> None:
        batches.append(numbers_of(recorded))
        have_effect(recorded)

    consume(handle, batch=2)
    _record(1, 2, 3, 4, 5)
    assert services.drain("counter") == Drained(done=5)
    assert batches == [[1, 2], [3, 4], [5]]
    assert effects() == [1, 2, 3, 4, 5]
    assert not services.is_waiting()
    assert Event.objects.count() == 5
    assert services.drain("counter") == Drained()
    assert effects() == [1, 2, 3, 4, 5]


@pytest.mark.django_db
@pytest.mark.parametrize("count", [1, 50])
@pytest.mark.usefixtures("effects")
def test_a_batch_costs_the_same_queries_however_full_it_is(
    count: int, consume: Consume, query_budget: Callable[[int], AbstractContextManager[None]]
) -> None:
    consume()
    _record(*range(count))
    with query_budget(5):  # savepoint, claim, effect, deletion, release
        services.drain("counter")


@pytest.mark.django_db
def test_a_consumer_that_fails_midway_has_no_effect_at_all(consume: Consume, effects: Effects) -> None:
    def handle(recorded: Sequence[Recorded[Counted]]) -> None:
        have_effect(recorded)
        raise LookupError("after the effect")

    consume(handle)
    _record(1, 2)
    assert services.drain("counter") == Drained(postponed=2)
    assert effects() == []
    assert list(Delivery.objects.values_list("tries", "dead")) == [(1, False), (1, False)]


@pytest.mark.django_db
def test_a_bad_event_delays_no_other(consume: Consume, effects: Effects) -> None:
    def handle(recorded: Sequence[Recorded[Counted]]) -> None:
        have_effect(recorded)
        if 3 in numbers_of(recorded):
            raise LookupError("three")

    consume(handle)
    _record(1, 2, 3, 4, 5)
    assert services.drain("counter") == Drained(done=4, postponed=1)
    assert effects() == [1, 2, 4, 5]
    (left,) = Delivery.objects.select_related("event")
    assert (left.event.payload["number"], left.tries, left.dead) == (3, 1, False)
    # Put off: the next drain leaves it alone and takes what is new.
    _record(6)
    assert services.drain("counter") == Drained(done=1)
    assert effects() == [1, 2, 4, 5, 6]


@pytest.mark.django_db
def test_five_failures_make_a_delivery_dead_and_a_retry_lets_it_live(consume: Consume, effects: Effects) -> None:
    mended = False

    def handle(recorded: Sequence[Recorded[Counted]]) -> None:
        if not mended:
            raise LookupError("no such skill")
        have_effect(recorded)

    consume(handle)
    _record(1)
    waits: list[float] = []
    for _ in range(MAX_TRIES - 1):
        assert services.drain("counter") == Drained(postponed=1)
        waits.append(round((Delivery.objects.get().available_at - clock.now()).total_seconds()))
        _wait_over()
    assert waits == [2, 4, 8, 16]
    assert services.drain("counter") == Drained(dead=1)
    delivery = Delivery.objects.get()
    assert (delivery.tries, delivery.dead, delivery.cause) == (5, True, "builtins.LookupError: no such skill")
    assert services.lag_seconds() == 0
    assert not services.is_waiting()
    assert services.drain("counter") == Drained()

    mended = True
    assert services.retry(delivery_ids=[delivery.pk]) == 1
    assert services.retry(delivery_ids=[delivery.pk]) == 0
    assert services.drain("counter") == Drained(done=1)
    assert effects() == [1]


@pytest.mark.django_db
def test_a_retry_leaves_the_living_alone(consume: Consume) -> None:
    consume()
    _record(1)
    assert services.retry(delivery_ids=list(Delivery.objects.values_list("id", flat=True))) == 0


def _raise_in_database(state: str, message: str = "the row of 山田 愛子") -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DO $$ BEGIN RAISE EXCEPTION '{message}' USING ERRCODE = '{state}'; END $$")


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["40P01", "40001", "53100", "57P01"])
def test_what_passes_by_itself_counts_no_try(state: str, consume: Consume, effects: Effects) -> None:
    """Deadlock, serialisation, full disk, shutdown: the deliveries are as good as before."""

    def handle(recorded: Sequence[Recorded[Counted]]) -> None:
        have_effect(recorded)
        _raise_in_database(state)

    consume(handle)
    _record(1, 2)
    for _ in range(MAX_TRIES + 1):
        with pytest.raises(OperationalError):
            services.drain("counter")
    assert effects() == []
    assert list(Delivery.objects.values_list("tries", "dead", "cause")) == [(0, False, "")] * 2
    consume()
    assert services.drain("counter") == Drained(done=2)
    assert effects() == [1, 2]


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["54000", "57014"])
def test_a_database_error_that_comes_with_its_event_holds_up_nobody_else(
    state: str, consume: Consume, effects: Effects
) -> None:
    """A value too large for an index, or a statement that always takes too long, comes back at every try."""

    def handle(recorded: Sequence[Recorded[Counted]]) -> None:
        if 1 in numbers_of(recorded):
            _raise_in_database(state)
        have_effect(recorded)

    consume(handle)
    _record(1, 2, 3)
    assert services.drain("counter") == Drained(done=2, postponed=1)
    assert effects() == [2, 3]
    assert Delivery.objects.get().tries == 1


@pytest.mark.django_db
@pytest.mark.usefixtures("effects")
def test_neither_the_cause_nor_the_log_quotes_a_row(consume: Consume, caplog: pytest.LogCaptureFixture) -> None:
    name = "山田 愛子"

    def handle(recorded: Sequence[Recorded[Counted]]) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT %s::text::integer", [name])

    consume(handle)
    _record(1)
    with caplog.at_level(logging.WARNING):
        services.drain("counter")
    assert Delivery.objects.get().cause == "django.db.utils.DataError"
    assert len(caplog.records) == 2
    for record in caplog.records:
        line = JsonFormatter().format(record)
        assert name not in json.loads(line)["exc_info"]
        assert name not in line
        assert "handle" in line, "the traceback is there"
        assert "22P02" in line


@pytest.mark.django_db
def test_a_worker_whose_clock_is_behind_drains_all_the_same(
    consume: Consume, effects: Effects, monkeypatch: pytest.MonkeyPatch
) -> None:
    consume()
    _record(1)
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now - timedelta(minutes=5))
    assert services.drain("counter") == Drained(done=1)
    assert effects() == [1]


@pytest.mark.django_db
def test_the_lag_is_that_of_the_delivery_due_for_longest(consume: Consume) -> None:
    consume()
    assert services.lag_seconds() == 0
    _record(1, 2, 3)
    first, second, third = Delivery.objects.order_by("id")
    now = clock.now()
    # The oldest row was put off and is due since a moment; a younger one waits for a minute; one is not due.
    for delivery, age in ((first, 1), (second, 60), (third, -30)):
        Delivery.objects.filter(id=delivery.pk).update(available_at=now - timedelta(seconds=age))
    assert 60 <= services.lag_seconds() < 65


@pytest.mark.django_db
def test_retention_takes_old_events_without_deliveries(consume: Consume) -> None:
    consume()
    _record(1, 2)
    with transaction.atomic():
        services.record(Unheard(number=3))
        services.record(Unheard(number=4))
    old = clock.now() - services.EVENT_RETENTION - timedelta(hours=1)
    Event.objects.exclude(payload__number=4).update(occurred_at=old)
    Delivery.objects.filter(event__payload__number=2).delete()
    assert services.prune() == 2
    # Left: an event that still has a delivery, and a young event.
    assert sorted(event.payload["number"] for event in Event.objects.all()) == [1, 4]
    assert services.prune() == 0


def _store(payload: str, *, kind: str = Counted.kind, version: int = Counted.version) -> None:
    """Put an event and its delivery in the tables, as a former release or a hand may have done."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH stored AS (INSERT INTO events_event (kind, version, payload, request_id) VALUES (%s, %s, %s, '') "
            "RETURNING id) INSERT INTO events_delivery (event_id, consumer) SELECT id, 'counter' FROM stored",
            [kind, version, payload],
        )


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("stored", "cause"),
    [
        ({"payload": '{"number": "four"}'}, "tests.counted version 2: Expected `int`, got `str` - at `$.number`"),
        ({"payload": "{}"}, "tests.counted version 2: Object missing required field `number`"),
        (
            {"payload": '{"number": 4, "colour": "red"}'},
            "tests.counted version 2: Object contains unknown field `colour`",
        ),
        ({"payload": '{"number": 4}', "version": 3}, "tests.counted version 3: unknown"),
        ({"payload": '{"number": 4}', "kind": "tests.gone", "version": 1}, "tests.gone version 1: unknown"),
        ({"payload": '{"number": 4}', "kind": Unheard.kind, "version": 1}, "tests.unheard: counter does not take it"),
    ],
)
def test_what_cannot_be_read_dies_with_its_cause_and_holds_up_nobody(
    stored: dict[str, Any], cause: str, consume: Consume, effects: Effects
) -> None:
    consume()
    _record(1, 2)
    _store(**stored)
    _record(3)
    assert services.drain("counter") == Drained(done=3, postponed=1)
    assert effects() == [1, 2, 3]
    for _ in range(MAX_TRIES - 1):
        _wait_over()
        services.drain("counter")
    delivery = Delivery.objects.get()
    assert (delivery.dead, delivery.cause) == (True, f"events.kinds.UnreadableEvent: {cause}")


@pytest.mark.django_db
def test_what_a_former_release_stored_has_its_effect(consume: Consume, effects: Effects) -> None:
    consume()
    _store('{"words": "one two three"}', version=1)
    _record(4)
    assert services.drain("counter") == Drained(done=2)
    assert effects() == [3, 4]


# --- more than one connection: committed for real ---------------------------------------------------------------------


def _in_thread(work: Callable[[], Any]) -> tuple[threading.Thread, list[Any]]:
    results: list[Any] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:
            results.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread, results


@pytest.mark.django_db(transaction=True)
def test_two_drains_at_a_time_share_the_work_and_double_nothing(consume: Consume, effects: Effects) -> None:
    together = threading.Barrier(2, timeout=10)
    met = threading.local()

    def handle(recorded: Sequence[Recorded[Counted]]) -> None:
        have_effect(recorded)
        if not getattr(met, "once", False):
            met.once = True
            together.wait()  # neither commits its first batch before both hold one

    consume(handle, batch=20)
    _record(*range(400))
    started = [_in_thread(lambda: services.drain("counter")) for _ in range(2)]
    for thread, _ in started:
        thread.join(20)
    done = [results[0].done for _, results in started]
    assert sum(done) == 400
    assert min(done) >= 20
    assert effects() == list(range(400))
    assert not Delivery.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_drain_passes_over_what_another_holds(consume: Consume, effects: Effects) -> None:
    by_others: list[Any] = []

    def handle(recorded: Sequence[Recorded[Counted]]) -> None:
        have_effect(recorded)
        if 1 in numbers_of(recorded):
            thread, results = _in_thread(lambda: services._drain_batch(_consumer()))
            thread.join(10)
            by_others.extend(results)

    def _consumer() -> Any:
        from events import registry

        return registry.consumers()["counter"]

    consume(handle, batch=2)
    _record(1, 2, 3)
    services.drain("counter")
    assert by_others == [(1, Drained(done=1))]
    assert effects() == [1, 2, 3]


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_loses_the_database_midway_leaves_everything_as_it_was(
    consume: Consume, effects: Effects
) -> None:
    def handle(recorded: Sequence[Recorded[Counted]]) -> None:
        have_effect(recorded)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    consume(handle)
    _record(1, 2)
    with pytest.raises(OperationalError):
        services.drain("counter")
    connection.close()
    assert effects() == []
    assert list(Delivery.objects.values_list("tries", flat=True)) == [0, 0]
    consume()
    assert services.drain("counter") == Drained(done=2)
    assert effects() == [1, 2]


@pytest.mark.django_db(transaction=True)
def test_what_was_done_one_by_one_stays_done_when_the_database_goes_later(consume: Consume, effects: Effects) -> None:
    def handle(recorded: Sequence[Recorded[Counted]]) -> None:
        if len(recorded) > 1:
            raise LookupError("not together")
        have_effect(recorded)
        if 3 in numbers_of(recorded):
            _raise_in_database("40P01")

    consume(handle)
    _record(1, 2, 3, 4)
    with pytest.raises(OperationalError):
        services.drain("counter")
    assert effects() == [1, 2]
    assert list(Delivery.objects.values_list("tries", flat=True)) == [0, 0]
    consume()
    services.drain("counter")
    assert effects() == [1, 2, 3, 4]
