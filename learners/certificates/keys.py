"""The issuer's keys as everyone sees them: the DID document, and what stood behind a proof at its time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection

from common.clock import rfc3339
from common.errors import DomainError
from learners.certificates.models import Issuer, IssuerKey
from learners.certificates.proofs import verification_method
from learners.certificates.signer import Signer, did_of

# Clocks of workers differ; a proof may be this much older than its key's first registration.
SKEW = timedelta(minutes=5)


class KeyRetired(DomainError):
    """The issuer's key of this process was replaced by a newer one; restart it with the new key."""

    code, status = "issuer_key_retired", 500


def ensure_registered(signer: Signer, *, issuer: str, now: datetime) -> str:
    """Register the signer's key, in the caller's transaction; return its id. A second call changes nothing.

    A new key closes the one that signed before: two processes with two keys are an accident that shows at once.
    `issuer` is the slug of the authority that signs.

    Raises:
        KeyRetired: this key was closed by a newer one.
    """
    pk = verification_method(signer.did, signer.multikey)
    known = IssuerKey.objects.filter(pk=pk).first()
    if known is not None:
        if known.valid_until is not None:
            raise KeyRetired()
        return pk
    with connection.cursor() as cursor:
        # One at a time: the constraint allows one open key, and of two that come together the later one waits.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"issuer keys of {signer.did}"])
        cursor.execute(
            "UPDATE learners_issuerkey SET valid_until = %s WHERE did = %s AND valid_until IS NULL AND id <> %s",
            [now, signer.did, pk],
        )
        cursor.execute(
            """
            INSERT INTO learners_issuerkey (id, issuer_id, did, multikey, valid_from) VALUES (%s, %s, %s, %s, %s)
            ON CONFLICT (id) DO NOTHING
            """,
            [pk, issuer, signer.did, signer.multikey, now],
        )
    return pk


def signed_in_its_time(key: IssuerKey, created: datetime) -> bool:
    """Whether a proof of that instant was made while the key signed."""
    return key.valid_from - SKEW <= created and (key.valid_until is None or created <= key.valid_until + SKEW)


def did_document(slug: str) -> dict[str, Any] | None:
    """The DID document of an issuer: all its keys, the one that signs first; None where there is no issuer. One query, or two.

    A key that signs no more has no `expires`, for a verifier would then refuse what it signed in its time: its time
    stands in `validFrom` and `validUntil`, terms of schema.org.
    """
    did = did_of(settings.PUBLIC_BASE_URL, slug)
    keys = sorted(IssuerKey.objects.filter(did=did), key=lambda key: (key.valid_until is not None, key.valid_from))
    if not keys and not Issuer.objects.filter(pk=slug).exists():
        return None
    methods = []
    for key in keys:
        method = {
            "id": key.pk, "type": "Multikey", "controller": did, "publicKeyMultibase": key.multikey,
            "validFrom": rfc3339(key.valid_from),
        }  # fmt: skip
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
        "assertionMethod": [key.pk for key in keys],
    }
