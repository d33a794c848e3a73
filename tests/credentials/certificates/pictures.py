"""Small pictures for designs."""

from __future__ import annotations

import struct
import zlib

SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 100"><circle cx="50" cy="50" r="45" style="fill:#a4123f"/>'
    b'<rect x="110" y="30" width="180" height="40" fill="#1b2a41"/></svg>'
)


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack("!I", len(content)) + kind + content + struct.pack("!I", zlib.crc32(kind + content))


def png(
    width: int = 30,
    height: int = 10,
    *,
    depth: int = 8,
    interlaced: int = 0,
    more: bytes = b"",
    rows: bytes | None = None,
) -> bytes:
    """A picture of one colour with transparency; `more` are chunks before the pixels."""
    rows = (b"\0" + b"\x10\x20\x30\xc0" * width) * height if rows is None else rows
    header = struct.pack("!IIBBBBB", width, height, depth, 6, 0, 0, interlaced)
    body = chunk(b"IHDR", header) + more + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body
