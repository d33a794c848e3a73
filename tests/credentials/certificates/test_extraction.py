"""What people hand in holds one credential or none, and nothing that is built to hurt gets far."""

from __future__ import annotations

import io
import struct
import time
import tracemalloc
import zlib
from collections.abc import Callable
from contextlib import suppress

import pytest
import typst
from openbadgeslib.baking import ITXT_KEYWORD_OB3, SVG_ELEMENT_OB3, SVG_NS_OB3, bake_png, bake_svg
from pypdf import PdfWriter
from pypdf.generic import NameObject

from credentials.certificates.extraction import MAX_BYTES, NoCredentialFound, extract_credential

TEXT = '{"@context":[],"name":"山田 <愛子> & \\"O\'Neil\\" ]]>","proof":[]}'
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"><rect width="1" height="1"/></svg>'


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


PNG = (
    b"\x89PNG\r\n\x1a\n"
    + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    + chunk(b"IDAT", zlib.compress(b"\0\0"))
    + chunk(b"IEND", b"")
)


def png_with(itxt: bytes) -> bytes:
    return PNG[:-12] + chunk(b"iTXt", itxt) + PNG[-12:]


def paper_with(*texts: str, packed: bool = True) -> bytes:
    """A PDF to which another library attached them."""
    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    for number, text in enumerate(texts):
        attached = writer.add_attachment(f"credential{number or ''}.json", text.encode())
        if packed:
            files = attached.pdf_object["/EF"]
            files[NameObject("/F")] = writer._add_object(files["/F"].get_object().flate_encode())
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def svg_with(inner: str) -> bytes:
    element = f'<openbadges:credential xmlns:openbadges="{SVG_NS_OB3}">{inner}</openbadges:credential>'
    return SVG.replace(b"</svg>", f"{element}</svg>".encode())


def test_the_credential_is_found_wherever_it_was_put() -> None:
    compressed = b"openbadgecredential\0\1\0\0\0" + zlib.compress(TEXT.encode())
    in_parts = TEXT.replace("]]>", "]]]]><![CDATA[>")
    for carrier in (
        TEXT.encode(),
        b"\xef\xbb\xbf \n" + TEXT.encode() + b"\n",
        bake_png(PNG, TEXT, keyword=ITXT_KEYWORD_OB3),
        png_with(compressed),
        bake_svg(SVG, TEXT, element=SVG_ELEMENT_OB3, namespace=SVG_NS_OB3, as_text=True),
        bake_svg(SVG, TEXT, element=SVG_ELEMENT_OB3, namespace=SVG_NS_OB3),
        svg_with(f"<![CDATA[{in_parts}]]>"),
        paper_with(TEXT),
        paper_with(TEXT, packed=False),
        paper_with(TEXT, TEXT),
        paper_with("a readme", TEXT),
    ):
        assert extract_credential(carrier) == TEXT


def test_the_paper_of_our_own_press_is_read(tmp_path) -> None:
    (tmp_path / "credential.json").write_text(TEXT)
    (tmp_path / "p.typ").write_text(
        '#set document(date: datetime(year: 2026, month: 1, day: 2), title: "x")\n'
        '#pdf.attach("credential.json", relationship: "source", mime-type: "application/json", description: "signed")\n'
        "hello"
    )
    made = typst.compile(str(tmp_path / "p.typ"), format="pdf", pdf_standards="a-3b")
    assert extract_credential(made) == TEXT


@pytest.mark.parametrize(
    "carrier",
    [
        b"",
        b"   ",
        b"\xff\xfe",
        PNG,
        SVG,
        b"%PDF-1.7\n%%EOF",
        b"<svg",
        b"<a/><b/>",
        PNG[:-20],
        png_with(b"openbadgecredential\0\1\0\0\0not zlib"),
        png_with(b"openbadgecredential\0"),
        png_with(b"openbadgecredential\0\0\0\0\0\xff\xfe"),
        paper_with("a readme"),
        paper_with(TEXT, TEXT.replace("山田", "王")),
        svg_with("a").replace(b"</svg>", svg_with("b")[-100:]),
        b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 2**31) + b"iTXt" + b"x" * 100,
        b"%PDF-1.7\n1 0 obj<</Type/EmbeddedFile/Length 999999999>>stream\n{",
        b"x" * (MAX_BYTES + 1),
    ],
    ids=range(18),
)
def test_what_holds_none_or_two_is_refused(carrier: bytes) -> None:
    if carrier.startswith(b"%PDF-1.7\n1"):
        assert extract_credential(carrier) == "{"  # to be refused as no JSON
        return
    with pytest.raises(NoCredentialFound):
        extract_credential(carrier)


