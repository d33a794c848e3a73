"""Counting what is limited: each count is one atomic statement, so that parallel calls cannot all be the last one allowed."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from common.database import run_prepared

# The generic cell rate algorithm (ITU-T I.371, annex A): one instant a key, the "theoretical arrival time", says how full
# the bucket is. `window` seconds let `amount` through at once, and then one every `window / amount` seconds.
_TAKE = """
    INSERT INTO accounts_rate AS held (key, full_until)
    VALUES (%s::text, %s::timestamptz + make_interval(secs => %s::float8))
    ON CONFLICT (key) DO UPDATE SET full_until = CASE
        WHEN greatest(held.full_until, %s::timestamptz) + make_interval(secs => %s::float8)
             <= %s::timestamptz + make_interval(secs => %s::float8 + 0.001)  -- for what rounding to microseconds adds up to
        THEN greatest(held.full_until, %s::timestamptz) + make_interval(secs => %s::float8)
        ELSE held.full_until END
    RETURNING old.full_until, new.full_until
"""

# A failure more, unless the key is waiting. The wait after failure n is nothing up to `free`, then `first_s`, and twice as long
# after each, at most `longest_s`. The exponent is bounded, for a number must not overflow however long somebody tries. Without a
# wait the instant is long past, for the callers' clocks are not quite the same.
_FAIL = """
    INSERT INTO accounts_failurecount AS held (key, failures, blocked_until, forgotten_at)
    SELECT given.key, 1,
           CASE WHEN given.free <= 1 THEN given.now + make_interval(secs => given.first_s) ELSE timestamptz 'epoch' END,
           given.now + make_interval(secs => given.forget_s)
    FROM (SELECT %s::text AS key, %s::timestamptz AS now, %s::int AS free, %s::float8 AS first_s, %s::float8 AS longest_s,
                 %s::float8 AS forget_s) AS given
    ON CONFLICT (key) DO UPDATE SET
        failures = CASE WHEN held.blocked_until > %s::timestamptz THEN held.failures
                        WHEN held.forgotten_at <= %s::timestamptz THEN 1
                        ELSE held.failures + 1 END,
        blocked_until = CASE
            WHEN held.blocked_until > %s::timestamptz THEN held.blocked_until
            WHEN held.forgotten_at <= %s::timestamptz THEN excluded.blocked_until
            WHEN held.failures + 1 < %s::int THEN timestamptz 'epoch'
            ELSE %s::timestamptz + make_interval(
                secs => least(%s::float8, %s::float8 * 2.0 ^ least(held.failures + 1 - %s::int, 30))) END,
        forgotten_at = CASE WHEN held.blocked_until > %s::timestamptz THEN held.forgotten_at
                            ELSE excluded.forgotten_at END
    RETURNING old.blocked_until, new.failures
"""


def take(*, key: str, amount: int, window_s: float, now: datetime) -> float:
    """Let one more through at `key`'s rate, and count it.

    Returns:
        0.0 if it may pass; else the seconds until one may, and nothing is counted.
    """
    each_s = window_s / amount
    ((before, after),) = run_prepared(_TAKE, [key, now, each_s, now, each_s, now, window_s, now, each_s])
    if before is None or before != after:
        return 0.0
    return max((before - now).total_seconds() + each_s - window_s, 0.001)


class Failed(NamedTuple):
    """`wait_s`: 0.0 if the attempt may be made, and it is counted as a failure until it is taken back; `failures`: so far."""

    wait_s: float
    failures: int


def fail(*, key: str, free: int, first_s: float, longest_s: float, forget_s: float, now: datetime) -> Failed:
    """Count one more failure at `key`, unless it has to wait.

    Args:
        free: so many failures come before the first wait, which begins with the last of them.
        forget_s: after so long without a failure the count begins anew.
    """
    ((waiting_until, failures),) = run_prepared(
        _FAIL,
        [
            *(key, now, free, first_s, longest_s, forget_s),
            *(now, now),
            *(now, now, free, now, longest_s, first_s, free),
            now,
        ],
    )
    if waiting_until is not None and waiting_until > now:
        return Failed((waiting_until - now).total_seconds(), failures)
    return Failed(0.0, failures)
