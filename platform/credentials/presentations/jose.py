"""A credential as VC-JWT (W3C Securing Verifiable Credentials using JOSE and COSE; Open Badges 3.0, section 8.2)."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from credentials.certificates.proofs import verification_method
from credentials.certificates.signer import Signer

MEDIA_TYPE = "application/vc+jwt"


def secured(document: Mapping[str, Any], *, signer: Signer) -> str:
    """Return a credential as a compact JWT, signed by EdDSA (RFC 8037).

    The payload is the credential itself, without a proof of the other kind. The registered claims say again what the
    credential says, for Open Badges asks for them: `iss`, `sub`, `jti`, `nbf`, `exp`.

    Args:
        document: a credential of our profile, with or without its proof, whose issuer is the signer.
    """
    payload = {name: value for name, value in document.items() if name != "proof"} | {
        "iss": document["issuer"]["id"],
        "sub": document["credentialSubject"]["id"],
        "jti": document["id"],
        "nbf": _seconds(document["validFrom"]),
    }
    if "validUntil" in document:
        payload["exp"] = _seconds(document["validUntil"])
    header = {
        "alg": "EdDSA",
        "typ": "vc+jwt",
        "cty": "vc",
        "kid": verification_method(signer.did, signer.multikey),
    }
    text = f"{_base64url(orjson.dumps(header))}.{_base64url(orjson.dumps(payload))}"
    return f"{text}.{_base64url(signer.sign(text.encode()))}"


def _seconds(instant: str) -> int:
    return int(datetime.fromisoformat(instant).timestamp())


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
