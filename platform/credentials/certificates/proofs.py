"""Data Integrity proofs by `eddsa-rdfc-2022` (W3C vc-di-eddsa, section 3.2).

What is signed is SHA-256 of the canonical proof options followed by SHA-256 of the canonical document.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import base58
import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from credentials.certificates import linked_data
from credentials.certificates.linked_data import instant
from credentials.certificates.signer import Signer

_BASE58 = base58.BITCOIN_ALPHABET.decode()
_TWO_DIGITS = [first + second for first in _BASE58 for second in _BASE58]
_58_TO_10 = 58**10
CRYPTOSUITE = "eddsa-rdfc-2022"


class ProofInvalid(ValueError):
    """The proof does not hold for the document."""


def verification_method(did: str, multikey: str) -> str:
    """The id under which the DID document publishes a key."""
    return f"{did}#{multikey}"


def secured(document: Mapping[str, Any], *, signer: Signer, created: datetime) -> dict[str, Any]:
    """Return the document with a proof, in an array of one: readers differ in what they take a lone object for.

    Raises:
        NotLinkedData: the proof would not cover all of the document.
    """
    options, digest = options_of(signer, created=created, context=document["@context"])
    signature = signer.sign(digest + linked_data.digest(document))
    return {**document, "proof": [{**json.loads(options), "proofValue": multibase(signature)}]}


def options_of(
    signer: Signer, *, created: datetime, context: Sequence[str] = linked_data.CONTEXTS
) -> tuple[str, bytes]:
    """The proof without its value as JSON text, and the digest of its canonical form in a document of that context."""
    return _options(signer.did, signer.multikey, instant(created), tuple(context))


@lru_cache(maxsize=64)
def _options(did: str, multikey: str, created: str, context: tuple[str, ...]) -> tuple[str, bytes]:
    # All proofs of a batch have the same options.
    options = {
        "type": "DataIntegrityProof",
        "cryptosuite": CRYPTOSUITE,
        "created": created,
        "verificationMethod": verification_method(did, multikey),
        "proofPurpose": "assertionMethod",
    }
    return orjson.dumps(options).decode(), linked_data.digest({"@context": list(context), **options})


def multibase(signature: bytes) -> str:
    """A signature as multibase base58btc."""
    leading = len(signature) - len(signature.lstrip(b"\0"))
    left, digits = int.from_bytes(signature), ""
    # The library divides the whole number 88 times; here ten digits are split off at once, and then two by two.
    while left:
        left, ten = divmod(left, _58_TO_10)
        for _ in range(5):
            ten, two = divmod(ten, 3364)
            digits = _TWO_DIGITS[two] + digits
    return "z" + "1" * leading + digits.lstrip("1")


def check(document: Mapping[str, Any], *, public_key: Ed25519PublicKey) -> None:
    """Check the one proof of a document of our profile.

    Raises:
        ProofInvalid: it does not hold. NotLinkedData: it could not cover all of the document.
    """
    unsecured = {name: value for name, value in document.items() if name != "proof"}
    options = {name: value for name, value in document["proof"][0].items() if name != "proofValue"}
    try:
        signature = base58.b58decode(document["proof"][0]["proofValue"][1:])
        public_key.verify(signature, _message(unsecured, options))
    except InvalidSignature:
        raise ProofInvalid("the signature does not match") from None


def _message(unsecured: Mapping[str, Any], options: Mapping[str, Any]) -> bytes:
    in_context = json.dumps({"@context": unsecured["@context"], **options}, sort_keys=True)
    return _digest_of_options(in_context) + linked_data.digest(unsecured)


@lru_cache(maxsize=64)
def _digest_of_options(options: str) -> bytes:
    return linked_data.digest(json.loads(options))
