"""Recording events, and draining them with exactly-once effect."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from django.db.models import Min
from django.db.models.functions import Now

from common import clock
from common.database import Fragment, execute_together, run_prepared
from common.requests import request_id
from events import models, registry, wakeups
from events.kinds import Event, Recorded, encode
from events.models import Delivery, StoredAnswer
from events.registry import Consumer

MAX_TRIES = 5
EVENT_RETENTION = timedelta(days=30)
ANSWER_RETENTION = timedelta(days=30)
_log = logging.getLogger(__name__)


class _MustBeAtomic(RuntimeError):
    """An event outside a transaction could be lost or tell of something that never happened."""


def record(event: Event) -> None:
    """Record one event in the caller's transaction; see `record_many`."""
    record_many([event])


def record_many(events: Sequence[Event]) -> None:
    """Record events of one class with a delivery for each consumer: one statement, whatever their number.

    Raises:
        KeyError: their class is not in config/flow.py.
        ValueError: they are of several classes.
        RuntimeError: there is no transaction to be part of.
    """
    if not events:
        return
    fragment = recording(events)
    if not connection.in_atomic_block:
        raise _MustBeAtomic(f"{events[0].kind} was recorded outside a transaction")
    execute_together(fragment)


# The array by way of a subquery, as in all fragments: where the planner sees how long an array is, it plans at each call anew
# for what differs between them, which takes longer than writing.
_RECORD = """
    happened_{n} AS (
        INSERT INTO events_event (kind, version, payload, request_id)
        SELECT %s::text, %s::smallint, value, %s::text FROM jsonb_array_elements(%s::jsonb) {if_changed} RETURNING id
    ),
    owed_{n} AS (
        INSERT INTO events_delivery (event_id, consumer)
        SELECT happened.id, consumer FROM happened_{n} AS happened CROSS JOIN unnest(ARRAY(SELECT unnest(%s::text[]))) AS consumer
        ORDER BY happened.id
    )
"""


def recording(events: Sequence[Event]) -> Fragment:
    """Return what `record_many` writes of these events, at least one, for a statement that also writes what made them true.

    Raises:
        KeyError, ValueError: as `record_many`.
    """
    form = type(events[0])
    consumers = registry.consumers_of(form)
    return Fragment(
        _RECORD,
        (form.kind, form.version, request_id.get(), encode(events), list(consumers)),
        after_commit=(lambda: wakeups.wake(consumers)) if consumers else None,
    )


@dataclass(frozen=True)
class Drained:
    """What one drain did: effects had, deliveries put off, deliveries that died."""

    done: int = 0
    postponed: int = 0
    died: int = 0

    def __add__(self, other: Drained) -> Drained:
        return Drained(self.done + other.done, self.postponed + other.postponed, self.died + other.died)


def drain(name: str, *, budget_s: float = 20.0) -> Drained:
    """Give a consumer all it is owed, batch by batch, until nothing is left or `budget_s` has passed.

    A batch's effects and the deletion of its deliveries commit together: whatever dies on the way, each event takes
    effect exactly once. Any number of drains may run at a time; they share the work by SKIP LOCKED.
    """
    consumer = registry.consumers()[name]
    total = Drained()
    deadline = time.monotonic() + budget_s
    while time.monotonic() < deadline:
        taken, result = _drain_batch(consumer)
        total += result
        if taken < consumer.batch:
            break
    return total


# The deliveries first and alone: else a backlog's every event is read, and sorted, for each batch.
_CLAIM = """
    WITH claimed AS MATERIALIZED (
        SELECT id, event_id FROM events_delivery
        -- Due by the database's clock, which also set the instant: a worker's clock may be off.
        WHERE consumer = %s::text AND NOT dead AND available_at <= statement_timestamp() {of_these}
        ORDER BY id LIMIT %s::int FOR UPDATE SKIP LOCKED
    )
    SELECT claimed.id, event.id, event.kind, event.version, event.payload::text, event.occurred_at::text
    FROM claimed JOIN events_event AS event ON event.id = claimed.event_id ORDER BY claimed.id
"""
# Two texts that never change rather than one with a condition that may be empty: the batch's plan is for itself.
_CLAIM_DUE = _CLAIM.format(of_these="")
_CLAIM_OF_THESE = _CLAIM.format(of_these="AND id = ANY(%s::bigint[])")


class _Stored(NamedTuple):
    """An event as it is stored: not yet known to be one."""

    id: int
    kind: str
    version: int
    payload: str
    occurred_at: str


def _claim(consumer: Consumer[Any], ids: Sequence[int] | None = None) -> dict[int, _Stored]:
    """Lock what the consumer is owed, the oldest first, of the deliveries `ids` if they are given; each id with its event.

    What another drain holds, or has settled meanwhile, is missing; the rest is ours until the commit.
    """
    if ids is None:
        rows = run_prepared(_CLAIM_DUE, [consumer.name, consumer.batch])
    else:
        rows = run_prepared(_CLAIM_OF_THESE, [consumer.name, list(ids), consumer.batch])
    return {delivery: _Stored(*event) for delivery, *event in rows}


def _settle(delivery_ids: Iterable[int]) -> None:
    run_prepared("DELETE FROM events_delivery WHERE id = ANY(%s::bigint[])", [list(delivery_ids)])


