"""Account recovery codes: how somebody without an e-mail address gets back in after losing phone and password.

Not allauth's recovery codes, which stand in for a second factor: these stand in for the password, and a second factor is asked
for as after any password. A learner makes ten and keeps them on paper; a member state's administrator hands one over in person.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.crypto import salted_hmac

from accounts.models import RecoveryCode, User
from accounts.services import hold
from common.ids import public_code

HOW_MANY = 10
HANDED_OVER_FOR = timedelta(hours=24)
# 80 random bits (NIST SP 800-63B-4, 3.1.2 asks for 64 of a look-up secret that is hashed).
_CHARACTERS, _GROUP = 16, 4
# As Crockford's base 32 is read: letters that look like digits are those digits.
_READ_AS: Mapping[int, str] = str.maketrans({"o": "0", "i": "1", "l": "1"})


@dataclass(frozen=True)
class HandedOver:
    """A code to be handed over now; nobody can read it again."""

    code: str
    expires_at: datetime


@transaction.atomic
def make_codes(*, user_id: UUID, now: datetime) -> list[str]:
    """Return ten new codes, which are shown once; all former ones end, also one that was handed over."""
    hold(user_id=user_id)
    RecoveryCode.objects.filter(user_id=user_id).delete()
    codes = [_new_code() for _ in range(HOW_MANY)]
    RecoveryCode.objects.bulk_create(
        [RecoveryCode(user_id=user_id, digest=_digest(code), made_at=now) for code in codes]
    )
    return codes


@transaction.atomic
def hand_over_code(*, user_id: UUID, by: UUID, now: datetime) -> HandedOver:
    """Make one code for a day; one that was handed over before ends, the person's own stay.

    Raises:
        PermissionError: the account is one of staff or not active; nobody lets staff in by a code.
        User.DoesNotExist: there is no such account.
    """
    hold(user_id=user_id)
    user = User.objects.get(pk=user_id)
    if user.is_staff or user.is_superuser or not user.is_active:
        raise PermissionError("no code is handed over for an account of staff, or for one that is not active")
    RecoveryCode.objects.filter(user_id=user_id, expires_at__isnull=False).delete()
    code, expires_at = _new_code(), now + HANDED_OVER_FOR
    RecoveryCode.objects.create(
        user_id=user_id, digest=_digest(code), made_at=now, expires_at=expires_at, handed_over_by_id=by
    )
    return HandedOver(code, expires_at)


def unused_codes(*, user_id: UUID) -> int:
    """Return how many of the person's own codes are left."""
    return RecoveryCode.objects.filter(user_id=user_id, expires_at=None, used_at=None).count()


def is_good(*, user: User | None, code: str, now: datetime) -> bool:
    """Whether `code` would let `user` in now; costs the same for nobody."""
    return _good(user, code, now).exists()


def use_code(*, user: User, code: str, now: datetime) -> bool:
    """Use the code up, in the caller's transaction; false if it is not good, or another call was faster."""
    hold(user_id=user.pk)
    if not _good(user, code, now).update(used_at=now):
        return False
    RecoveryCode.objects.filter(user=user, expires_at__isnull=False, used_at=None).delete()
    return True


def prune(now: datetime) -> None:
    """Delete codes that were handed over and are good no longer."""
    RecoveryCode.objects.filter(expires_at__lt=now).delete()


def _good(user: User | None, code: str, now: datetime) -> Any:
    # Nobody's id is nil (RFC 9562, 5.9).
    return RecoveryCode.objects.filter(
        Q(expires_at=None) | Q(expires_at__gt=now),
        user_id=user.pk if user else UUID(int=0),
        digest=_digest(code),
        used_at=None,
    )


def _new_code() -> str:
    drawn = public_code()[:_CHARACTERS].upper()
    return "-".join(drawn[start : start + _GROUP] for start in range(0, _CHARACTERS, _GROUP))


def _digest(code: str) -> str:
    """Of the code as it is meant, however it was typed: case, spaces, any dash, full-width letters, O for 0."""
    folded = unicodedata.normalize("NFKC", code).casefold()
    meant = "".join(character for character in folded if character.isalnum()).translate(_READ_AS)
    return salted_hmac("accounts.recovery", meant, algorithm="sha256").hexdigest()
