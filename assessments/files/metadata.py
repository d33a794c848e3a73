"""Taking out of a file what names its maker or place, and leaving what it shows. Pure: no Django, no clock.

Sources: JPEG (ITU-T T.81, annex B), Exif 2.32 (CIPA DC-008), PNG third edition (W3C, 11.3), PDF (ISO 32000-1, 14.3).
"""

from __future__ import annotations

import re
import struct

PNG = b"\x89PNG\r\n\x1a\n"
# JFIF, ICC profile and Adobe's colour transform decide how a picture looks; other application segments do not.
_KEPT_SEGMENTS = {0xE0, 0xE2, 0xEE}
_COLOUR_PROFILE = b"ICC_PROFILE\x00"
_KEPT_CHUNKS = {
    b"IHDR",
    b"PLTE",
    b"IDAT",
    b"IEND",
    b"tRNS",
    b"cHRM",
    b"gAMA",
    b"iCCP",
    b"sBIT",
    b"sRGB",
    b"cICP",
    b"bKGD",
    b"pHYs",
}
_INFO = re.compile(
    rb"/(?:Author|Creator|Producer|Title|Subject|Keywords|Company|Manager)\s*(\((?:\\.|[^\\()])*\)|<[0-9A-Fa-f\s]*>)",
    re.S,
)
_XMP = re.compile(rb"<\?xpacket begin.*?\?>(.*?)<\?xpacket end", re.S)


class Unreadable(ValueError):
    """The bytes are not what their type says."""


def without_metadata(media_type: str, body: bytes) -> bytes:
    """Return the file without names, places, comments and thumbnails, as far as its type lets us.

    A PDF's plain document information and XMP are blanked; what is in compressed or encrypted objects stays.

    Raises:
        Unreadable: a picture is broken.
    """
    try:
        match media_type:
            case "image/jpeg":
                return _jpeg(body)
            case "image/png":
                return _png(body)
            case "application/pdf":
                return _pdf(body)
    except (IndexError, struct.error) as error:
        raise Unreadable(media_type) from error
    return body


def _png(body: bytes) -> bytes:
    kept, at = [PNG], len(PNG)
    while at < len(body):
        (length,) = struct.unpack_from(">I", body, at)
        name, end = body[at + 4 : at + 8], at + 12 + length
        if end > len(body):
            raise Unreadable("image/png")
        if name in _KEPT_CHUNKS:
            kept.append(body[at:end])
        if name == b"IEND":
            return b"".join(kept)
        at = end
    raise Unreadable("image/png")


def _jpeg(body: bytes) -> bytes:
    kept, turned, at = [b"\xff\xd8"], 1, 2
    while True:
        if body[at] != 0xFF:
            raise Unreadable("image/jpeg")
        marker = body[at + 1]
        if marker == 0xFF:  # fill byte
            at += 1
            continue
        if marker == 0xD9:
            # What is behind the end (other pictures, films, notes of the camera) is not looked at by anybody.
            kept.append(b"\xff\xd9")
            break
        (length,) = struct.unpack_from(">H", body, at + 2)
        end = at + 2 + length
        if length < 2 or end > len(body):
            raise Unreadable("image/jpeg")
        segment = body[at:end]
        if marker == 0xE1:
            turned = _orientation(segment) or turned
        if marker == 0xDA:
            end = _end_of_scan(body, end)
            segment = body[at:end]
        is_application = 0xE0 <= marker <= 0xEF or marker == 0xFE
        is_profile = marker != 0xE2 or segment[4:].startswith(_COLOUR_PROFILE)
        if not is_application or (marker in _KEPT_SEGMENTS and is_profile):
            kept.append(segment)
        at = end
    if turned != 1:
        # A phone writes how it was held; without it a photographed page lies on its side.
        kept.insert(1, _turned(turned))
    return b"".join(kept)


def _end_of_scan(body: bytes, at: int) -> int:
    """Return where the next marker is; within a scan FF is followed by 00 or a restart marker."""
    while True:
        at = body.find(b"\xff", at)
        if at < 0:
            raise Unreadable("image/jpeg")
        following = body[at + 1]
        if following == 0 or 0xD0 <= following <= 0xD7:
            at += 2
        else:
            return at


def _orientation(segment: bytes) -> int | None:
    """Return the orientation (2 to 8) that an Exif segment states, or None."""
    if segment[4:10] != b"Exif\x00\x00":
        return None
    tiff = segment[10:]
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return None
    try:
        (first,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, first)
        for entry in range(min(count, 100)):
            tag, _kind, _count, value = struct.unpack_from(f"{order}HHIH", tiff, first + 2 + 12 * entry)
            if tag == 0x0112:
                return value if 2 <= value <= 8 else None
    except struct.error:
        return None
    return None


def _turned(orientation: int) -> bytes:
    tiff = b"MM\x00\x2a\x00\x00\x00\x08" + struct.pack(">HHHIHHI", 1, 0x0112, 3, 1, orientation, 0, 0)
    exif = b"Exif\x00\x00" + tiff
    return b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif


def _pdf(body: bytes) -> bytes:
    # Same length, so that the table of offsets stays right.
    blanked = bytearray(body)
    for found in _INFO.finditer(body):
        start, end = found.span(1)
        blanked[start + 1 : end - 1] = b" " * (end - start - 2)
    for found in _XMP.finditer(body):
        start, end = found.span(1)
        blanked[start:end] = b" " * (end - start)
    return bytes(blanked)
