"""Rotating an issuer's key: it is made and published where the keys are, approved by two who signed in, and used a day later."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from common.errors import Conflict, DomainError, NotFound
from common.ids import new_id
from credentials.certificates import keys, signer, statements
from credentials.certificates.database_role import as_issuer
from credentials.certificates.errors import AlreadyApproved, SecondPersonNeeded
from credentials.certificates.lifecycle_models import KeyRotation, KeyRotationApproval
from credentials.certificates.models import Issuer
from credentials.certificates.signer import did_of
from privacy import public as privacy

# A day is a day, whoever approves how soon: verifiers may keep a DID document for so long (its Cache-Control says five
# minutes, theirs may say a day).
PUBLISHED_AHEAD = timedelta(days=1)
APPROVALS_NEEDED = 2


class NothingPrepared(Conflict):
    """Nobody prepared a next key of this issuer."""

    code = "no_key_prepared"


class NotYet(Conflict):
    """The next key has not been published for a day: verifiers may not know it."""

    code = "key_not_published_long_enough"


class PreparedKeyDiffers(Conflict):
    """The next key in the store is not the one that was published when it was prepared."""

    code = "prepared_key_differs"


class NotConfirmed(DomainError):
    """The password is not that of the account that is signed in."""

    code, status, title = "not_confirmed", 403, _("This is not your password")


@transaction.atomic
def prepare(*, issuer: str, now: datetime) -> KeyRotation:
    """Make the issuer's next key and publish it ahead in the DID document; a second call returns the first rotation.

    Nobody is named: whoever may run it where the keys are could give any name. Who is answerable approves it, signed in.

    Raises:
        NotFound: there is no such issuer. ImproperlyConfigured: the key cannot be made. PreparedKeyDiffers: see there.
    """
    if not Issuer.objects.filter(pk=issuer).exists():
        raise NotFound()
    did = did_of(settings.PUBLIC_BASE_URL, issuer)
    multikey = signer.prepare_next(issuer)
    with as_issuer():
        is_new = statements.insert_key_rotation(
            new_id(), issuer=issuer, did=did, multikey=multikey, planned_from=now + PUBLISHED_AHEAD, prepared_at=now
        )
    rotation = KeyRotation.objects.get(did=did, approved_at__isnull=True)
    if rotation.multikey != multikey:
        raise PreparedKeyDiffers()
    if is_new:
        privacy.audit(actor="command", action="issuer_key.prepared", subject_kind="issuer", subject_id=issuer)
    return rotation


@transaction.atomic
def approve(*, rotation_id: UUID, approved_by: UUID, now: datetime) -> int:
    """Note that this person approves the next key; return how many have. Nothing is switched by it (`switch`).

    Raises:
        NotFound: there is no such rotation. AlreadyApproved: it is done. SecondPersonNeeded: this person approved it before.
    """
    rotation = KeyRotation.objects.filter(pk=rotation_id).first()
    if rotation is None:
        raise NotFound()
    if rotation.approved_at is not None:
        raise AlreadyApproved()
    _approval, is_new = KeyRotationApproval.objects.get_or_create(
        rotation=rotation, approved_by=approved_by, defaults={"approved_at": now}
    )
    if not is_new:
        raise SecondPersonNeeded()
    privacy.audit(
        actor=str(approved_by), action="issuer_key.approved", subject_kind="issuer", subject_id=rotation.issuer_id
    )
    return rotation.approvals.count()


@transaction.atomic
def switch(*, issuer: str, now: datetime) -> str:
    """Switch to the next key that two persons approved and whose day has come, and close the old one; return the new key's id.

    A second call after a switch whose transaction was lost succeeds: the new key signs already.

    Raises:
        NothingPrepared: nobody prepared a key, or it was switched to. NotYet, SecondPersonNeeded, PreparedKeyDiffers: see there.
    """
    did = did_of(settings.PUBLIC_BASE_URL, issuer)
    with as_issuer():
        prepared = KeyRotation.objects.select_for_update(no_key=True).filter(did=did, approved_at__isnull=True)
        rotation = prepared.first()
    if rotation is None:
        raise NothingPrepared()
    if now < rotation.planned_from:
        raise NotYet()
    approvals = list(KeyRotationApproval.objects.filter(rotation_id=rotation.pk).order_by("approved_at", "pk"))
    if len(approvals) < APPROVALS_NEEDED:
        raise SecondPersonNeeded()
    second = approvals[APPROVALS_NEEDED - 1]
    with as_issuer():
        KeyRotation.objects.filter(pk=rotation.pk).update(approved_by=second.approved_by, approved_at=now)
    privacy.audit(actor="command", action="issuer_key.switched", subject_kind="issuer", subject_id=issuer)
    # Last before the commit: whatever fails until here leaves the old key as it was. A worker that meets the new key
    # before the commit is refused (KeyNotApproved) and tries again.
    if signer.next_key(issuer) not in (None, rotation.multikey):
        raise PreparedKeyDiffers()
    signer.switch_to_next(issuer)
    signs = signer.signer_for(issuer)
    if signs.multikey != rotation.multikey:
        raise PreparedKeyDiffers()
    return keys.ensure_registered(signs, issuer=issuer, now=now)
