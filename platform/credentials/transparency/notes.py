"""Signed notes, checkpoints and cosignatures (C2SP signed-note, tlog-checkpoint, tlog-cosignature). Pure.

Only Ed25519 is read and written: type 0x01 by a log, type 0x04 (`cosignature/v1`, with an instant) by a witness.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

LOG, WITNESS = 0x01, 0x04
_KINDS = {LOG, WITNESS}
MAX_CHARACTERS = 64 * 1024
_MAX_SIGNATURES = 64
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")
_NAME = re.compile(r"[^\s+\x00-\x20\x7f]{1,200}")


class NotANote(ValueError):
    """The text is no note, checkpoint or verifier key, or none by those who should have signed; the message says why."""


def decoded(text: str, *, length: int | None = None) -> bytes:
    """The bytes of a base64 text, which has one way to be written.

    Raises:
        NotANote: it is no base64, or not of that many bytes.
    """
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NotANote("not base64") from error
    if base64.b64encode(raw).decode() != text or (length is not None and len(raw) != length):
        raise NotANote("not base64 of that length")
    return raw


def encoded(raw: bytes) -> str:
    """Bytes as base64."""
    return base64.b64encode(raw).decode()


def number(text: str) -> int:
    """A size or index as decimal digits without leading zeros.

    Raises:
        NotANote: it is not written so.
    """
    if not _DECIMAL.fullmatch(text) or int(text) >= 2**63:
        raise NotANote("not a number")
    return int(text)


@dataclass(frozen=True)
class Verifier:
    """Whose signature it is that counts: the name, the kind of signature, the raw Ed25519 public key."""

    name: str
    kind: int
    public_key: bytes

    @property
    def key_id(self) -> bytes:
        """Four bytes that find the key, and prove nothing."""
        return sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public_key).digest()[:4]

    @property
    def vkey(self) -> str:
        """The verifier key as it is handed around: `name+id+key`."""
        return f"{self.name}+{self.key_id.hex()}+{encoded(bytes([self.kind]) + self.public_key)}"

    @classmethod
    def parse(cls, vkey: str) -> Verifier:
        """Read a verifier key.

        Raises:
            NotANote: it is none, or of another algorithm.
        """
        parts = vkey.split("+", 2)
        if len(parts) != 3:
            raise NotANote("a verifier key has three parts")
        raw = decoded(parts[2], length=33)
        found = cls(name_checked(parts[0]), raw[0], raw[1:])
        if found.kind not in _KINDS:
            raise NotANote("this kind of verifier key is not known")
        if found.key_id.hex() != parts[1]:
            raise NotANote("the verifier key's id is not its key's")
        return found


def name_checked(name: str) -> str:
    """A key's name or a log's origin as it may stand in a note.

    Raises:
        NotANote: it is empty, too long, or has a space, a plus or a control character.
    """
    if not _NAME.fullmatch(name):
        raise NotANote("not a name for a key")
    return name


@dataclass(frozen=True)
class Signature:
    """One signature line, unverified."""

    name: str
    key_id: bytes
    raw: bytes

    @property
    def line(self) -> str:
        return f"— {self.name} {encoded(self.key_id + self.raw)}\n"


@dataclass(frozen=True)
class Note:
    """A text that ends in a line break, with signatures."""

    text: str
    signatures: tuple[Signature, ...]

    @property
    def whole(self) -> str:
        return self.text + "\n" + "".join(signature.line for signature in self.signatures)

    @classmethod
    def parse(cls, whole: str) -> Note:
        """Read a note; nothing about it is believed yet.

        Raises:
            NotANote: it is none.
        """
        if len(whole) > MAX_CHARACTERS or any(ord(letter) < 0x20 and letter != "\n" for letter in whole):
            raise NotANote("not a note's characters")
        text, break_, lines = whole.rpartition("\n\n")
        if not break_ or not text:
            raise NotANote("a note has a text, an empty line, and signatures")
        return cls(text + "\n", tuple(signatures(lines)))


def signatures(lines: str) -> list[Signature]:
    """Read signature lines.

    Raises:
        NotANote: one is none, or there is none, or there are too many.
    """
    if not lines.endswith("\n"):
        raise NotANote("a signature line ends in a line break")
    listed = lines[:-1].split("\n")
    if len(listed) > _MAX_SIGNATURES:
        raise NotANote("too many signatures")
    return [_signature(line) for line in listed]


def _signature(line: str) -> Signature:
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != "—":
        raise NotANote("not a signature line")
    raw = decoded(parts[2])
    if len(raw) < 5:
        raise NotANote("a signature is too short")
    return Signature(name_checked(parts[1]), raw[:4], raw[4:])


@dataclass(frozen=True)
class Checkpoint:
    """The head of a log's tree: its origin, its size, its root; what else a log wrote there is kept with the text."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{encoded(self.root)}\n"

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """Read the text of a note as a checkpoint.

        Raises:
            NotANote: it is none.
        """
        lines = text.split("\n")
        if len(lines) < 4 or not all(lines[:-1]) or lines[-1]:
            raise NotANote("a checkpoint has at least three lines, and no empty one")
        return cls(lines[0], number(lines[1]), decoded(lines[2], length=32))


