"""Extracts the credential from what a person hands in: a PDF, a baked image or text. Its signature is not checked here.

Our own readers, of a few lines each, rather than a library for each format: they look for one thing, in one pass, unpack a
quarter of a megabyte at most, and build no tree. (A megabyte of empty XML elements is hundreds in a DOM, and a
PDF library follows whatever a file asks it to.)
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator
from typing import Final
from xml.parsers import expat

MAX_BYTES: Final = 1024 * 1024
_MAX_TEXT: Final = 256 * 1024
_PNG: Final = b"\x89PNG\r\n\x1a\n"
# Open Badges 3.0, section 5.3: where a credential is baked into an image.
_KEYWORD: Final = b"openbadgecredential"
_ELEMENT: Final = "openbadges:credential"
_MAX_ATTACHMENTS: Final = 16
_MAX_CHUNKS: Final = 4096
_MAX_DEPTH: Final = 200
_DICTIONARY: Final = 4096
_EMBEDDED = re.compile(rb"/Type\s*/EmbeddedFile(?![A-Za-z0-9])")
_STREAM = re.compile(rb">>\s*stream\r?\n")
# One filter, or a list of them; behind a lone one, a slash begins the dictionary's next name.
_FILTER = re.compile(rb"/Filter\s*(\[)?\s*/([A-Za-z0-9]+)(?(1)(\s*/)?)")
_LENGTH = re.compile(rb"/Length\s+(\d{1,9})(?!\s+\d+\s+R)")


class NoCredentialFound(ValueError):
    """There is no credential in it, or the file is damaged, too large or not of a kind that is read; says which."""


def extract_credential(handed_in: bytes) -> str:
    """Return the text of the one credential that a file or a text holds; its signature is not checked.

    Reads PDF (a credential attached to it), PNG (iTXt chunk) and SVG (element) as Open Badges 3.0 bakes them, and text.

    Raises:
        NoCredentialFound: see there.
    """
    if len(handed_in) > MAX_BYTES:
        raise NoCredentialFound("too large")
    if handed_in.startswith(_PNG):
        return _utf8(_only({*_in_png(handed_in)}))
    if b"%PDF-" in handed_in[:1024]:
        return _utf8(_only({*_in_pdf(handed_in)}))
    text = _text(handed_in).removeprefix("\ufeff").strip()
    if text.startswith("<"):
        return _in_svg(handed_in)
    if not text:
        raise NoCredentialFound("empty")
    return text


def _text(found: bytes) -> str:
    """The text in UTF-8, or in UTF-16 or UTF-32 as some programs write files (PowerShell's `>`).

    By its byte order mark, else by where its zeros are: JSON begins with characters of ASCII (RFC 4627, section 3).
    """
    try:
        return found.decode(json.detect_encoding(found))
    except UnicodeDecodeError as error:
        raise NoCredentialFound("neither UTF-8 nor UTF-16 nor UTF-32") from error


def _utf8(found: bytes) -> str:
    """What is embedded is UTF-8 by its container's own rules."""
    try:
        return found.decode()
    except UnicodeDecodeError as error:
        raise NoCredentialFound("not UTF-8") from error


def _only(found: set[bytes]) -> bytes:
    if len(found) != 1:
        raise NoCredentialFound("several credentials" if found else "no credential")
    return found.pop()


def _inflated(packed: bytes) -> bytes:
    unpacking = zlib.decompressobj()
    try:
        unpacked = unpacking.decompress(packed, _MAX_TEXT + 1)
    except zlib.error as error:
        raise NoCredentialFound("damaged") from error
    if len(unpacked) > _MAX_TEXT:
        raise NoCredentialFound("too large")
    return unpacked


def _in_png(image: bytes) -> Iterator[bytes]:
    at = len(_PNG)
    for _ in range(_MAX_CHUNKS):
        length, kind = int.from_bytes(image[at : at + 4]), image[at + 4 : at + 8]
        chunk, at = image[at + 8 : at + 8 + length], at + 12 + length
        if kind == b"IEND":
            return
        if at > len(image):
            raise NoCredentialFound("damaged")
        keyword, _, rest = chunk.partition(b"\0")
        if kind == b"iTXt" and keyword == _KEYWORD and len(rest) > 2:
            # Compression flag and method, language tag, keyword in that language, text (PNG 1.2, section 4.2.3.3).
            parts = rest[2:].split(b"\0", 2)
            if len(parts) == 3:
                yield _inflated(parts[2]) if rest[0] else parts[2]
    raise NoCredentialFound("too many chunks")


def _in_pdf(paper: bytes) -> Iterator[bytes]:
    for number, marked in enumerate(_EMBEDDED.finditer(paper)):
        if number == _MAX_ATTACHMENTS:
            raise NoCredentialFound("too many attachments")
        begins = paper.rfind(b" obj", max(0, marked.start() - _DICTIONARY), marked.start())
        opened = _STREAM.search(paper, marked.end(), marked.end() + _DICTIONARY)
        if begins < 0 or opened is None:
            continue
        about, packed_from = paper[begins : opened.start()], opened.end()
        length = _LENGTH.search(about)
        until = packed_from + int(length[1]) if length else paper.find(b"endstream", packed_from)
        packed = paper[packed_from : until if until >= 0 else len(paper)]
        kind = _FILTER.search(about)
        if kind is None:
            unpacked = packed if length else packed.rstrip(b"\r\n")
        elif kind[2] == b"FlateDecode" and not kind[3]:
            unpacked = _inflated(packed)
        else:
            continue
        # Other files may be attached as well; a credential is a JSON object or a JWT.
        if len(unpacked) <= _MAX_TEXT and unpacked.lstrip().startswith((b"{", b"eyJ")):
            yield unpacked


class _Svg:
    """Listens for the one element; whatever declares entities ends the reading before any is used."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self._parts: list[str] | None = None
        self._depth = 0

    def read(self, image: bytes) -> None:
        reader = expat.ParserCreate()
        reader.StartElementHandler, reader.EndElementHandler = self._open, self._close
        reader.CharacterDataHandler = self._data
        reader.StartDoctypeDeclHandler = reader.EntityDeclHandler = self._refuse
        try:
            reader.Parse(image, True)
        except (expat.ExpatError, ValueError) as error:
            raise NoCredentialFound("not XML, or more than plain XML") from error

    def _open(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise NoCredentialFound("too deep")
        if name == _ELEMENT:
            self._parts = [attributes.get("verify", "")]

    def _data(self, data: str) -> None:
        if self._parts is not None:
            self._parts.append(data)

    def _close(self, name: str) -> None:
        self._depth -= 1
        if name == _ELEMENT and self._parts is not None:
            self.found.append("".join(self._parts).strip())
            self._parts = None

    def _refuse(self, *_: object) -> None:
        raise NoCredentialFound("a document type is declared")


def _in_svg(image: bytes) -> str:
    svg = _Svg()
    svg.read(image)
    return _utf8(_only({text.encode() for text in svg.found if text}))
