"""A credential as a compact JWS (W3C VC-JOSE-COSE 1.0, `typ: vc+jwt`): the form that some wallets want."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from cryptography.exceptions import InvalidSignature

from credentials.certificates import keys
from credentials.certificates.models import IssuerKey
from credentials.certificates.signer import public_key_of
from credentials.certificates.verification import NotVerified, read_json

_MAX_CHARACTERS: Final = 256 * 1024
_COMPACT = re.compile(r"eyJ[A-Za-z0-9_-]*\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{86}")
# Claims that stand beside the credential in the payload (RFC 7519): the same things said once more.
_CLAIMS: Final = frozenset({"iss", "sub", "jti", "iat", "nbf", "exp"})
_HEADER: Final = frozenset({"alg", "typ", "cty", "kid", "iss"})


class NotOurJwt(ValueError):
    """The text is no credential as a JWT; the message says why, without quoting it."""


def looks_like_a_jwt(text: str) -> bool:
    """Whether it is worth reading as one."""
    return len(text) <= _MAX_CHARACTERS and _COMPACT.fullmatch(text.strip()) is not None


def credential_in(token: str) -> dict[str, Any]:
    """The credential in the payload, without the claims beside it; its signature is another question.

    Raises:
        NotOurJwt: it is no such token.
    """
    document = _json(token.split(".")[1])
    if "vc" in document or "proof" in document:
        raise NotOurJwt("not a payload of VC-JOSE-COSE")
    return {name: value for name, value in document.items() if name not in _CLAIMS}


def holds(token: str, published: Sequence[IssuerKey]) -> bool:
    """Whether a key of the credential's issuer signed it, in its time, with EdDSA."""
    protected, payload, signature = token.split(".")
    try:
        header, claims = _json(protected), _json(payload)
        if header.keys() - _HEADER or header.get("alg") != "EdDSA" or header.get("typ") != "vc+jwt":
            return False
        issuer = claims.get("issuer")
        did = issuer.get("id") if isinstance(issuer, dict) else issuer
        key = next((key for key in published if key.pk == header.get("kid") and key.did == did), None)
        if key is None or claims.get("iss", did) != did:
            return False
        at = claims.get("iat")
        if isinstance(at, int) and not keys.signed_in_its_time(key, datetime.fromtimestamp(at, UTC)):
            return False
        public_key_of(key.multikey).verify(_decoded(signature), f"{protected}.{payload}".encode())
    except (InvalidSignature, NotOurJwt, OverflowError, OSError, ValueError):
        return False
    return True


def _json(part: str) -> dict[str, Any]:
    try:
        return read_json(_decoded(part).decode())
    except (NotVerified, UnicodeDecodeError) as error:
        raise NotOurJwt("not JSON") from error


def _decoded(part: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except (binascii.Error, ValueError) as error:
        raise NotOurJwt("not base64url") from error