def _take_effect(consumer: Consumer[Any], claimed: Mapping[int, _Stored]) -> None:
    """Hand the events to the consumer and settle their deliveries, in the caller's transaction.

    Raises:
        UnreadableEvent: one of them is not what the consumer takes.
        Exception: whatever the consumer raises.
    """
    if claimed:
        consumer.handler(
            [
                Recorded(
                    stored.id,
                    registry.read(stored.kind, stored.version, stored.payload, for_consumer=consumer),
                    datetime.fromisoformat(stored.occurred_at),
                )
                for stored in claimed.values()
            ]
        )
        _settle(claimed)


def _drain_batch(consumer: Consumer[Any]) -> tuple[int, Drained]:
    claimed: dict[int, _Stored] = {}
    try:
        with transaction.atomic():
            claimed = _claim(consumer)
            _take_effect(consumer, claimed)
        return len(claimed), Drained(done=len(claimed))
    except Exception as error:
        # Without a claim there is nobody to blame and nothing to divide.
        if not claimed or _is_transient(error):
            raise
        _log.warning("batch failed, retrying it in halves", extra={"consumer": consumer.name}, exc_info=True)
    return len(claimed), _drain_by_bisection(consumer, list(claimed))


def _drain_by_bisection(consumer: Consumer[Any], ids: Sequence[int]) -> Drained:
    """Repeat a failed batch in ever smaller parts: a poisonous event holds up nobody else's, at some twice log2(n) tries."""
    if len(ids) == 1:
        return _drain_single(consumer, ids[0])
    total = Drained()
    for half in (ids[: len(ids) // 2], ids[len(ids) // 2 :]):
        try:
            with transaction.atomic():
                claimed = _claim(consumer, half)
                _take_effect(consumer, claimed)
            total += Drained(done=len(claimed))
        except Exception as error:
            if _is_transient(error):
                raise
            total += _drain_by_bisection(consumer, half)
    return total


def _drain_single(consumer: Consumer[Any], delivery_id: int) -> Drained:
    """Give one delivery its effect in a transaction of its own, or note the failure."""
    with transaction.atomic():
        claimed = _claim(consumer, [delivery_id])
        try:
            with transaction.atomic():
                _take_effect(consumer, claimed)
            return Drained(done=len(claimed))
        except Exception as error:
            if _is_transient(error):
                raise
            return _postpone(delivery_id, error)


# SQLSTATE classes of what passes by itself: connection lost, transaction rolled back (deadlock, serialisation), out of
# resources, server shutting down, input/output error.
_TRANSIENT_SQLSTATES = ("08", "40", "53", "57P", "58")


def _is_transient(error: Exception) -> bool:
    """Whether the database went away or gave up, so that the same deliveries are as good as before and no try counts.

    Not every OperationalError is of that kind: a value too large for an index, or a statement that always takes too long,
    comes back with its event, and would hold up the consumer for ever if it did not count.
    """
    if isinstance(error, InterfaceError):
        return True
    state = getattr(error.__cause__, "sqlstate", None)
    return isinstance(error, OperationalError) and (state is None or str(state).startswith(_TRANSIENT_SQLSTATES))


def _postpone(delivery_id: int, error: Exception) -> Drained:
    delivery = Delivery.objects.select_related("event").get(id=delivery_id)
    delivery.tries += 1
    delivery.dead = delivery.tries >= MAX_TRIES
    # A database error's text may quote a row, and so a person; its class says enough.
    text = "" if isinstance(error, DatabaseError) else f": {error}"
    delivery.cause = f"{type(error).__module__}.{type(error).__qualname__}{text}"[:2000]
    Delivery.objects.filter(id=delivery.pk).update(
        tries=delivery.tries,
        dead=delivery.dead,
        cause=delivery.cause,
        available_at=Now() + timedelta(seconds=2**delivery.tries),
    )
    _log.error(
        "delivery failed",
        extra={
            "consumer": delivery.consumer,
            "event": delivery.event_id,
            "caused_by": delivery.event.request_id,
            "tries": delivery.tries,
            "dead": delivery.dead,
        },
        exc_info=error,
    )
    return Drained(died=1) if delivery.dead else Drained(postponed=1)


@transaction.atomic
def retry(*, delivery_ids: Sequence[int]) -> int:
    """Let dead deliveries live again; returns how many did. A second call changes nothing."""
    revived = Delivery.objects.filter(id__in=delivery_ids, dead=True)
    names = tuple(set(revived.values_list("consumer", flat=True)))
    count = revived.update(dead=False, tries=0, cause="", available_at=Now())
    transaction.on_commit(lambda: wakeups.wake(names))
    return count


def prune() -> int:
    """Delete events past their retention that no delivery needs, and old stored answers; returns events deleted."""
    now = clock.now()
    StoredAnswer.objects.filter(created_at__lt=now - ANSWER_RETENTION).delete()
    deleted, _ = models.Event.objects.filter(occurred_at__lt=now - EVENT_RETENTION, deliveries__isnull=True).delete()
    return deleted


def is_waiting() -> bool:
    """Whether any living delivery is left, due or postponed: no means that everything recorded has had its effect."""
    return Delivery.objects.filter(dead=False).exists()


def lag_seconds() -> float:
    """Return for how many seconds the oldest living delivery has been due; 0.0 when nothing waits."""
    # Not the first by id: one that was postponed or revived is due for less long than younger ones.
    since = Delivery.objects.filter(dead=False, available_at__lte=Now()).aggregate(since=Min("available_at"))["since"]
    return max(0.0, (clock.now() - since).total_seconds()) if since else 0.0
