"""The typesetter: one per process, with its fonts and templates, which takes data and gives back bytes.

Data reach it as files of a private folder, read as data and never as markup. As `sys_inputs` they would be as safe, but
then everything counts as changed at each page: with files the typesetter remembers what it shaped and broke into lines,
and a Thai page takes a third of the time.
"""

from __future__ import annotations

import atexit
import hashlib
import json
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, Literal

import typst

from credentials.certificates.errors import GlyphMissing
from credentials.paper.fonts import Fonts, installed_fonts
from credentials.paper.images import suffix_of

_DATA = Path(__file__).parent / "data"
Template = Literal["certificate", "badge"]
Format = Literal["pdf", "png", "svg"]
# Archival, with attachments (ISO 19005-3). Its exporter also refuses any glyph that a font does not have: the check of
# characters sees the text before it is shaped, this one sees what shaping made of it.
_STANDARD: Final = "a-3b"


@dataclass(frozen=True)
class Sheet:
    """What is to be set: the same sheet gives the same bytes.

    Attributes:
        words: every text that is seen, in any nesting of mappings and lists: all are checked for glyphs.
        look: what is no text: languages, colours, pictures (`Typesetter.picture`), the QR code's SVG.
        attached: the credential, for PDF; empty when none is attached.
        made_at: POSIX time that a PDF names as its own.
        ppi: pixels an inch, of a PNG.
    """

    template: Template
    format: Format
    words: Mapping[str, Any]
    look: Mapping[str, Any]
    languages: Mapping[str, str]
    attached: str = ""
    made_at: int = 0
    ppi: int = 144


class Typesetter:
    """The compiler with its fonts. Compiling is for one thread at a time."""

    def __init__(self, *, with_system_fonts: bool = True) -> None:
        self.fonts = installed_fonts() if with_system_fonts else Fonts(with_system_fonts=False)
        self._root = Path(tempfile.mkdtemp(prefix="paper-"))
        atexit.register(_remove, self._root, os.getpid())
        templates = sorted(_DATA.glob("*.typ"))
        for template in templates:
            shutil.copyfile(template, self._root / template.name)
        self._compilers = {
            template.stem: typst.Compiler(self._root / template.name, root=str(self._root), font_paths=self.fonts.found)
            for template in templates
        }
        self._lock = threading.Lock()
        sources = "".join(template.read_text() for template in templates)
        self._digest = f"{version('typst')}\n{sources}\n{self.fonts.digest}"

    def picture(self, picture: bytes) -> str:
        """Name a harmless picture for use in a sheet's look; empty for none."""
        if not picture:
            return ""
        name = f"{hashlib.sha256(picture).hexdigest()}.{suffix_of(picture)}"
        path = self._root / name
        if not path.exists():
            # Another thread may be writing the same: the file appears whole or not at all.
            with tempfile.NamedTemporaryFile(dir=self._root, delete=False) as file:
                file.write(picture)
            os.replace(file.name, path)
        return name

    def key(self, sheet: Sheet) -> str:
        """SHA-256 in hex of all that the sheet's bytes follow from: itself, templates, fonts and typesetter."""
        content = [self._digest, sheet.template, sheet.format, sheet.attached, sheet.made_at, sheet.ppi, _data(sheet)]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()

    def make(self, sheet: Sheet) -> bytes:
        """Set a sheet.

        Raises:
            GlyphMissing: a character is in none of the fonts, or shaping asks for a glyph that they lack.
        """
        self.fonts.require_glyphs(_texts(sheet.words))
        families = {name: self.fonts.ordered(language) for name, language in sheet.languages.items()}
        files = {"data.json": _data(sheet), "families.json": json.dumps(families), "credential.json": sheet.attached}
        with self._lock:
            try:
                for name, content in files.items():
                    (self._root / name).write_text(content, encoding="utf-8")
                made = self._compilers[sheet.template].compile(
                    format=sheet.format,
                    timestamp=sheet.made_at,
                    ppi=sheet.ppi,
                    pdf_standards=[_STANDARD] if sheet.format == "pdf" else [],
                )
            except typst.TypstError as error:
                if "could not be displayed" not in error.message:
                    raise
                raise GlyphMissing(character="") from error
            finally:
                for name in files:
                    (self._root / name).unlink(missing_ok=True)
        # One page comes as bytes, several as a list: the template lets nothing run over.
        assert isinstance(made, bytes)
        return made


def _data(sheet: Sheet) -> str:
    return json.dumps({**sheet.words, "look": sheet.look, "languages": sheet.languages}, sort_keys=True)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for entry in value.values():
            yield from _texts(entry)
    else:
        for entry in value:
            yield from _texts(entry)


def _remove(root: Path, owner: int) -> None:
    # A child process that was forked inherits the exit handler, not the folder.
    if os.getpid() == owner:
        shutil.rmtree(root, ignore_errors=True)


@cache
def typesetter() -> Typesetter:
    """The process's typesetter; made when it is first needed."""
    return Typesetter()


# A forked child has a typesetter of its own: two in one folder could set each other's data.
os.register_at_fork(after_in_child=typesetter.cache_clear)
