"""A stranger who follows a log by HTTP only, with checks of their own: nothing here comes from the platform's code."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.test import Client

ROOT_OF_NOTHING = hashlib.sha256(b"").digest()


class Caught(AssertionError):
    """The log did something that an honest log does not."""


def _hash(prefix: bytes, *parts: bytes) -> bytes:
    return hashlib.sha256(prefix + b"".join(parts)).digest()


def tree_root(hashed: list[bytes]) -> bytes:
    """Level by level; a node without a neighbour moves up as it is."""
    row = hashed
    while len(row) > 1:
        pairs = [_hash(b"\x01", row[at], row[at + 1]) for at in range(0, len(row) - 1, 2)]
        row = pairs + ([row[-1]] if len(row) % 2 else [])
    return row[0] if row else ROOT_OF_NOTHING


def climb(leaf: bytes, index: int, size: int, proof: list[bytes]) -> bytes:
    """The root that an inclusion proof leads to."""
    node, first, width = leaf, index, size
    steps = list(proof)
    while width > 1:
        if first % 2:
            node = _hash(b"\x01", steps.pop(0), node)
        elif first + 1 < width:
            node = _hash(b"\x01", node, steps.pop(0))
        first, width = first // 2, (width + 1) // 2
    if steps:
        raise Caught("the proof is too long")
    return node


def read_note(note: str) -> tuple[str, list[tuple[str, bytes, bytes]]]:
    text, _, lines = note.rpartition("\n\n")
    found = []
    for line in lines.strip().split("\n"):
        _, name, coded = line.split(" ")
        raw = base64.b64decode(coded)
        found.append((name, raw[:4], raw[4:]))
    return text + "\n", found


def verify(text: str, line: tuple[str, bytes, bytes], vkey: str) -> int | None:
    """The signature under that key: None if it is another's, else the instant (0 of a log)."""
    name, key_id, coded = vkey.split("+", 2)
    raw = base64.b64decode(coded)
    kind, public = raw[0], raw[1:]
    if hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4].hex() != key_id:
        raise Caught("the key's id is not its own")
    if (line[0], line[1].hex()) != (name, key_id):
        return None
    at, message, signature = 0, text.encode(), line[2]
    if kind == 4:
        at = int.from_bytes(signature[:8], "big")
        message, signature = f"cosignature/v1\ntime {at}\n{text}".encode(), signature[8:]
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except InvalidSignature as error:
        raise Caught("a signature does not hold") from error
    return at


class Auditor:
    """Remembers the last checkpoint and every leaf hash that the log showed."""

    def __init__(self, vkey: str) -> None:
        self.vkey = vkey
        self.client = Client()
        self.size = 0
        self.note = ""
        self.leaves: list[bytes] = []
        self.hashed: list[bytes] = []

    def get(self, path: str, status: int = 200, **query: Any) -> Any:
        answer = self.client.get(path, query)
        if answer.status_code != status:
            raise Caught(f"{path} answers {answer.status_code}")
        return answer

    def follow(self) -> int:
        """Read what is new, by tiles; hold everything against everything. The new size."""
        note = self.get("/log/checkpoint").content.decode()
        text, lines = read_note(note)
        if not any(verify(text, line, self.vkey) is not None for line in lines):
            raise Caught("the log did not sign its checkpoint")
        origin, number, coded = text.rstrip("\n").split("\n")
        size, root = int(number), base64.b64decode(coded)
        if origin != self.vkey.split("+")[0]:
            raise Caught("another log's checkpoint")
        if size < self.size:
            raise Caught("the log shrank")
        leaves = list(self.leaves[: self.size // 256 * 256])
        for place in range(len(leaves) // 256, -(-size // 256)):
            width = min(256, size - place * 256)
            name = f"{place:03d}" + ("" if width == 256 else f".p/{width}")
            leaves += self._bundle(f"/log/tile/entries/{name}", f"/log/tile/0/{name}", width)
        if leaves[: self.size] != self.leaves:
            raise Caught("fork: entries that were shown are others now")
        hashed = [_hash(b"\x00", leaf) for leaf in leaves]
        if tree_root(hashed) != root:
            raise Caught("fork: the root is not that of the entries")
        self._check_proofs(size, hashed, root)
        self.size, self.note, self.leaves, self.hashed = size, note, leaves, hashed
        return size

    def _bundle(self, entries: str, tile: str, width: int) -> list[bytes]:
        raw, found = self.get(entries).content, []
        while raw:
            length = int.from_bytes(raw[:2], "big")
            found.append(raw[2 : 2 + length])
            raw = raw[2 + length :]
        if len(found) != width:
            raise Caught("a bundle has another width")
        if self.get(tile).content != b"".join(_hash(b"\x00", leaf) for leaf in found):
            raise Caught("a tile does not follow from its entries")
        return found

    def _check_proofs(self, size: int, hashed: list[bytes], root: bytes) -> None:
        for index in {0, size // 2, size - 1}:
            proof = self.get("/log/proof/inclusion", index=index, size=size).json()["proof"]
            if climb(hashed[index], index, size, [base64.b64decode(entry) for entry in proof]) != root:
                raise Caught("an inclusion proof does not hold")

    def check_certificate(self, credential: bytes, proof: dict[str, Any]) -> dict[str, Any]:
        """Check offline what a holder handed over, against the log's key alone; the leaf as read."""
        leaf = json.loads(proof["leaf"])
        if hashlib.sha256(bytes.fromhex(proof["salt"]) + credential).hexdigest() != leaf["commitment"]:
            raise Caught("the entry is another certificate's")
        text, lines = read_note(proof["checkpoint"])
        if not any(verify(text, line, self.vkey) is not None for line in lines):
            raise Caught("the log did not sign the checkpoint")
        _, number, root = text.rstrip("\n").split("\n")
        for value in (proof, *proof["status_changes"]):
            path = [base64.b64decode(step) for step in value["inclusion_proof"]]
            reached = climb(_hash(b"\x00", value["leaf"].encode()), value["index"], int(number), path)
            if reached != base64.b64decode(root):
                raise Caught("the proof does not lead to the root")
        for status_change in proof["status_changes"]:
            content = f"{proof['index']} {status_change['status']}".encode()
            committed = hashlib.sha256(bytes.fromhex(status_change["salt"]) + content).hexdigest()
            if committed != json.loads(status_change["leaf"])["commitment"]:
                raise Caught("the change of status is another's")
        return dict(leaf)

    def witnessed(self, note: str, vkeys: list[str]) -> list[int]:
        """The instants at which those witnesses cosigned."""
        text, lines = read_note(note)
        found = [verify(text, line, vkey) for line in lines for vkey in vkeys]
        return [at for at in found if at]