def public_bytes(key: Ed25519PrivateKey) -> bytes:
    """The raw public half of a key."""
    return key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


@dataclass(frozen=True)
class NoteSigner:
    """A name with a private key: a log's."""

    name: str
    key: Ed25519PrivateKey

    @property
    def verifier(self) -> Verifier:
        return Verifier(self.name, LOG, public_bytes(self.key))

    def sign(self, text: str) -> Signature:
        """Sign a note's text."""
        return Signature(self.name, self.verifier.key_id, self.key.sign(text.encode()))


@dataclass(frozen=True)
class Cosigner:
    """A name with a private key: a witness's."""

    name: str
    key: Ed25519PrivateKey

    @property
    def verifier(self) -> Verifier:
        return Verifier(self.name, WITNESS, public_bytes(self.key))

    def cosign(self, text: str, *, at: int) -> Signature:
        """Say that this checkpoint is the largest consistent one seen at that POSIX second."""
        raw = at.to_bytes(8, "big") + self.key.sign(_cosigned(text, at))
        return Signature(self.name, self.verifier.key_id, raw)


def _cosigned(text: str, at: int) -> bytes:
    return f"cosignature/v1\ntime {at}\n{text}".encode()


def is_by(signature: Signature, verifier: Verifier) -> bool:
    """Whether the line says that it is this verifier's; whether it holds is another question."""
    return signature.name == verifier.name and signature.key_id == verifier.key_id


def signed_at(signature: Signature) -> int:
    """The POSIX second in a witness's line."""
    return int.from_bytes(signature.raw[:8], "big")


def holds(text: str, signature: Signature, verifier: Verifier) -> bool:
    """Whether this line is this verifier's signature of the text."""
    if not is_by(signature, verifier):
        return False
    message, raw = text.encode(), signature.raw
    if verifier.kind == WITNESS:
        if len(raw) != 72 or signed_at(signature) >= 2**63:
            return False
        message, raw = _cosigned(text, signed_at(signature)), raw[8:]
    try:
        Ed25519PublicKey.from_public_bytes(verifier.public_key).verify(raw, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def signed_by(note: Note, verifiers: Iterable[Verifier]) -> list[tuple[Verifier, Signature]]:
    """The signatures by those verifiers; lines of others are ignored.

    Raises:
        NotANote: a line that says it is by one of them does not hold.
    """
    found = []
    for verifier in verifiers:
        for signature in note.signatures:
            if is_by(signature, verifier):
                if not holds(note.text, signature, verifier):
                    raise NotANote(f"the signature of {verifier.name} does not hold")
                found.append((verifier, signature))
    return found


def checkpoint_by(whole: str, verifiers: Sequence[Verifier]) -> tuple[Checkpoint, Note]:
    """Read a checkpoint that one of the log's keys signed.

    Raises:
        NotANote: it is no checkpoint, or none of the keys signed it.
    """
    note = Note.parse(whole)
    checkpoint = Checkpoint.parse(note.text)
    if not signed_by(note, [verifier for verifier in verifiers if verifier.kind == LOG]):
        raise NotANote("none of the log's keys signed it")
    return checkpoint, note
