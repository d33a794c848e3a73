"""Signed notes, checkpoints and cosignatures: known keys, and nothing but the one way of writing them."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from credentials.transparency import notes
from credentials.transparency.notes import Checkpoint, Cosigner, NotANote, Note, NoteSigner, Verifier

LOG = NoteSigner("log.example/jp", Ed25519PrivateKey.from_private_bytes(bytes(32)))
WITNESS = Cosigner("witness.example/vn", Ed25519PrivateKey.from_private_bytes(bytes([1] * 32)))
TEXT = Checkpoint("log.example/jp", 7, bytes(32)).text


def test_verifier_keys_of_others_are_read() -> None:
    # The Go checksum database's, and the one in the specification of signed notes.
    for vkey in (
        "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
    ):
        assert Verifier.parse(vkey).vkey == vkey


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        "a",
        "a+b",
        "sum.golang.org+033de0af+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
        "other.example+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
        "a b+033de0ae+AQ==",
        f"x+00000000+{base64.b64encode(bytes([9]) + bytes(32)).decode()}",
    ],
)
def test_what_is_no_verifier_key_is_refused(vkey: str) -> None:
    with pytest.raises(NotANote):
        Verifier.parse(vkey)


def test_a_checkpoint_is_signed_cosigned_and_read_again() -> None:
    note = Note(TEXT, (LOG.sign(TEXT), WITNESS.cosign(TEXT, at=1_700_000_000)))
    assert note.whole.startswith("log.example/jp\n7\n" + "A" * 43 + "=\n\n— log.example/jp ")
    checkpoint, read = notes.checkpoint_by(note.whole, [LOG.verifier])
    assert (checkpoint.size, read) == (7, note)
    by_witness = notes.signed_by(read, [WITNESS.verifier])
    assert [notes.signed_at(entry) for _, entry in by_witness] == [1_700_000_000]
    assert WITNESS.verifier.kind == 4
    assert Verifier.parse(WITNESS.verifier.vkey) == WITNESS.verifier


def test_a_signature_counts_for_its_text_its_name_and_its_kind_only() -> None:
    other = Checkpoint("log.example/jp", 8, bytes(32)).text
    assert not notes.holds(other, LOG.sign(TEXT), LOG.verifier)
    with pytest.raises(NotANote, match="does not hold"):
        notes.signed_by(Note(other, (LOG.sign(TEXT),)), [LOG.verifier])
    # One key in both roles: what it says in one is nothing in the other.
    twofold = Cosigner(LOG.name, LOG.key)
    assert twofold.verifier.key_id != LOG.verifier.key_id
    assert not notes.holds(TEXT, LOG.sign(TEXT), twofold.verifier)
    with pytest.raises(NotANote, match="none of the log's keys"):
        notes.checkpoint_by(Note(TEXT, (twofold.cosign(TEXT, at=1),)).whole, [LOG.verifier])
    # A witness's instant is under its signature.
    line = WITNESS.cosign(TEXT, at=5)
    moved = notes.Signature(line.name, line.key_id, (6).to_bytes(8, "big") + line.raw[8:])
    assert notes.holds(TEXT, line, WITNESS.verifier)
    assert not notes.holds(TEXT, moved, WITNESS.verifier)


SIGNED = Note(TEXT, (LOG.sign(TEXT),)).whole


@pytest.mark.parametrize(
    "whole",
    [
        "",
        "\n\n",
        TEXT,
        TEXT + "\n",
        SIGNED.rstrip("\n"),
        SIGNED.replace("— ", "- "),
        SIGNED.replace("\n7\n", "\n07\n"),
        SIGNED.replace("\n7\n", "\n\n"),
        SIGNED.replace("\n7\n", "\n-7\n"),
        SIGNED.replace("\n7\n", "\n٧\n"),
        SIGNED.replace("A=\n", "B=\n", 1),
        SIGNED.replace("A=\n", "A\n", 1),
        SIGNED.replace("\n", "\r\n"),
        SIGNED + "\x00\n",
        SIGNED + "x\n",
        "x" * 70_000 + SIGNED,
        SIGNED.replace("\n7\n", "\n9223372036854775808\n"),
        SIGNED + "— a AAAA\n",
        SIGNED + "— a  AAAAAAAA\n",
        SIGNED + "— a+b AAAAAAAA\n",
        SIGNED + "— a AAAAAAAA\n" * 64,
    ],
)
def test_what_is_no_checkpoint_is_refused(whole: str) -> None:
    with pytest.raises(NotANote):
        notes.checkpoint_by(whole, [LOG.verifier])
