"""Recording events, and draining them with exactly-once effect."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from django.db.models import Min
from django.db.models.functions import Now

from common import clock
from common.database import Fragment, execute_together
from common.requests import request_id
from events import models, registry, statements, wakeups
from events.kinds import Event, Recorded, encode
from events.models import Delivery, StoredAnswer
from events.registry import Consumer
from events.statements import StoredEvent

MAX_TRIES = 5
EVENT_RETENTION = timedelta(days=30)
ANSWER_RETENTION = timedelta(days=30)
_log = logging.getLogger(__name__)


class _MustBeAtomic(RuntimeError):
    """An event outside a transaction could be lost, or report something that was rolled back."""


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


def recording(events: Sequence[Event]) -> Fragment:
    """Return what `record_many` writes of these events, at least one, for a statement that also writes what made them true.

    Raises:
        KeyError, ValueError: as `record_many`.
    """
    form = type(events[0])
    consumers = registry.consumers_of(form)
    return statements.events_and_deliveries(
        kind=form.kind,
        version=form.version,
        request_id=request_id.get(),
        payloads=encode(events),
        consumers=consumers,
        after_commit=(lambda: wakeups.wake(consumers)) if consumers else None,
    )


@dataclass(frozen=True)
class Drained:
    """How many deliveries took effect, were postponed, and became dead letters."""

    done: int = 0
    postponed: int = 0
    dead: int = 0

    def __add__(self, other: Drained) -> Drained:
        return Drained(self.done + other.done, self.postponed + other.postponed, self.dead + other.dead)


def drain(name: str, *, budget_s: float = 20.0) -> Drained:
    """Hand a consumer its due deliveries, batch by batch, until none is left or `budget_s` has passed.

    A batch's effects and the deletion of its deliveries commit together: wherever a worker stops, each event takes
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


def _take_effect(consumer: Consumer[Any], claimed: Mapping[int, StoredEvent]) -> None:
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
        statements.settle(claimed)


def _drain_batch(consumer: Consumer[Any]) -> tuple[int, Drained]:
    claimed: dict[int, StoredEvent] = {}
    try:
        with transaction.atomic():
            claimed = statements.claim(consumer=consumer.name, limit=consumer.batch)
            _take_effect(consumer, claimed)
        return len(claimed), Drained(done=len(claimed))
    except Exception as error:
        # Without a claim there is nothing to divide.
        if not claimed or _is_transient(error):
            raise
        _log.warning("batch failed, retrying it in halves", extra={"consumer": consumer.name}, exc_info=True)
    return len(claimed), _drain_by_bisection(consumer, list(claimed))


def _drain_by_bisection(consumer: Consumer[Any], ids: Sequence[int]) -> Drained:
    """Repeat a failed batch in smaller parts, so that one bad event delays no other; about 2 log2(n) tries."""
    if len(ids) == 1:
        return _drain_single(consumer, ids[0])
    total = Drained()
    for half in (ids[: len(ids) // 2], ids[len(ids) // 2 :]):
        try:
            with transaction.atomic():
                claimed = statements.claim(consumer=consumer.name, limit=consumer.batch, ids=half)
                _take_effect(consumer, claimed)
            total += Drained(done=len(claimed))
        except Exception as error:
            if _is_transient(error):
                raise
            total += _drain_by_bisection(consumer, half)
    return total


def _drain_single(consumer: Consumer[Any], delivery_id: int) -> Drained:
    """Apply one delivery in a transaction of its own, or store the failure."""
    with transaction.atomic():
        claimed = statements.claim(consumer=consumer.name, limit=1, ids=[delivery_id])
        try:
            with transaction.atomic():
                _take_effect(consumer, claimed)
            return Drained(done=len(claimed))
        except Exception as error:
            if _is_transient(error):
                raise
            return _postpone(delivery_id, error)


# SQLSTATE classes of errors that pass by themselves: connection lost, transaction rolled back (deadlock, serialisation), out of
# resources, server shutting down, input/output error.
_TRANSIENT_SQLSTATES = ("08", "40", "53", "57P", "58")


def _is_transient(error: Exception) -> bool:
    """Whether the database went away or rolled back, so that the deliveries are as good as before and the try does not count.

    An OperationalError that returns with its event is not transient (a value too large for an index, a statement that always
    times out): it would delay the consumer for ever if it did not count.
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
    return Drained(dead=1) if delivery.dead else Drained(postponed=1)


@transaction.atomic
def retry(*, delivery_ids: Sequence[int]) -> int:
    """Make dead deliveries due again; return how many. A second call changes nothing."""
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
    """Whether any delivery that is not dead is left, due or postponed; False means that everything recorded has taken effect."""
    return Delivery.objects.filter(dead=False).exists()


def lag_seconds() -> float:
    """Return for how many seconds the oldest delivery that is not dead has been due; 0.0 when none is."""
    # Not the first by id: one that was postponed or revived is due for less long than younger ones.
    since = Delivery.objects.filter(dead=False, available_at__lte=Now()).aggregate(since=Min("available_at"))["since"]
    return max(0.0, (clock.now() - since).total_seconds()) if since else 0.0
