"""Publishing status lists: the worker's job, for a list is signed like a certificate."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

import orjson
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from common import clock
from credentials.certificates import credentials, keys, proofs, status_list
from credentials.certificates.database_role import as_issuer
from credentials.certificates.models import Certificate, StatusList
from credentials.certificates.status_indexes import decoys
from credentials.events import CertificateStatusChanged
from events.public import Recorded

VALIDITY = timedelta(hours=24)  # a copy may be relied on for so long
RENEWED_EVERY = timedelta(hours=6)  # three renewals may fail before a reader notices
_REVOKED = (Certificate.Status.REVOKED, Certificate.Status.SUPERSEDED)
_log = logging.getLogger(__name__)


@transaction.atomic
def publish_changed(recorded: Sequence[Recorded[CertificateStatusChanged]]) -> None:
    """Consumer: publishes the status lists of the batch's certificates, each once.

    The events are committed before they are read here, so the rows have the new statuses. A repeat finds the lists as
    they should be and signs nothing.
    """
    certificate_ids = {entry.event.certificate_id for entry in recorded}
    touched = StatusList.objects.filter(
        Exists(Certificate.objects.filter(pk__in=certificate_ids, status_list_id=OuterRef("pk")))
    )
    # In the order in which issuing locks them.
    for list_id in touched.order_by("issuer_id", "number").values_list("pk", flat=True):
        publish(list_id)


def renew_due(*, now: datetime) -> int:
    """Publish anew every list whose publication is older than `RENEWED_EVERY` or never was; return how many.

    A short transaction for each. One that fails (a key that is missing, say) holds up no other.
    """
    due = StatusList.objects.filter(Q(published_at__isnull=True) | Q(published_at__lte=now - RENEWED_EVERY))
    published = 0
    for list_id in due.order_by("pk").values_list("pk", flat=True):
        try:
            publish(list_id)
        except Exception:
            _log.exception("a status list could not be published", extra={"status_list": list_id})
        else:
            published += 1
    return published


@transaction.atomic
def publish(list_id: int) -> bool:
    """Sign and store both lists of a pair; return whether anything was signed.

    A published list that is right is signed again only when it is due for renewal. A bit that was set in the list of
    revocations stays set: a certificate that was revoked does not come back when its learner is erased.
    """
    now = clock.now()
    with as_issuer():
        stored = StatusList.objects.select_for_update(no_key=True).get(pk=list_id)
    secret = bytes(stored.secret)
    renewal = stored.published_at is None or stored.published_at <= now - RENEWED_EVERY
    now = now.replace(microsecond=0)
    revoked, suspended = _withdrawn(list_id)
    kept = _published_bits(stored.revocation)
    wanted = {
        status_list.REVOCATION: status_list.encode(
            {*revoked, *kept, *decoys(secret, status_list.REVOCATION)},
        ),
        status_list.SUSPENSION: status_list.encode({*suspended, *decoys(secret, status_list.SUSPENSION)}),
    }
    published = {status_list.REVOCATION: stored.revocation, status_list.SUSPENSION: stored.suspension}
    changed = [
        purpose for purpose in status_list.PURPOSES if renewal or _encoded(published[purpose]) != wanted[purpose]
    ]
    if not changed:
        return False
    signs, _ = keys.signing(stored.issuer_id, now=now)
    for purpose in changed:
        address = credentials.status_list_address(settings.PUBLIC_BASE_URL, stored.issuer_id, stored.number)
        document = status_list.status_list_credential(
            did=signs.did,
            url=f"{address}/{purpose}",
            purpose=purpose,
            encoded=wanted[purpose],
            valid_from=now,
            valid_until=now + VALIDITY,
        )
        published[purpose] = orjson.dumps(proofs.secured(document, signer=signs, created=now)).decode()
    # The pair has one age: that of the older list, for both are renewed together.
    renewed: dict[str, datetime] = {"published_at": now} if renewal else {}
    with as_issuer():
        StatusList.objects.filter(pk=list_id).update(
            revocation=published[status_list.REVOCATION], suspension=published[status_list.SUSPENSION], **renewed
        )
    return True


def _withdrawn(list_id: int) -> tuple[list[int], list[int]]:
    """The indexes of revoked and of suspended certificates, read after the list was locked."""
    revoked: list[int] = []
    suspended: list[int] = []
    withdrawn = Certificate.objects.filter(status_list_id=list_id).exclude(status=Certificate.Status.ACTIVE)
    for index, status in withdrawn.values_list("status_index", "status"):
        (revoked if status in _REVOKED else suspended).append(index)
    return revoked, suspended


def _encoded(published: str) -> str:
    return str(orjson.loads(published)["credentialSubject"]["encodedList"]) if published else ""


def _published_bits(published: str) -> list[int]:
    """The indexes that are set in a published list."""
    if not published:
        return []
    bits = status_list.decode(_encoded(published))
    return [at * 8 + bit for at, byte in enumerate(bits) if byte for bit in range(8) if byte & (0x80 >> bit)]
