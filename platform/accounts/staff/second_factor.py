"""The second factor of staff: a code of an authenticator app (TOTP, RFC 6238) or a recovery code.

Secrets, codes and their comparison are allauth's; here is who needs one, and that each works once.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa import app_settings
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.utils import decrypt
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import login
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest

from accounts import failed_attempts
from accounts.models import User

_PASSED = "staff.second_factor_of"
_PENDING = "staff.pending"
_PENDING_S = 600
# Clocks of phones drift: a code counts one period (30 s) before and after its own.
_DRIFT = 1


class SecondFactorNeeded(PermissionDenied):
    """The person has no second factor of their own, and this asks for a code of it; the page that says so links to it."""


def has_device(user: Any) -> bool:
    """Whether the person enrolled an authenticator app; one query."""
    return Authenticator.objects.filter(user_id=user.pk, type=Authenticator.Type.TOTP).exists()


def passed(request: HttpRequest) -> bool:
    """Whether this session may enter the admin as far as the second factor goes."""
    if request.session.get(_PASSED) == str(request.user.pk):
        return True
    if settings.STAFF_MFA_REQUIRED:
        return False
    # Without the demand, whoever has a device is asked for it all the same.
    known = getattr(request, "_has_device", None)
    if known is None:
        known = request._has_device = has_device(request.user)  # type: ignore[attr-defined]
    return not known


@dataclass(frozen=True)
class Pending:
    """Somebody gave their password and has not given the second factor yet."""

    user: User
    next_url: str


def begin(request: HttpRequest, user: User, next_url: str) -> None:
    """Remember that `user` gave the password, for ten minutes; they are not signed in."""
    request.session.flush()
    request.session[_PENDING] = {
        "user": str(user.pk),
        "password": user.get_session_auth_hash(),
        "at": time.time(),
        "next": next_url,
    }
    request.session.set_expiry(_PENDING_S)


def pending(request: HttpRequest) -> Pending | None:
    """Who gave a password in this session and has not given the second factor yet; None if nobody (any more)."""
    noted = request.session.get(_PENDING)
    if not noted or time.time() - noted["at"] > _PENDING_S:
        return None
    user = User.objects.filter(pk=noted["user"], is_active=True, is_staff=True).first()
    if user is None or user.get_session_auth_hash() != noted["password"]:
        return None
    return Pending(user, noted["next"])


def finish(request: HttpRequest, user: User, *, with_second_factor: bool) -> None:
    """Sign the person in for half a day."""
    request.session.pop(_PENDING, None)
    request.session.pop(totp.SECRET_SESSION_KEY, None)
    login(request, user)
    request.session.set_expiry(settings.STAFF_SESSION_AGE_S)
    if with_second_factor:
        note_passed(request)
    request.session.save()
    UserSession.objects.create_from_request(request)


def note_passed(request: HttpRequest) -> None:
    """Note in the session that its user gave a second factor."""
    request.session[_PASSED] = str(request.user.pk)


def _counter_of(secret: str, code: str) -> int | None:
    now = int(time.time()) // app_settings.TOTP_PERIOD
    for counter in range(now - _DRIFT, now + _DRIFT + 1):
        if compare_user_code(actual=code, expected=totp.format_hotp_value(totp.hotp_value(secret, counter))):
            return counter
    return None


@transaction.atomic
def accept(user: User, code: str) -> bool:
    """Whether `code` is a valid code of the app or an unused recovery code; it is used up then."""
    devices = {
        device.type: device
        for device in Authenticator.objects.select_for_update()
        .filter(user=user, type__in=[Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES])
        .order_by("pk")
    }
    app = devices.get(Authenticator.Type.TOTP)
    if app is None:
        return False
    counter = _counter_of(decrypt(app.data["secret"]), code)
    # A code seen over a shoulder is worthless: neither it nor an older one works again (RFC 6238, 5.2).
    if counter is not None and counter > app.data.get("last_counter", -1):
        app.data["last_counter"] = counter
        app.save(update_fields=["data"])
        app.record_usage()
        return True
    codes = devices.get(Authenticator.Type.RECOVERY_CODES)
    if codes is not None and codes.wrap().validate_code(code):
        codes.record_usage()
        return True
    return False


@dataclass(frozen=True)
class Tried:
    """What came of a code: whether it was right; if it was not looked at, in how many seconds another may be given."""

    right: bool
    wait_s: int = 0


def try_code(request: HttpRequest, user: User, accepts: Callable[[], bool]) -> Tried:
    """Ask `accepts` unless there were too many wrong codes; a right one makes them forgotten."""
    attempt = failed_attempts.begin(
        request, failed_attempts.code_of(user.pk), from_anywhere=failed_attempts.CODE_FROM_ANYWHERE
    )
    if attempt.wait_s:
        return Tried(False, attempt.wait_s)
    if not accepts():
        return Tried(False)
    attempt.take_back()
    failed_attempts.note_signed_in(request, user, by_second_factor=True)
    return Tried(True)


def confirm(request: HttpRequest, code: str) -> Tried:
    """Take a code from whoever is signed in once more, for what a session that was left open must not do."""
    user = cast(User, request.user)
    return try_code(request, user, lambda: accept(user, code))


@transaction.atomic
def enrol(user: User, secret: str, code: str) -> bool:
    """Store `secret` as the person's device if `code` is one of its codes; false if not, or if they have a device."""
    User.objects.select_for_update(no_key=True).only("pk").get(pk=user.pk)
    counter = _counter_of(secret, code)
    if counter is None or has_device(user):
        return False
    device = totp.TOTP.activate(user, secret).instance
    device.data["last_counter"] = counter
    device.save(update_fields=["data"])
    RecoveryCodes.activate(user)
    return True


@transaction.atomic
def new_recovery_codes(user: User) -> None:
    """Replace the recovery codes; the old ones stop working."""
    User.objects.select_for_update(no_key=True).only("pk").get(pk=user.pk)
    Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).delete()
    RecoveryCodes.activate(user)


@dataclass(frozen=True)
class Codes:
    """Recovery codes: how many are left, and themselves the first time they are shown."""

    left: int
    shown: list[str]


def recovery_codes(user: User) -> Codes:
    """Return the person's recovery codes; they are shown once."""
    stored = Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).first()
    if stored is None:
        return Codes(0, [])
    codes = stored.wrap()
    unused = codes.get_unused_codes()
    if codes.did_view:
        return Codes(len(unused), [])
    codes.mark_as_viewed()
    return Codes(len(unused), unused)
