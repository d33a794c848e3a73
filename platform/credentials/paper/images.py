"""Pictures that staff hand in, made harmless: what is kept is built anew from what is known to be plain. Pure.

PNG (ISO/IEC 15948): the chunks that hold the picture, nothing else. SVG: shapes and gradients of a list of our own; there is
no text in it (its fonts could not be checked), no script, no style sheet, no link and nothing that refers outside.
"""

from __future__ import annotations

import re
import struct
import zlib
from typing import Final
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

MAX_BYTES: Final = 200 * 1024
_MAX_SIDE: Final = 2000
_MAX_ELEMENTS: Final = 3000
_MAX_DEPTH: Final = 30
_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
# Samples per pixel, and the depths allowed, by colour type.
_COLOURS: Final = {0: (1, (1, 2, 4, 8)), 2: (3, (8,)), 3: (1, (1, 2, 4, 8)), 4: (2, (8,)), 6: (4, (8,))}
_KEPT_CHUNKS: Final = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})

_SVG: Final = "http://www.w3.org/2000/svg"
_ELEMENTS: Final = frozenset(
    {
        "svg",
        "g",
        "defs",
        "path",
        "rect",
        "circle",
        "ellipse",
        "line",
        "polyline",
        "polygon",
        "linearGradient",
        "radialGradient",
        "stop",
        "clipPath",
    }
)
# Left out with all that is in them: what drawing programs note for themselves and for readers of the file.
_DROPPED: Final = frozenset({"title", "desc", "metadata"})
_ATTRIBUTES: Final = frozenset(
    {
        "id",
        "d",
        "x",
        "y",
        "x1",
        "y1",
        "x2",
        "y2",
        "cx",
        "cy",
        "r",
        "rx",
        "ry",
        "fx",
        "fy",
        "width",
        "height",
        "points",
        "viewBox",
        "preserveAspectRatio",
        "transform",
        "fill",
        "fill-opacity",
        "fill-rule",
        "stroke",
        "stroke-width",
        "stroke-opacity",
        "stroke-linecap",
        "stroke-linejoin",
        "stroke-miterlimit",
        "stroke-dasharray",
        "stroke-dashoffset",
        "opacity",
        "color",
        "offset",
        "stop-color",
        "stop-opacity",
        "gradientUnits",
        "gradientTransform",
        "spreadMethod",
        "clip-path",
        "clip-rule",
        "clipPathUnits",
    }
)
_PLAIN = re.compile(r"[\w\s.,;:#%()+\-]*")
_REFERENCE = re.compile(r"url\(#[\w.-]+\)")


class PictureRefused(ValueError):
    """The file is not a picture that may stand on a certificate; the message is for whoever handed it in."""


def harmless(picture: bytes) -> bytes:
    """Return the picture with nothing in it but the picture: PNG or SVG, as it was handed in. Idempotent.

    Raises:
        PictureRefused: neither of the two, too large, damaged, or with more in it than shapes.
    """
    if len(picture) > MAX_BYTES:
        raise PictureRefused(f"is larger than {MAX_BYTES // 1024} KB")
    return _png(picture) if picture.startswith(_SIGNATURE) else _svg(picture)


def suffix_of(picture: bytes) -> str:
    """`png` or `svg`, of a picture that `harmless` returned."""
    return "png" if picture.startswith(_SIGNATURE) else "svg"


def _png(picture: bytes) -> bytes:
    at, kept, header, packed = len(_SIGNATURE), [_SIGNATURE], b"", []
    while True:
        kind = picture[at + 4 : at + 8]
        content_end = at + 8 + int.from_bytes(picture[at : at + 4])
        chunk = picture[at : content_end + 4]
        if len(kind) < 4 or len(chunk) != content_end + 4 - at:
            raise PictureRefused("is a damaged PNG")
        if zlib.crc32(chunk[4:-4]) != int.from_bytes(chunk[-4:]):
            raise PictureRefused("is a damaged PNG")
        at = content_end + 4
        if kind == b"IHDR":
            header = chunk[8:-4]
        elif kind == b"IDAT":
            packed.append(chunk[8:-4])
        if kind in _KEPT_CHUNKS:
            kept.append(chunk)
        elif not kind[0] & 0x20:
            raise PictureRefused("is a PNG of a kind that is not read")
        if kind == b"IEND":
            break
    _require_pixels(header, b"".join(packed))
    return b"".join(kept)


