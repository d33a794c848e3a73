"""Checking a certificate's text against the issuer's published keys, whoever presents it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from credentials.certificates import keys, proofs
from credentials.certificates.credentials import NotACredential, require_profile
from credentials.certificates.linked_data import NotLinkedData
from credentials.certificates.models import Certificate, IssuerKey
from credentials.certificates.proofs import ProofInvalid
from credentials.certificates.signer import public_key_of

_MAX_CHARACTERS = 256 * 1024


class NotVerified(ValueError):
    """The text is not a credential that one of our keys signed as it stands; the message says why, without quoting it."""


def verify_credential(text: str, *, published: Sequence[IssuerKey] | None = None) -> dict[str, Any]:
    """Check form, signature and key of a credential, and return it as read. Expiry and revocation are other questions.

    Args:
        published: the keys to trust; those of the database when missing (one query).

    Raises:
        NotVerified: anything about it is wrong.
    """
    try:
        document = _read(text)
        method = document["proof"][0]["verificationMethod"]
        if published is None:
            published = list(IssuerKey.objects.filter(pk=method))
        key = next((key for key in published if key.pk == method), None)
        if key is None or key.did != document["issuer"]["id"]:
            raise NotVerified("none of the issuer's keys")
        if not keys.signed_in_its_time(key, datetime.fromisoformat(document["proof"][0]["created"]).astimezone(UTC)):
            raise NotVerified("the key did not sign at that time")
        proofs.check(document, public_key=public_key_of(key.multikey))
    except (NotACredential, NotLinkedData, ProofInvalid) as error:
        raise NotVerified(str(error)) from error
    return document


def proof_holds(text: str, key: IssuerKey) -> bool:
    """Whether the stored text verifies with that key; remembered per process for the same text and key."""
    return _remembered(text, key.pk, key.did, key.multikey, key.valid_from, key.valid_until)


def is_genuine(certificate: Certificate) -> bool:
    """Whether a stored certificate is what was signed: its text verifies, and is that of its own code and no other's.

    Its key must be loaded with it.
    """
    # A genuine credential under another certificate's code would outlive its own revocation there.
    return proof_holds(certificate.credential, certificate.key) and str(
        json.loads(certificate.credential)["id"]
    ).endswith(f"/verify/{certificate.public_code}")


@lru_cache(maxsize=512)
def _remembered(
    text: str, pk: str, did: str, multikey: str, valid_from: datetime, valid_until: datetime | None
) -> bool:
    key = IssuerKey(id=pk, did=did, multikey=multikey, valid_from=valid_from, valid_until=valid_until)
    try:
        verify_credential(text, published=[key])
    except NotVerified:
        return False
    return True


def read_json(text: str) -> dict[str, Any]:
    """Read a JSON object as strictly as what is signed must be read: no member twice, nothing that is not JSON.

    Raises:
        NotVerified: it is none, or longer than any credential.
    """
    if len(text) > _MAX_CHARACTERS:
        raise NotVerified("too long")
    try:
        document = json.loads(text, object_pairs_hook=_without_duplicates, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise NotVerified("not JSON") from error
    if not isinstance(document, dict):
        raise NotVerified("not an object")
    return document


def _read(text: str) -> dict[str, Any]:
    document = read_json(text)
    require_profile(document)
    if "proof" not in document:
        raise NotVerified("there is no proof")
    return document


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # Readers differ in which of two members of one name they take: what is signed could differ from what is shown.
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member stands twice")
    return members


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")