LAUGHS = b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "lollollol">' + b"".join(
    b'<!ENTITY %c "%s">' % (98 + at, b"&%c;" % (97 + at) * 10) for at in range(9)
)
HOSTILE: dict[str, Callable[[], bytes]] = {
    "billion laughs": lambda: LAUGHS + b"]><svg><openbadges:credential>&j;</openbadges:credential></svg>",
    "external entity": lambda: b'<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg>&x;</svg>',
    "deep elements": lambda: b"<a>" * 300_000,
    "many elements": lambda: b"<s>" + b"<a/>" * 250_000 + b"</s>",
    "many attributes": lambda: b"<s " + b" ".join(b'a%d="1"' % at for at in range(60_000)) + b"/>",
    "deflate bomb in a PNG": lambda: png_with(b"openbadgecredential\0\1\0\0\0" + zlib.compress(b"\0" * 20_000_000, 9)),
    "many chunks": lambda: PNG[:-12] + chunk(b"iTXt", b"") * 80_000,
    "deflate bomb in a PDF": lambda: (
        b"%PDF-1.7\n1 0 obj<</Type/EmbeddedFile/Filter/FlateDecode>>stream\n" + zlib.compress(b"\0" * 20_000_000, 9)
    ),
    "bombs in a PDF": lambda: (
        b"%PDF-1.7\n"
        + (b"1 0 obj<</Type/EmbeddedFile/Filter/FlateDecode>>stream\n" + zlib.compress(b"{" * 260_000, 9)) * 300
    ),
    "marks without streams in a PDF": lambda: b"%PDF-1.7\n" + b"/Type/EmbeddedFile " * 50_000,
    "filters in a PDF": lambda: (
        b"%PDF-1.7\n1 0 obj<</Type/EmbeddedFile/Filter[" + b"/FlateDecode" * 300 + b"]>>stream\nx"
    ),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_what_is_built_to_hurt_ends_soon_and_small(kind: str) -> None:
    carrier = HOSTILE[kind]()
    assert len(carrier) <= MAX_BYTES
    tracemalloc.start()
    started = time.process_time()
    with pytest.raises(NoCredentialFound):
        extract_credential(carrier)
    spent, (_, most) = time.process_time() - started, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert spent < 5
    assert most < 24 * 1024 * 1024


ENCODINGS = {
    "PowerShell's > (UTF-16, little end first, with a mark)": ("utf-16-le", b"\xff\xfe"),
    "UTF-16, big end first, with a mark": ("utf-16-be", b"\xfe\xff"),
    "UTF-16, little end first, without a mark": ("utf-16-le", b""),
    "UTF-16, big end first, without a mark": ("utf-16-be", b""),
    "Notepad's UTF-8 (with a mark)": ("utf-8", b"\xef\xbb\xbf"),
    "UTF-32 with a mark": ("utf-32-le", b"\xff\xfe\0\0"),
}


@pytest.mark.parametrize("name", ENCODINGS)
def test_a_file_is_read_in_the_encoding_it_was_written_in(name: str) -> None:
    encoding, mark = ENCODINGS[name]
    assert extract_credential(mark + f"{TEXT}\r\n".encode(encoding)) == TEXT
    svg = svg_with(f"<![CDATA[{TEXT.replace(']]>', ']]]]><![CDATA[>')}]]>").decode()
    if encoding.startswith(("utf-8", "utf-16")) and mark:
        assert extract_credential(mark + svg.encode(encoding)) == TEXT


@pytest.mark.parametrize("broken", [b'\xff\xfe{\0"', b"\xff\xfe\0\xd8\0\xd8", b"\0\0\0\0\xff", b'{\0"\0\xff'])
def test_half_a_character_is_no_credential(broken: bytes) -> None:
    with pytest.raises(NoCredentialFound):
        extract_credential(broken)


@pytest.mark.parametrize(
    "text",
    ["<!---->" * 30_000, "<html><" + "<" * 200_000, "{" * 250_000, '{"a":' * 40_000, "eyJ" * 80_000, "> " * 100_000],
    ids=range(6),
)
def test_a_text_that_is_built_to_be_slow_is_left_soon(text: str) -> None:
    begins = time.process_time()
    with suppress(NoCredentialFound):
        extract_credential(text.encode())
    assert time.process_time() - begins < 2
