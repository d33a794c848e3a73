"""Guesses of passwords and codes: who guesses waits ever longer, and keeps nobody else out.

Failures count for a name at an address, for a name wherever they come from, and for an address whatever the names. Each count
alone would be a weapon or no limit: by name alone anybody locks anybody out, by address alone a training room or a
carrier's NAT locks itself out, by both together thousands of addresses guess one name. Where an account has signed in before,
its name is counted at that address alone: no stranger elsewhere, and no neighbour who guesses at other names, delays it.
(OWASP Authentication Cheat Sheet, "Account Lockout"; NIST SP 800-63B-4, 3.2.2, at most 100 failures in a row.)

A name that no account has is counted like any other, and costs the same statements.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from allauth.account.models import EmailAddress
from allauth.core.internal.ratelimit import get_ip
from django.db.models import Case, F, Value, When
from django.db.models.functions import Greatest
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from accounts.models import FailureCount, KnownAddress
from accounts.rates import NOTHING_TAKEN, Taken, take_at_rate
from accounts.statements import fail
from common import clock


@dataclass(frozen=True)
class Growth:
    """After `free` failures the wait is `first_s`, and twice as long after each further one, at most `longest_s`."""

    free: int
    first_s: float
    longest_s: float
    forget_s: float  # so long without a failure, and the count begins anew


_DAY_S = 86_400.0
# A name at an address. The longest wait is what somebody at the same address can make the owner wait; it lets 288 guesses
# through in a day.
AT_ADDRESS = Growth(free=5, first_s=2, longest_s=300, forget_s=_DAY_S)
# Where the account has signed in: the owner's own typing errors, or a neighbour's guesses.
AT_KNOWN_ADDRESS = Growth(free=20, first_s=2, longest_s=300, forget_s=_DAY_S)
# A name at all addresses that it has not signed in from.
FROM_ANYWHERE = Growth(free=100, first_s=1, longest_s=60, forget_s=_DAY_S)
# A code of six digits is easier to guess than a password, and only who has the password may try.
CODE_FROM_ANYWHERE = Growth(free=20, first_s=2, longest_s=300, forget_s=_DAY_S)

# An address is known for as long as a session may last, and some holidays more.
KNOWN_FOR = timedelta(days=180)


def password_of(name: str) -> str:
    """Return the subject of guesses at the password of whoever is called `name`, a user name or an e-mail address."""
    return f"password:{unicodedata.normalize('NFKC', name).casefold().strip()}"


def code_of(user_id: Any) -> str:
    """Return the subject of guesses at a second factor."""
    return f"code:{user_id}"


def recovery_of(name: str) -> str:
    """Return the subject of guesses at the account recovery codes of whoever is called `name`."""
    return f"recovery:{unicodedata.normalize('NFKC', name).casefold().strip()}"


_LONG_PAST = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Attempt:
    """An attempt that was counted as a failure before it is made, so that a thousand at once are not one."""

    wait_s: int  # whole seconds to wait; 0: it may be made
    counted: tuple[tuple[str, int], ...] = ()  # keys, and the failures with this one
    rate: Taken = NOTHING_TAKEN

    def take_back(self) -> None:
        """Count it no longer: it succeeded, or was not made."""
        for key, failures in self.counted:
            FailureCount.objects.filter(pk=key).update(
                failures=Greatest(F("failures") - 1, 0),
                # The wait that this one caused; one that a later failure caused stays.
                blocked_until=Case(When(failures=failures, then=Value(_LONG_PAST)), default=F("blocked_until")),
            )
        self.rate.give_back()


def begin(request: HttpRequest, subject: str, *, from_anywhere: Growth = FROM_ANYWHERE) -> Attempt:
    """Count an attempt at `subject` as a failure, unless the caller has to wait first."""
    now, address = clock.now(), get_ip(request)
    pair = _key(subject, address)
    # For a name without an account too: the same statements in the same time.
    is_known = KnownAddress.objects.filter(pk=pair, seen_at__gt=now - KNOWN_FOR).exists()
    limits = [(pair, AT_KNOWN_ADDRESS if is_known else AT_ADDRESS)]
    if not is_known:
        limits.append((_key(subject), from_anywhere))
    counted: list[tuple[str, int]] = []
    for key, growth in limits:
        wait_s, failures = fail(
            key=key,
            free=growth.free,
            first_s=growth.first_s,
            longest_s=growth.longest_s,
            forget_s=growth.forget_s,
            now=now,
        )
        if wait_s:
            Attempt(0, tuple(counted)).take_back()
            return Attempt(math.ceil(wait_s))
        counted.append((key, failures))
    rate = NOTHING_TAKEN if is_known else take_at_rate(request, "login_failed")
    if rate.wait_s:
        Attempt(0, tuple(counted)).take_back()
        return Attempt(rate.wait_s)
    return Attempt(0, tuple(counted), rate)


def note_signed_in(request: HttpRequest, user: Any, *, by_second_factor: bool) -> None:
    """Remember where the person signed in, and forget the failures there; after a second factor those everywhere."""
    now, address = clock.now(), get_ip(request)
    subjects = [*_subjects_of(user), code_of(user.pk)]
    pairs = [_key(subject, address) for subject in subjects]
    KnownAddress.objects.bulk_create(
        [KnownAddress(pk=pair, seen_at=now) for pair in sorted(pairs)],
        update_conflicts=True,
        unique_fields=["key"],
        update_fields=["seen_at"],
    )
    # What guesses at the code have cost is forgotten by a right code alone.
    forgotten = pairs if by_second_factor else pairs[:-1]
    if by_second_factor:
        forgotten += [_key(subject) for subject in subjects]
    FailureCount.objects.filter(pk__in=forgotten).delete()


def forget_all_of(user: Any, request: HttpRequest) -> None:
    """Forget failures at the person's name, here and from anywhere: they have shown by something else who they are."""
    keys = [key for subject in _subjects_of(user) for key in (_key(subject), _key(subject, get_ip(request)))]
    FailureCount.objects.filter(pk__in=keys).delete()


def _subjects_of(user: Any) -> Iterable[str]:
    names = {user.username, *EmailAddress.objects.filter(user_id=user.pk).values_list("email", flat=True)} - {""}
    return [subject for name in sorted(names) for subject in (password_of(name), recovery_of(name))]


def _key(*parts: str) -> str:
    """A keyed hash, so that the tables tell nobody who signs in from where."""
    return salted_hmac("accounts.failed_attempts", "\x00".join(parts), algorithm="sha256").hexdigest()


def prune(now: datetime) -> None:
    """Delete counts that are forgotten and addresses that are no longer known."""
    FailureCount.objects.filter(forgotten_at__lt=now).delete()
    KnownAddress.objects.filter(seen_at__lt=now - KNOWN_FOR).delete()
