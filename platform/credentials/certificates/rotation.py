"""Rotating an issuer's key: one person prepares the next, another switches to it. Runs where the keys are."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from common.errors import Conflict, NotFound
from common.ids import new_id
from credentials.certificates import keys, signer
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
    with as_issuer(), connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO credentials_keyrotation (id, issuer_id, did, multikey, planned_from, prepared_by, prepared_at)
            VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
            """,
            [new_id(), issuer, did, multikey, now + PUBLISHED_AHEAD, prepared_by, now],
        )
        is_new = cursor.rowcount
    rotation = KeyRotation.objects.get(did=did, approved_at__isnull=True)
    if rotation.multikey != multikey:
        raise PreparedKeyDiffers()
    if is_new:
        _audit("prepared", issuer, prepared_by)
    return rotation


@transaction.atomic
def approve(*, issuer: str, approved_by: UUID, now: datetime) -> str:
    """Switch to the prepared key at once and close the old one; return the new key's id.

    A second call after a switch whose transaction was lost goes through: the key stands in its place already.

    Raises:
        NothingPrepared: see there. SecondPersonNeeded: this person prepared it. PreparedKeyDiffers: see there.
    """
    did = did_of(settings.PUBLIC_BASE_URL, issuer)
    with as_issuer(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM credentials_keyrotation WHERE did = %s AND approved_at IS NULL FOR NO KEY UPDATE", [did]
        )
        found = cursor.fetchone()
    if found is None:
        raise NothingPrepared()
    rotation = KeyRotation.objects.get(pk=found[0])
    if rotation.prepared_by == approved_by:
        raise SecondPersonNeeded()
    with as_issuer(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE credentials_keyrotation SET approved_by = %s, approved_at = %s WHERE id = %s",
            [approved_by, now, rotation.pk],
        )
    _audit("approved", issuer, approved_by)
    # Last before the commit: whatever fails until here leaves the old key in its place. A worker that meets the new key
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
