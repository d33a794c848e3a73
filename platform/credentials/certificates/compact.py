"""A certificate in some two hundred bytes, signed, for a QR code that is checked without a network.

The layout is docs/formats/compact-certificate.md. What is signed begins with a word that nothing else the issuers sign
begins with, so that neither a credential's proof nor a log's checkpoint can be passed off as one.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature

from credentials.certificates.signer import Signer, public_key_of

DOMAIN: Final = b"ai-skills compact certificate 1\n"
MAX_BYTES: Final = 2048
_VERSION: Final = 1
_HEAD: Final = struct.Struct(">B8s17sII16s")
_SIGNATURE: Final = 64
_CROCKFORD: Final = "0123456789abcdefghjkmnpqrstvwxyz"
# `int` reads base 32 with the letters up to v.
_IN_ORDER: Final = str.maketrans(_CROCKFORD, "0123456789abcdefghijklmnopqrstuv")
_CODE_LETTERS: Final = 26
# The achievement's name may be a sentence; the paper beside the code has all of it.
_MAX_ACHIEVEMENT_LENGTH: Final = 80


class NotCompact(ValueError):
    """The bytes or the text are no compact certificate; the message says where, without quoting it."""


@dataclass(frozen=True)
class Compact:
    """What a compact certificate says.

    key: the first 8 bytes of SHA-256 of the raw public key. digest: the first 16 of SHA-256 of the credential's text.
    issuer: the authority's slug. achievement: its name, cut at 80 characters. Instants are to the second.
    """

    key: bytes
    issuer: str
    public_code: str
    name: str
    achievement: str
    levels: Mapping[str, int]
    valid_from: datetime
    valid_until: datetime
    digest: bytes


@lru_cache(maxsize=256)
def key_hint(multikey: str) -> bytes:
    """The 8 bytes that lead to a key: two of ours that share them would both be tried by a reader."""
    return hashlib.sha256(public_key_of(multikey).public_bytes_raw()).digest()[:8]


def digest_of(credential: str) -> bytes:
    """What ties a compact certificate to the text of its credential."""
    return hashlib.sha256(credential.encode()).digest()[:16]


def signed(
    *,
    signer: Signer,
    issuer: str,
    public_code: str,
    name: str,
    achievement: str,
    levels: Mapping[str, int],
    valid_from: datetime,
    valid_until: datetime,
    credential: str,
) -> bytes:
    """Return the compact certificate of a credential, signed; about 40 µs with a key in memory."""
    number = int(public_code.translate(_IN_ORDER), 32)
    if len(achievement) > _MAX_ACHIEVEMENT_LENGTH:
        achievement = achievement[: _MAX_ACHIEVEMENT_LENGTH - 1] + "…"
    parts = [
        _HEAD.pack(
            _VERSION,
            key_hint(signer.multikey),
            number.to_bytes(17),
            int(valid_from.timestamp()),
            int(valid_until.timestamp()),
            digest_of(credential),
        )
    ]
    parts += (_text(issuer), _text.__wrapped__(name), _text(achievement), _levels(tuple(levels.items())))
    body = b"".join(parts)
    return body + signer.sign(DOMAIN + body)


# The same for all of a batch.
@lru_cache(maxsize=256)
def _text(text: str) -> bytes:
    encoded = text.encode()
    return len(encoded).to_bytes(2) + encoded


@lru_cache(maxsize=1024)
def _levels(levels: tuple[tuple[str, int], ...]) -> bytes:
    parts = [len(levels).to_bytes(1)]
    for code, level in levels:
        encoded = code.encode()
        parts += (bytes((len(encoded), level)), encoded)
    return b"".join(parts)


def read(raw: bytes) -> Compact:
    """Read one; its signature is not checked here (`holds`).

    Raises:
        NotCompact: it is none. There is one way to write each: what `read` accepts, `signed` writes so.
    """
    if not _HEAD.size + _SIGNATURE < len(raw) <= MAX_BYTES:
        raise NotCompact("length")
    body = raw[:-_SIGNATURE]
    version, key, number, valid_from, valid_until, digest = _HEAD.unpack_from(body)
    value = int.from_bytes(number)
    if version != _VERSION or value >> (5 * _CODE_LETTERS):
        raise NotCompact("head")
    code = "".join(_CROCKFORD[value >> (5 * position) & 31] for position in reversed(range(_CODE_LETTERS)))
    at = _HEAD.size
    try:
        texts = []
        for _ in range(3):
            length, at = int.from_bytes(body[at : at + 2]), at + 2
            texts.append(_exactly(body, at, length).decode())
            at += length
        (count,), at = _exactly(body, at, 1), at + 1
        levels: dict[str, int] = {}
        for _ in range(count):
            (length, level), at = _exactly(body, at, 2), at + 2
            skill = _exactly(body, at, length).decode()
            if skill in levels:
                raise NotCompact("a skill stands twice")
            levels[skill] = level
            at += length
    except UnicodeDecodeError as error:
        raise NotCompact("not UTF-8") from error
    if at != len(body):
        raise NotCompact("something follows it")
    issuer, name, achievement = texts
    return Compact(
        key=key,
        issuer=issuer,
        public_code=code,
        name=name,
        achievement=achievement,
        levels=levels,
        valid_from=datetime.fromtimestamp(valid_from, UTC),
        valid_until=datetime.fromtimestamp(valid_until, UTC),
        digest=digest,
    )


def _exactly(body: bytes, at: int, length: int) -> bytes:
    part = body[at : at + length]
    if len(part) != length:
        raise NotCompact("cut off")
    return part


def holds(raw: bytes, multikey: str) -> bool:
    """Whether that key signed these bytes as a compact certificate."""
    try:
        _public_key(multikey).verify(raw[-_SIGNATURE:], DOMAIN + raw[:-_SIGNATURE])
    except InvalidSignature:
        return False
    return True


_public_key = lru_cache(maxsize=256)(public_key_of)


def as_text(raw: bytes) -> str:
    """Base 32 (RFC 4648) without padding: letters of a QR code's alphanumeric mode that an address may hold as well."""
    return base64.b32encode(raw).decode().rstrip("=")


def from_text(text: str) -> bytes:
    """The bytes of `as_text`, in letters of either case; an address that ends in it is read as well.

    Raises:
        NotCompact: it is not base 32, or too long.
    """
    letters = text.strip().rpartition("/")[2].upper()
    if not letters or len(letters) > MAX_BYTES * 8 // 5 + 8:
        raise NotCompact("length")
    try:
        raw = base64.b32decode(letters + "=" * (-len(letters) % 8))
    except (binascii.Error, ValueError) as error:
        raise NotCompact("not base 32") from error
    if as_text(raw) != letters:
        raise NotCompact("not written as it is written")
    return raw


def address(raw: bytes, base_url: str) -> str:
    """The address to put into a QR code: in capitals, which take two thirds of the room, where the site's root allows it."""
    parts = urlsplit(base_url)
    root = f"{base_url}/verify/q/" if parts.path else f"{base_url}/verify/q/".upper()
    return root + as_text(raw)
