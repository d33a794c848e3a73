"""Certificates as strangers verify them, many at once."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

import verify_certificate
from common import clock
from credentials.certificates import keys
from credentials.certificates.verification import verify_credential
from credentials.models import IssuerKey


def verify_all(credentials: Sequence[str]) -> int:
    """Verify each by the published keys, as a stranger does with the script, and every tenth in the general way."""
    stranger = partial(_by_script, documents=[keys.did_document("jp")])
    general = partial(verify_credential, published=list(IssuerKey.objects.all()))
    with ProcessPoolExecutor(2, mp_context=get_context("fork")) as pool:
        assert all(pool.map(general, credentials[::10], chunksize=20))
        return sum(pool.map(stranger, credentials, chunksize=50))


def _by_script(credential: str, *, documents: list[Any]) -> bool:
    # The script's own Ed25519 takes ten times as long as the rest of it; it has tests of its own.
    verify_certificate.ed25519_holds = _holds
    result = verify_certificate.verify(credential, verify_certificate.keys_of(documents), now=clock.now())
    return bool(result.verdict == "valid")


def _holds(public_key: bytes, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except InvalidSignature:
        return False
    return True
