"""The issuer's keys as everyone sees them: the DID document, and what stood behind a proof at its time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from common.clock import rfc3339
from common.database import lock_for_transaction
from common.errors import DomainError
from credentials.certificates import statements
from credentials.certificates.database_role import as_issuer
from credentials.certificates.lifecycle_models import KeyRotation
from credentials.certificates.models import Issuer, IssuerKey
from credentials.certificates.proofs import verification_method
from credentials.certificates.signer import Signer, did_of, forget_keys, signer_for

# Clocks of workers differ; a proof may be this much older than its key's first registration.
SKEW = timedelta(minutes=5)
ROTATED_EVERY = timedelta(days=365)


class KeyRetired(DomainError):
    """The issuer's key of this process was replaced by a newer one; restart it with the new key."""

    code, status = "issuer_key_retired", 500


class KeyNotApproved(DomainError):
    """The issuer has a key already, and nobody approved that this one follows it (manage.py rotate_issuer_key)."""

    code, status = "issuer_key_not_approved", 500


def signing(issuer: str, *, now: datetime) -> tuple[Signer, str]:
    """What signs for an issuer now, and the id of its key, which is registered in the caller's transaction.

    A process that still has a key which was rotated away reads keys anew.

    Raises:
        KeyRetired: there is no newer key to be read. KeyNotApproved: see `ensure_registered`.
    """
    signs = signer_for(issuer)
    try:
        return signs, ensure_registered(signs, issuer=issuer, now=now)
    except KeyRetired:
        forget_keys()
        signs = signer_for(issuer)
        return signs, ensure_registered(signs, issuer=issuer, now=now)


def ensure_registered(signer: Signer, *, issuer: str, now: datetime) -> str:
    """Register the signer's key, in the caller's transaction; return its id. A second call changes nothing.

    An issuer's first key registers itself. Any other must have been approved by a second person (KeyRotation), and closes
    the one that signed before. `issuer` is the slug of the authority that signs.

    Raises:
        KeyRetired: this key was closed by a newer one.
        KeyNotApproved: the issuer has another key, and no approved rotation leads to this one.
    """
    pk = verification_method(signer.did, signer.multikey)
    known = IssuerKey.objects.filter(pk=pk).first()
    if known is not None:
        if known.valid_until is not None:
            raise KeyRetired()
        return pk
    with as_issuer():
        # One at a time: the constraint allows one open key, and of two that come together the later one waits.
        lock_for_transaction(f"issuer keys of {signer.did}")
        others = IssuerKey.objects.filter(did=signer.did).exclude(pk=pk)
        approved = KeyRotation.objects.filter(did=signer.did, multikey=signer.multikey, approved_at__isnull=False)
        refused = others.exists() and not approved.exists()
        if not refused:
            others.filter(valid_until__isnull=True).update(valid_until=now)
            statements.insert_issuer_key(pk, issuer=issuer, did=signer.did, multikey=signer.multikey, valid_from=now)
    if refused:
        raise KeyNotApproved()
    return pk


def due_for_rotation(*, now: datetime) -> list[str]:
    """The issuers whose key has signed for longer than `ROTATED_EVERY`."""
    old = IssuerKey.objects.filter(valid_until__isnull=True, valid_from__lte=now - ROTATED_EVERY)
    return list(old.order_by("issuer_id").values_list("issuer_id", flat=True))


def signed_in_its_time(key: IssuerKey, created: datetime) -> bool:
    """Whether a proof of that instant was made while the key signed."""
    return key.valid_from - SKEW <= created and (key.valid_until is None or created <= key.valid_until + SKEW)


def did_document(slug: str) -> dict[str, Any] | None:
    """The DID document of an issuer: all its keys, the one that signs first; None where there is no issuer.

    At most three queries. A key that is prepared for the next rotation stands last, with a `validFrom` that has not come.
    A key that signs no more has no `expires`, for a verifier would then refuse what it signed in its time: its time
    stands in `validFrom` and `validUntil`, terms of schema.org.
    """
    did = did_of(settings.PUBLIC_BASE_URL, slug)
    keys = sorted(IssuerKey.objects.filter(did=did), key=lambda key: (key.valid_until is not None, key.valid_from))
    if not keys and not Issuer.objects.filter(pk=slug).exists():
        return None
    # Published ahead: a verifier that keeps a copy of this document knows the next key when it first signs. Until a second
    # person approved it, it may assert nothing: a stranger refuses what it signs.
    asserting = [key.pk for key in keys]
    keys += [
        IssuerKey(
            id=verification_method(did, key_rotation.multikey),
            did=did,
            multikey=key_rotation.multikey,
            valid_from=key_rotation.planned_from,
        )
        for key_rotation in KeyRotation.objects.filter(did=did, approved_at__isnull=True)
    ]
    methods = []
    for key in keys:
        method = {
            "id": key.pk,
            "type": "Multikey",
            "controller": did,
            "publicKeyMultibase": key.multikey,
            "validFrom": rfc3339(key.valid_from),
        }
        if key.valid_until is not None:
            method["validUntil"] = rfc3339(key.valid_until)
        methods.append(method)
    return {
        "@context": [
            "https://www.w3.org/ns/did/v1",
            "https://w3id.org/security/multikey/v1",
            {"validFrom": "https://schema.org/validFrom", "validUntil": "https://schema.org/validThrough"},
        ],
        "id": did,
        "verificationMethod": methods,
        "assertionMethod": asserting,
    }
