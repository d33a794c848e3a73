"""Wake-ups for the workers: harmless to lose, to double or to delay."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence

from celery import current_app
from kombu.exceptions import OperationalError as BrokerDown
from redis.exceptions import RedisError

_QUIET_S = 0.05
_AFTER_FAILURE_S = 15.0
_log = logging.getLogger(__name__)
_lock = threading.Lock()
_next_allowed: dict[str, float] = {}
_broker_down_until = 0.0


def wake(consumers: Sequence[str]) -> None:
    """Ask a worker to drain `consumers` soon; never raises and never waits long.

    One wake-up serves all that commits until a worker acts on it, so a burst sends few. While the broker is down nobody
    is asked: beat does it later.
    """
    global _broker_down_until
    now = time.monotonic()
    if now < _broker_down_until:
        return
    for name in consumers:
        with _lock:
            if now < _next_allowed.get(name, 0.0):
                continue
            _next_allowed[name] = now + _QUIET_S
        try:
            # A countdown of the quiet time lets the message run after those it stands for.
            current_app.send_task("events.drain", args=[name], countdown=_QUIET_S, expires=60, retry=False)
        except (BrokerDown, RedisError, OSError) as error:
            _broker_down_until = time.monotonic() + _AFTER_FAILURE_S
            _log.warning("no wake-up sent, beat will", extra={"cause": type(error).__name__})
            return
