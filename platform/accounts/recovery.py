"""Account recovery codes: how somebody without an e-mail address gets back in after losing phone and password.

Not allauth's recovery codes, which stand in for a second factor: these stand in for the password, and a second factor is asked
for as after any password. A learner makes ten and keeps them on paper; a member state's administrator hands one over in person.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from argon2.low_level import Type, hash_secret_raw
from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.hashers import Argon2idHasher
from accounts.models import RecoveryCode, User
from accounts.services import hold
from common.ids import public_code

HOW_MANY = 10
HANDED_OVER_FOR = timedelta(hours=24)
# 80 random bits, hashed like a password (NIST SP 800-63B-4, 3.1.2.2: less than 112 bits are salted and hashed slowly).
_CHARACTERS, _GROUP = 16, 4
_NOBODY = UUID(int=0)  # no account's id (RFC 9562, 5.9)
# As Crockford's base 32 is read: letters that look like digits are those digits.
_READ_AS: Mapping[int, str] = str.maketrans({"o": "0", "i": "1", "l": "1"})


@dataclass(frozen=True)
class HandedOver:
    """A code to be handed over now; nobody can read it again."""

    code: str
    expires_at: datetime


def make_codes(*, user_id: UUID, now: datetime) -> list[str]:
    """Return ten new codes, which are shown once; all former ones end, also one that was handed over."""
    codes = [_new_code() for _ in range(HOW_MANY)]
    rows = [RecoveryCode(user_id=user_id, digest=_digest(user_id, code), made_at=now) for code in codes]
    with transaction.atomic():
        hold(user_id=user_id)
        RecoveryCode.objects.filter(user_id=user_id).delete()
        RecoveryCode.objects.bulk_create(rows)
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
        user_id=user_id, digest=_digest(user_id, code), made_at=now, expires_at=expires_at, handed_over_by_id=by
    )
    return HandedOver(code, expires_at)


def unused_codes(*, user_id: UUID) -> int:
    """Return how many of the person's own codes are left."""
    return RecoveryCode.objects.filter(user_id=user_id, expires_at=None, used_at=None).count()


def find_code(*, user: User | None, code: str) -> RecoveryCode | None:
    """Return the code of `user` that `code` is, whether it is good still or was used; costs the same for nobody."""
    user_id = user.pk if user else _NOBODY
    return RecoveryCode.objects.filter(user_id=user_id, digest=_digest(user_id, code)).first()


def is_good(found: RecoveryCode, *, now: datetime) -> bool:
    """Whether it lets its owner in now."""
    return found.used_at is None and (found.expires_at is None or found.expires_at > now)


def use_code(found: RecoveryCode, *, now: datetime) -> bool:
    """Use it up, in the caller's transaction; false if another call was faster, or has ended it."""
    hold(user_id=found.user_id)
    if not _good(now).filter(pk=found.pk).update(used_at=now):
        return False
    RecoveryCode.objects.filter(user_id=found.user_id, expires_at__isnull=False, used_at=None).delete()
    return True


def prune(now: datetime) -> None:
    """Delete codes that were handed over and are good no longer."""
    RecoveryCode.objects.filter(expires_at__lt=now).delete()


def _good(now: datetime) -> QuerySet[RecoveryCode]:
    return RecoveryCode.objects.filter(Q(expires_at=None) | Q(expires_at__gt=now), used_at=None)


def _new_code() -> str:
    drawn = public_code()[:_CHARACTERS].upper()
    return "-".join(drawn[start : start + _GROUP] for start in range(0, _CHARACTERS, _GROUP))


def _digest(user_id: UUID, code: str) -> str:
    """Of the code as it is meant, however it was typed: case, spaces, any dash, full-width letters, O for 0.

    Hashed as a password is, salted by the account, so that one hash is compared with all of an account's codes. No key of ours
    goes in: what is kept on paper for years must outlive a new SECRET_KEY.
    """
    folded = unicodedata.normalize("NFKC", code).casefold()
    meant = "".join(character for character in folded if character.isalnum()).translate(_READ_AS)
    return hash_secret_raw(
        meant.encode("utf-8", "replace"),
        user_id.bytes,
        time_cost=Argon2idHasher.time_cost,
        memory_cost=Argon2idHasher.memory_cost,
        parallelism=Argon2idHasher.parallelism,
        hash_len=32,
        type=Type.ID,
    ).hex()
