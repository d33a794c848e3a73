"""Wake-ups for the workers: harmless to lose, to double or to delay."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Sequence

from celery import current_app
from kombu.exceptions import OperationalError as BrokerDown
from kombu.pools import ProducerPool
from redis.exceptions import RedisError

_QUIET_S = 0.25
_AFTER_FAILURE_S = 15.0
# A request waits this long at most and does not try again. Workers must be patient, and a setting for all would end them.
_IMPATIENT = {"max_retries": 0, "socket_connect_timeout": 1, "socket_timeout": 2}
_log = logging.getLogger(__name__)
_lock = threading.Lock()
_next_allowed: dict[str, float] = {}
_broker_down_until = 0.0
_producers: dict[int, ProducerPool] = {}


def wake(consumers: Sequence[str]) -> None:
    """Ask a worker to drain `consumers` soon; never raises and never waits long.

    One wake-up serves all that commits until a worker acts on it, and all consumers that are due for one, so a burst
    sends few: to send one costs as much as a request. While the broker is down no attempt is made: beat does it later.
    """
    global _broker_down_until
    now = time.monotonic()
    if now < _broker_down_until:
        return
    with _lock:
        due = [name for name in consumers if now >= _next_allowed.get(name, 0.0)]
        _next_allowed.update(dict.fromkeys(due, now + _QUIET_S))
    if not due:
        return
    try:
        # A countdown of the quiet time lets the message run after those it stands for.
        with _pool().acquire(block=True) as producer:
            current_app.send_task(
                "events.drain", args=due, countdown=_QUIET_S, expires=60, retry=False, producer=producer
            )
    except (BrokerDown, RedisError, OSError) as error:
        _broker_down_until = time.monotonic() + _AFTER_FAILURE_S
        _log.warning("no wake-up sent, beat will", extra={"cause": type(error).__name__})


def _pool() -> ProducerPool:
    """Connections of this process alone: a fork must not share its parent's sockets."""
    with _lock:
        pool = _producers.get(os.getpid())
        if pool is None:
            connection = current_app.connection_for_write(transport_options=_IMPATIENT)
            pool = _producers[os.getpid()] = ProducerPool(connection.Pool(limit=16), limit=16)
        return pool
