"""The test vectors of the standard, byte for byte, through the functions that sign certificates.

One vector is here. Whoever has a checkout of the standard's repository (w3c/vc-di-eddsa) lets both be tested, with
their canonical texts: `VC_DI_EDDSA=<checkout>`, and `CITIZENSHIP_CONTEXT=<file>` for the context of the second.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import base58
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from credentials.certificates import linked_data, proofs
from credentials.certificates.signer import multikey_of, public_key_of

_VECTORS = Path(__file__).parent / "vectors" / "vc-di-eddsa"
_EXAMPLES = "https://www.w3.org/ns/credentials/examples/v2"
_CITIZENSHIP = "https://w3id.org/citizenship/v4rc1"
_ED25519_PRIV = b"\x80\x26"


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


class _Published:
    """The key of the vectors as a signer; a did:key names itself."""

    def __init__(self, pair: Mapping[str, str]) -> None:
        raw = base58.b58decode(pair["privateKeyMultibase"][1:])
        assert raw[:2] == _ED25519_PRIV
        self._key = Ed25519PrivateKey.from_private_bytes(raw[2:])
        self.multikey = pair["publicKeyMultibase"]
        self.did = f"did:key:{self.multikey}"
        assert multikey_of(self._key.public_key()) == self.multikey

    def sign(self, message: bytes) -> bytes:
        self.message, self.signature = message, self._key.sign(message)
        return self.signature


@pytest.fixture
def _contexts_of_the_vectors(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """Contexts that the vectors name and the product does not ship, for the time of a test."""
    more: dict[str, Any] = {_EXAMPLES: _json(_VECTORS / "credentials-examples-v2.json")}
    serve = linked_data._serve

    def with_more(url: str, options: Any = None) -> dict[str, Any]:
        if url not in more:
            return serve(url, options)
        return {"contextUrl": None, "documentUrl": url, "document": more[url], "tag": "static"}

    monkeypatch.setattr(linked_data, "_serve", with_more)
    monkeypatch.setattr(linked_data, "_resolved", {})
    yield more
    with pytest.raises(linked_data.NotLinkedData):
        serve(_EXAMPLES)


def _signed_anew(
    signed: Mapping[str, Any], signer: _Published
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """The document without proof, its proof's options, and the document as the product signs it."""
    unsecured = {name: value for name, value in signed.items() if name != "proof"}
    options = {name: value for name, value in signed["proof"].items() if name != "proofValue"}
    again = proofs.secured(unsecured, signer=signer, created=datetime.fromisoformat(options["created"]))
    return unsecured, {"@context": unsecured["@context"], **options}, again


@pytest.mark.usefixtures("_contexts_of_the_vectors")
def test_the_vector_of_the_standard_byte_for_byte() -> None:
    signer, signed = _Published(_json(_VECTORS / "key-pair.json")), _json(_VECTORS / "signed-credential.json")
    unsecured, options, again = _signed_anew(signed, signer)
    document_hash, proof_hash = (
        (_VECTORS / f"{name}.txt").read_text().strip() for name in ("doc-hash", "proof-config-hash")
    )
    # The canonical texts are those of the standard, for they have its hashes.
    assert hashlib.sha256(linked_data.canonical_quads(unsecured).encode()).hexdigest() == document_hash
    assert hashlib.sha256(linked_data.canonical_quads(options).encode()).hexdigest() == proof_hash
    assert signer.message.hex() == proof_hash + document_hash
    assert signer.signature == base58.b58decode(signed["proof"]["proofValue"][1:])
    assert again == {**signed, "proof": [signed["proof"]]}
    proofs.check(again, public_key=public_key_of(signer.multikey))
    for changed in ({"name": "Alumni"}, {"id": "urn:x"}):
        with pytest.raises(proofs.ProofInvalid):
            proofs.check({**again, **changed}, public_key=public_key_of(signer.multikey))


@pytest.mark.parametrize("folder", [".", "employ"])
def test_all_vectors_of_a_checkout_of_the_standard(folder: str, _contexts_of_the_vectors: dict[str, Any]) -> None:  # noqa: PT019
    checkout = os.environ.get("VC_DI_EDDSA")
    if not checkout:
        pytest.skip("needs VC_DI_EDDSA, a checkout of the standard's repository")
    vectors = Path(checkout) / "TestVectors"
    if folder == "employ":
        if "CITIZENSHIP_CONTEXT" not in os.environ:
            pytest.skip("needs CITIZENSHIP_CONTEXT, the context of the second vector")
        _contexts_of_the_vectors[_CITIZENSHIP] = _json(Path(os.environ["CITIZENSHIP_CONTEXT"]))

    def published(name: str) -> str:
        return (vectors / "eddsa-rdfc-2022" / folder / f"{name}DataInt.txt").read_text(encoding="utf-8")

    signer = _Published(_json(vectors / "keyPair.json"))
    signed = _json(vectors / "eddsa-rdfc-2022" / folder / "signedDataInt.json")
    unsecured, options, again = _signed_anew(signed, signer)
    assert unsecured == _json(vectors / ("employmentAuth.json" if folder == "employ" else "unsigned.json"))
    assert linked_data.canonical_quads(unsecured) == published("canonDoc")
    assert linked_data.canonical_quads(options) == published("proofCanon")
    assert linked_data.digest(unsecured).hex() == published("docHash").strip()
    assert linked_data.digest(options).hex() == published("proofHash").strip()
    assert signer.message.hex() == published("combinedHash").strip()
    assert signer.signature.hex() == published("sigHex").strip()
    assert again["proof"][0]["proofValue"] == published("sigBTC58").strip()
    assert again == {**signed, "proof": [signed["proof"]]}
