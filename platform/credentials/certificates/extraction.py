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
from html.parser import HTMLParser
from typing import Final
from xml.parsers import expat

MAX_BYTES: Final = 1024 * 1024
_MAX_TEXT: Final = 256 * 1024
# Of a saved page so much is looked at for a code: ours have 15 kB, and readers of HTML are slow.
_MAX_PAGE: Final = 64 * 1024
_PNG: Final = b"\x89PNG\r\n\x1a\n"
# JPEG, GIF, BMP, both orders of TIFF, and what word processors write; of HEIC, AVIF and WebP the names stand behind a length.
_PICTURES: Final = (b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\0", b"MM\0*", b"PK\3\4")
_PAGE: Final = re.compile(
    r"(?>\s+|<\?xml[^>]*>|<!--.*?-->)*+<(?:!doctype\s+(?:html|plist)|html|head|body|div|table|p|span|a|meta|title|plist)\b",
    re.I | re.S,
)
_ROUND: Final = str.maketrans({**dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb\uff02", '"'), "\u00a0": " "})
_QUOTED: Final = re.compile(r"^(?:[ \t]*>)+", re.MULTILINE)
_JWT: Final = re.compile(r"(?<![\w.-])eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+")
_DECODER: Final = json.JSONDecoder()
# So many braces that begin no object are looked at.
_MAX_TRIES: Final = 20
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


class Several(NoCredentialFound):
    """There are different credentials in it, and which one is meant cannot be known."""


class Lost(NoCredentialFound):
    """A copy of a kind that may show a certificate but does not carry its signed data: a picture, a printed or saved page.

    text: what can be read of it, in which a code or a link may be.
    """

    def __init__(self, message: str, *, text: str = "") -> None:
        super().__init__(message)
        self.text = text


def extract_credential(handed_in: bytes) -> str:
    """Return the text of the one credential that a file or a text holds; its signature is not checked.

    Reads PDF (a credential attached to it), PNG (iTXt chunk) and SVG (element) as Open Badges 3.0 bakes them, and text, also with
    words around the credential.

    Raises:
        NoCredentialFound: see there; `Several` and `Lost` are of its kind.
    """
    if len(handed_in) > MAX_BYTES:
        raise NoCredentialFound("too large")
    if handed_in.startswith(_PNG):
        return _carried({*_in_png(handed_in)})
    if b"%PDF-" in handed_in[:1024]:
        return _carried({*_in_pdf(handed_in)})
    if handed_in.startswith(_PICTURES) or handed_in[4:8] == b"ftyp" or handed_in[8:12] == b"WEBP":
        raise Lost("a picture, or a word processor's file")
    text = _text(handed_in).removeprefix("\ufeff").strip()
    if not text:
        raise NoCredentialFound("empty")
    if text.startswith("<"):
        if _PAGE.match(text):
            raise Lost("a saved page", text=_addresses_and_words(text))
        return _in_svg(handed_in)
    return _signed_in(text) or text


def _carried(found: set[bytes]) -> str:
    if not found:
        raise Lost("no credential")
    if len(found) > 1:
        raise Several("several credentials")
    return _utf8(found.pop())


def _signed_in(text: str) -> str:
    """The one signed JSON object, or JWT, in a text, without what surrounds it; empty if there is none.

    Where none can be read, what mail programs do to a text is undone: round quotation marks, and marks of quoting before each
    line. The signature shows whether that was right.

    Raises:
        Several: there are different ones.
    """
    straight = _QUOTED.sub("", text).translate(_ROUND)
    for candidate in (text, straight):
        found = {*_objects_in(candidate)} or {*_JWT.findall(candidate)}
        if len(found) > 1:
            raise Several("several credentials")
        if found:
            return found.pop()
    return ""


def _objects_in(text: str) -> Iterator[str]:
    at, tries = text.find("{"), 0
    while at >= 0 and tries < _MAX_TRIES:
        end, tries = at + 1, tries + 1
        try:
            value, after = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):
            pass
        else:
            if "proof" in value:
                yield text[at:after]
                end = after
        at = text.find("{", end)


class _Words(HTMLParser):
    """Collects what a page shows and where its links lead."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.addresses: list[str] = []
        self._hidden = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden = tag in ("script", "style")
        self.addresses += [value for name, value in attrs if name in ("href", "content", "value") and value]

    def handle_data(self, data: str) -> None:
        if not self._hidden and data.strip():
            self.words.append(data.strip())

    def handle_endtag(self, tag: str) -> None:
        self._hidden = False

    def handle_comment(self, data: str) -> None:
        # "saved from url=(0042)https://…", as browsers note it.
        self.addresses.append(re.sub(r"saved from url=\(\d+\)", "", data))


def _addresses_and_words(page: str) -> str:
    """The lines of text of a page; before them those addresses in it that name a certificate."""
    reader = _Words()
    reader.feed(page[:_MAX_PAGE])
    addresses = [address for address in dict.fromkeys(reader.addresses) if "/verify/" in address]
    return "\n".join([*addresses, *reader.words])


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
    return _carried({text.encode() for text in svg.found if text})