def _require_pixels(header: bytes, packed: bytes) -> None:
    if len(header) != 13:
        raise PictureRefused("is a damaged PNG")
    width, height, depth, colours, _, _, interlaced = struct.unpack("!IIBBBBB", header)
    samples, depths = _COLOURS.get(colours, (0, ()))
    if depth not in depths or interlaced:
        raise PictureRefused("must be a PNG with at most 8 bits a channel, and not interlaced")
    if not (0 < width <= _MAX_SIDE and 0 < height <= _MAX_SIDE):
        raise PictureRefused(f"is larger than {_MAX_SIDE} by {_MAX_SIDE} pixels")
    expected = height * (1 + (width * samples * depth + 7) // 8)
    unpacking = zlib.decompressobj()
    try:
        unpacked = len(unpacking.decompress(packed, expected + 1))
    except zlib.error as error:
        raise PictureRefused("is a damaged PNG") from error
    if unpacked != expected:
        raise PictureRefused("is a damaged PNG")


def _svg(picture: bytes) -> bytes:
    builder = _Builder()
    reader = expat.ParserCreate(namespace_separator=" ")
    reader.StartElementHandler, reader.EndElementHandler = builder.open, builder.close
    reader.StartDoctypeDeclHandler = reader.EntityDeclHandler = reader.ProcessingInstructionHandler = builder.refuse
    try:
        reader.Parse(picture, True)
    except (expat.ExpatError, ValueError) as error:
        if isinstance(error, PictureRefused):
            raise
        raise PictureRefused("is neither a PNG nor an SVG") from error
    return "".join(builder.written).encode()


class _Builder:
    """Writes those of the elements that it knows."""

    def __init__(self) -> None:
        self.written: list[str] = []
        self._depth = self._elements = self._dropping = 0

    def open(self, qualified: str, attributes: dict[str, str]) -> None:
        namespace, _, name = qualified.rpartition(" ")
        self._depth += 1
        self._elements += 1
        if self._depth > _MAX_DEPTH or self._elements > _MAX_ELEMENTS:
            raise PictureRefused("has too many shapes")
        if self._depth == 1 and (namespace, name) != (_SVG, "svg"):
            raise PictureRefused("is neither a PNG nor an SVG")
        if self._dropping or namespace != _SVG or name in _DROPPED:
            self._dropping += 1
            return
        if name not in _ELEMENTS:
            hint = ": turn texts into paths" if name in {"text", "tspan", "textPath"} else ""
            raise PictureRefused(f"has <{escape(name[:40])}> in it, which is not a plain shape{hint}")
        given = {**_declared(attributes.pop("style", "")), **attributes}
        kept = "".join(f" {key}={quoteattr(_plain(key, value))}" for key, value in given.items() if key in _ATTRIBUTES)
        self.written.append(f'<{name}{f""" xmlns="{_SVG}" """.rstrip() if self._depth == 1 else ""}{kept}>')

    def close(self, qualified: str) -> None:
        self._depth -= 1
        if self._dropping:
            self._dropping -= 1
            return
        self.written.append(f"</{qualified.rpartition(' ')[2]}>")

    def refuse(self, *_: object) -> None:
        raise PictureRefused("declares a document type or carries instructions")


def _declared(style: str) -> dict[str, str]:
    """A style attribute's declarations as attributes: drawing programs write colours there."""
    pairs = (part.partition(":") for part in style.split(";") if part.strip())
    return {key.strip(): value.strip() for key, _, value in pairs}


def _plain(key: str, value: str) -> str:
    if not _PLAIN.fullmatch(value) or "url(" in _REFERENCE.sub("", value):
        raise PictureRefused(f"refers to something outside, in {key}")
    return value
