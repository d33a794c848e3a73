"""Limits on what anybody may do without an account: so many at once from an address, then one every few seconds."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from allauth.core.internal.ratelimit import get_ip, parse_rates
from django.conf import settings
from django.db.models import F
from django.http import HttpRequest

from accounts.models import Rate
from accounts.statements import take
from common import clock


@dataclass(frozen=True)
class Taken:
    """What was counted at a rate, and can be given back."""

    wait_s: int  # whole seconds until one may pass; 0 if this one may
    keys: tuple[tuple[str, float], ...] = ()  # with the seconds that each counts for

    def give_back(self) -> None:
        """Count it no longer: what is limited did not take place."""
        for key, each_s in self.keys:
            Rate.objects.filter(pk=key).update(full_until=F("full_until") - timedelta(seconds=each_s))


NOTHING_TAKEN = Taken(0)


def take_at_rate(request: HttpRequest, action: str) -> Taken:
    """Count that the caller does this once more. `action` is a key of the setting RATE_LIMITS, whose rates are by address."""
    now, address = clock.now(), get_ip(request)
    keys: list[tuple[str, float]] = []
    for rate in parse_rates(settings.RATE_LIMITS[action]):
        key = f"{action}:{rate.amount}/{rate.duration:g}:{address}"
        wait_s = take(key=key, amount=rate.amount, window_s=rate.duration, now=now)
        if wait_s:
            Taken(0, tuple(keys)).give_back()
            return Taken(math.ceil(wait_s))
        keys.append((key, rate.duration / rate.amount))
    return Taken(0, tuple(keys))


def seconds_to_wait(request: HttpRequest, action: str) -> int:
    """Return 0 if the caller may do this once more now, which is counted; else for `Retry-After`, in how many seconds."""
    return take_at_rate(request, action).wait_s


def prune(now: datetime) -> None:
    """Delete what is full no longer."""
    Rate.objects.filter(full_until__lt=now).delete()
