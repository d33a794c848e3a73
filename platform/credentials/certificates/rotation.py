"""Rotating an issuer's key: one person prepares the next, another switches to it. Runs where the keys are."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction

from common.errors import Conflict, NotFound
from common.ids import new_id
from credentials.certificates import keys, signer, statements
from credentials.certificates.database_role import as_issuer
from credentials.certificates.errors import SecondPersonNeeded
from credentials.certificates.lifecycle_models import KeyRotation
from credentials.certificates.models import Issuer
from credentials.certificates.signer import did_of
from privacy import public as privacy

# Verifiers may keep a DID document for so long (its Cache-Control says five minutes, theirs may say a day).
PUBLISHED_AHEAD = timedelta(days=1)


class NothingPrepared(Conflict):
    """Nobody prepared a next key of this issuer."""

    code = "no_key_prepared"


class PreparedKeyDiffers(Conflict):
    """The next key in the store is not the one that was published when it was prepared."""

    code = "prepared_key_differs"


@transaction.atomic
def prepare(*, issuer: str, prepared_by: UUID, now: datetime) -> KeyRotation:
    """Make the issuer's next key and publish it ahead in the DID document; a second call returns the first rotation.

    Raises:
        NotFound: there is no such issuer. ImproperlyConfigured: the key cannot be made.
    """
    if not Issuer.objects.filter(pk=issuer).exists():
        raise NotFound()
    did = did_of(settings.PUBLIC_BASE_URL, issuer)
    multikey = signer.prepare_next(issuer)
    with as_issuer():
        is_new = statements.insert_key_rotation(
            new_id(),
            issuer=issuer,
            did=did,
            multikey=multikey,
            planned_from=now + PUBLISHED_AHEAD,
            prepared_by=prepared_by,
            prepared_at=now,
        )
    rotation = KeyRotation.objects.get(did=did, approved_at__isnull=True)
    if rotation.multikey != multikey:
        raise PreparedKeyDiffers()
    if is_new:
        _audit("prepared", issuer, prepared_by)
    return rotation


@transaction.atomic
def approve(*, issuer: str, approved_by: UUID, now: datetime) -> str:
    """Switch to the prepared key at once and close the old one; return the new key's id.

    A second call after a switch whose transaction was lost succeeds: the new key signs already.

    Raises:
        NothingPrepared: see there. SecondPersonNeeded: this person prepared it. PreparedKeyDiffers: see there.
    """
    did = did_of(settings.PUBLIC_BASE_URL, issuer)
    with as_issuer():
        prepared = KeyRotation.objects.select_for_update(no_key=True).filter(did=did, approved_at__isnull=True)
        rotation = prepared.first()
    if rotation is None:
        raise NothingPrepared()
    if rotation.prepared_by == approved_by:
        raise SecondPersonNeeded()
    with as_issuer():
        KeyRotation.objects.filter(pk=rotation.pk).update(approved_by=approved_by, approved_at=now)
    _audit("approved", issuer, approved_by)
    # Last before the commit: whatever fails until here leaves the old key as it was. A worker that meets the new key
    # before the commit is refused (KeyNotApproved) and tries again.
    if signer.next_key(issuer) not in (None, rotation.multikey):
        raise PreparedKeyDiffers()
    signer.switch_to_next(issuer)
    signs = signer.signer_for(issuer)
    if signs.multikey != rotation.multikey:
        raise PreparedKeyDiffers()
    return keys.ensure_registered(signs, issuer=issuer, now=now)


def _audit(what: str, issuer: str, actor: UUID) -> None:
    privacy.audit(actor=str(actor), action=f"issuer_key.{what}", subject_kind="issuer", subject_id=issuer)
