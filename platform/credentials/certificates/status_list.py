"""Lists of certificates' status as strangers read them: W3C Bitstring Status List v1.0. Pure: no clock, no database.

A list has one bit per certificate, in as many entries as the standard asks for at least: who fetches it tells nobody
which one is meant.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import zlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from credentials.certificates.linked_data import VC_CONTEXT, instant

REVOCATION, SUSPENSION = PURPOSES = ("revocation", "suspension")
# Section 6.1 of the standard: fewer would give away whom a reader asks about.
ENTRIES = 131_072
# A list of another authority may be longer; one of a few kilobytes that unpacks to gigabytes is an attack (section 6.4).
_MAX_BYTES = 1024 * 1024
# What does not compress at all stays below this: base64url takes 4 characters for 3 bytes.
_MAX_CHARACTERS = 2 * _MAX_BYTES
_BASE64URL = "u"
_GZIP = 31  # zlib's window bits for the format of RFC 1952


class NotAStatusList(ValueError):
    """The text is no encoded list, or too short or too long for one; the message says which."""


def encode(indexes: Iterable[int]) -> str:
    """Return the multibase text of a list of `ENTRIES` bits in which those of `indexes` are set. One set, one text.

    Raises:
        IndexError: an index lies outside of the list.
    """
    bits = bytearray(ENTRIES // 8)
    for index in indexes:
        if not 0 <= index < ENTRIES:
            raise IndexError(f"{index} is outside of a list of {ENTRIES} entries")
        # The first entry is the leftmost bit of the first byte.
        bits[index >> 3] |= 0x80 >> (index & 7)
    # The level is zlib's own default: Python's takes fifteen times as long to save a tenth, while the list is locked.
    packed = gzip.compress(bytes(bits), 6, mtime=0)
    return _BASE64URL + base64.urlsafe_b64encode(packed).decode().rstrip("=")


def decode(encoded: str) -> bytes:
    """Return the bits of a list, eight to a byte.

    Raises:
        NotAStatusList: it is none. Nothing of more than a megabyte is ever unpacked.
    """
    if not encoded.startswith(_BASE64URL) or len(encoded) > _MAX_CHARACTERS:
        raise NotAStatusList("not base64url in multibase, or too long")
    text = encoded[1:]
    try:
        # Padding is not allowed here, and a lenient reader would pass over what is no letter of the alphabet.
        packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        if "=" in text or "+" in text or "/" in text:
            raise NotAStatusList("not base64url without padding")
        unpacking = zlib.decompressobj(_GZIP)
        bits = unpacking.decompress(packed, _MAX_BYTES + 1)
    except (binascii.Error, ValueError, zlib.error) as error:
        raise NotAStatusList("not a gzip file in base64url") from error
    if len(bits) > _MAX_BYTES:
        raise NotAStatusList("the list is too long")
    if not unpacking.eof or unpacking.unused_data:
        raise NotAStatusList("the gzip file is cut off, or something follows it")
    if len(bits) * 8 < ENTRIES:
        raise NotAStatusList("the list is too short")
    return bits


def is_set(bits: bytes, index: int) -> bool:
    """Whether the entry is set.

    Raises:
        IndexError: the list has no such entry (the standard's RANGE_ERROR).
    """
    if not 0 <= index < len(bits) * 8:
        raise IndexError(f"{index} is outside of a list of {len(bits) * 8} entries")
    return bool(bits[index >> 3] & (0x80 >> (index & 7)))


def status_list_credential(
    *, did: str, url: str, purpose: str, encoded: str, valid_from: datetime, valid_until: datetime
) -> dict[str, Any]:
    """The credential that publishes a list, without its proof. Every node has an id.

    Args:
        did: the issuing authority's. url: where the list is served, the `statusListCredential` of its entries.
        purpose: "revocation" or "suspension", as in the entries. encoded: from `encode`.
        valid_until: until when a copy may be relied on; readers hold a list that is past it for no answer.
    """
    return {
        "@context": [VC_CONTEXT],
        "id": url,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": did,
        "validFrom": instant(valid_from),
        "validUntil": instant(valid_until),
        "credentialSubject": {
            "id": f"{url}#list",
            "type": "BitstringStatusList",
            "statusPurpose": purpose,
            "encodedList": encoded,
        },
    }


def status_list_entry(*, url: str, purpose: str, index: int, node: str) -> dict[str, str]:
    """The entry of a credential in a list: one of its `credentialStatus`. `node` is the entry's own id.

    The index is text: the standard asks for a string of digits.
    """
    return {
        "id": node,
        "type": "BitstringStatusListEntry",
        "statusPurpose": purpose,
        "statusListIndex": str(index),
        "statusListCredential": url,
    }
