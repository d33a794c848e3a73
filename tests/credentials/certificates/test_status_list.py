"""The lists of status: their bits, their bounds, and that their proof covers all of them."""

from __future__ import annotations

import base64
import gzip
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from openbadgeslib.ob3.status import decode_encoded_list, set_indices
from openbadgeslib.ob3.status_list import encode_bitstring

from credentials.certificates import linked_data, proofs
from credentials.certificates.signer import multikey_of
from credentials.certificates.status_list import (
    ENTRIES,
    NotAStatusList,
    decode,
    encode,
    is_set,
    status_list_credential,
    status_list_entry,
)

DAY = datetime(2030, 1, 1, tzinfo=UTC)


def _text(raw: bytes) -> str:
    return "u" + base64.urlsafe_b64encode(raw).decode().rstrip("=")


@hypothesis_settings(max_examples=30, deadline=None)
@given(st.sets(st.integers(0, ENTRIES - 1), max_size=300))
def test_what_is_set_and_nothing_else_is_read_back(indexes: set[int]) -> None:
    bits = decode(encode(indexes))
    assert len(bits) * 8 == ENTRIES
    assert all(is_set(bits, number) for number in indexes)
    assert int.from_bytes(bits).bit_count() == len(indexes)
    assert encode(indexes) == encode(sorted(indexes, reverse=True))
    # A reader and a writer that are not ours agree.
    assert set_indices(decode_encoded_list(encode(indexes))) == indexes
    assert decode(encode_bitstring(indexes)) == bits


def test_the_first_entry_is_the_leftmost_bit() -> None:
    assert decode(encode([0]))[0] == 0b10000000
    assert decode(encode([7, 8]))[:2] == bytes([1, 0b10000000])


def test_the_list_of_the_standard_is_read() -> None:
    """The example in the text of the standard: an empty list of 131,072 entries."""
    published = "uH4sIAAAAAAAAA-3BMQEAAADCoPVPbQwfoAAAAAAAAAAAAAAAAAAAAIC3AYbSVKsAQAAA"
    assert decode(published) == bytes(ENTRIES // 8)


@pytest.mark.parametrize("index", [-1, ENTRIES])
def test_there_is_nothing_beyond_the_ends(index: int) -> None:
    with pytest.raises(IndexError):
        encode([index])
    with pytest.raises(IndexError):
        is_set(decode(encode([])), index)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "u",
        encode([1])[1:],  # without the letter of multibase
        encode([1]) + "==",
        encode([1]) + "*",
        encode([1])[:-9],
        _text(gzip.compress(bytes(ENTRIES // 8)) + b"more"),
        _text(gzip.compress(bytes(ENTRIES // 8 - 1))),
        _text(gzip.compress(bytes(1024 * 1024 + 1))),
        _text(gzip.compress(bytes(20 * 1024 * 1024))),  # 20 MB in 20 kB
        _text(bytes(ENTRIES // 8)),
        "u" + "A" * 3_000_000,
        "uあ",
    ],
    ids=range(13),
)
def test_what_is_no_list_is_refused(text: str) -> None:
    with pytest.raises(NotAStatusList):
        decode(text)


def test_the_proof_of_a_list_covers_all_of_it() -> None:
    key = Ed25519PrivateKey.generate()

    class Authority:
        did = "did:web:skills.example"
        multikey = multikey_of(key.public_key())

        def sign(self, message: bytes) -> bytes:
            return key.sign(message)

    document = status_list_credential(
        did=Authority.did,
        url="https://skills.example/status/1",
        purpose="revocation",
        encoded=encode([3]),
        valid_from=DAY,
        valid_until=DAY.replace(day=2),
    )
    quads = linked_data.canonical_quads(document)
    assert "_:" not in quads
    for value in (encode([3]), "revocation", "2030-01-02T00:00:00Z"):
        assert f'"{value}"' in quads
    signed = proofs.secured(document, signer=Authority(), created=DAY)
    proofs.check(signed, public_key=key.public_key())
    signed["credentialSubject"]["encodedList"] = encode([])
    with pytest.raises(proofs.ProofInvalid):
        proofs.check(signed, public_key=key.public_key())


def test_every_member_of_an_entry_is_covered() -> None:
    entry = status_list_entry(
        url="https://skills.example/status/1", purpose="suspension", index=12, node="https://skills.example/verify/x#s"
    )
    quads = linked_data.canonical_quads(
        {
            "@context": list(linked_data.CONTEXTS),
            "id": "urn:x",
            "type": ["VerifiableCredential"],
            "credentialStatus": entry,
        }
    )
    assert quads.count("\n") == 6
    assert "_:" not in quads
