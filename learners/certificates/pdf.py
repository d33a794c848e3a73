"""Certificates on paper: one typst template, one compiler per process, and never a box where a letter should be."""

from __future__ import annotations

import hashlib
import json
import threading
import unicodedata
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import typst
from django.utils import translation
from django.utils.translation import gettext as _
from fontTools.ttLib import TTFont

from learners.certificates.errors import GlyphMissing
from learners.certificates.presentation import Shown, qr_svg

_HERE = Path(__file__).parent
_TEMPLATE = _HERE / "data" / "certificate.typ"
_FONTS = _HERE / "fonts"
_VENDORED = (
    "Noto Sans", "Noto Sans Thai", "Noto Sans Khmer", "Noto Sans Lao", "Noto Sans Myanmar", "Noto Sans Tamil",
    "Noto Sans Arabic", "BIZ UDPGothic",
)  # fmt: skip
# Too large to ship; used where the system has them.
_SYSTEM = (
    "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Noto Sans CJK JP", "Noto Sans JP", "Source Han Sans JP",
    "Noto Sans CJK TC",
)  # fmt: skip
# Characters without a picture of their own: joiners, directional marks, variation selectors.
_INVISIBLE = frozenset(map(ord, "\u200b\u200c\u200d\u200e\u200f\u2060\ufe0e\ufe0f\u00ad")) | set(
    range(0xE0100, 0xE01F0)
)
_MOST_KEPT_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True)
class _Family:
    name: str
    characters: frozenset[int]


class _Printer:
    """The compiler with its fonts. Compiling is for one thread at a time."""

    def __init__(self, *, with_system_fonts: bool = True) -> None:
        fonts = typst.Fonts(
            include_system_fonts=with_system_fonts, include_embedded_fonts=False, font_paths=[str(_FONTS)]
        )
        known: dict[str, tuple[tuple[int, bool], str, int]] = {}
        for font in fonts.fonts():
            if font.family in {*_VENDORED, *_SYSTEM} and font.path and font.style == "normal":
                # The nearest to regular of each family: only its characters matter.
                rank = (abs(font.weight - 400), not str(font.path).startswith(str(_FONTS)))
                if font.family not in known or rank < known[font.family][0]:
                    known[font.family] = (rank, font.path, font.index)
        self.families = tuple(
            _Family(name, _characters(*known[name][1:])) for name in (*_VENDORED, *_SYSTEM) if name in known
        )
        self._compiler = typst.Compiler(_TEMPLATE, root=str(_HERE), font_paths=fonts)
        self._lock = threading.Lock()

    def compile(self, data: dict[str, Any], *, timestamp: int) -> bytes:
        with self._lock:
            made = self._compiler.compile(format="pdf", sys_inputs={"data": json.dumps(data)}, timestamp=timestamp)
        assert isinstance(made, bytes)
        return made


def _characters(path: str, index: int) -> frozenset[int]:
    with TTFont(path, fontNumber=index, lazy=True) as font:
        return frozenset(font.getBestCmap())


@cache
def _printer() -> _Printer:
    return _Printer()


def _ordered(families: Sequence[_Family], language: str) -> list[_Family]:
    """Families in the order in which they are asked: Han characters look as the language's readers write them."""
    if not language.lower().startswith("zh"):
        return list(families)
    return sorted(families, key=lambda family: not family.name.endswith(("CJK SC", "Sans SC")))


def _clusters(text: str) -> Iterable[str]:
    """Each character with the marks on it: they need one font together."""
    cluster = ""
    for character in text:
        if cluster and (unicodedata.category(character).startswith("M") or ord(character) in _INVISIBLE):
            cluster += character
            continue
        if cluster:
            yield cluster
        cluster = character
    if cluster:
        yield cluster


def require_glyphs(texts: Iterable[str]) -> None:
    """Check that every character can be drawn.

    Raises:
        GlyphMissing: one cannot, in any of the fonts; `character` is its code point.
    """
    families = _printer().families
    for cluster in sorted({cluster for text in texts for cluster in _clusters(text)}):
        # A line break or a tab is space to the setter.
        needed = {ord(character) for character in cluster if not character.isspace()} - _INVISIBLE
        if not any(needed <= family.characters for family in families):
            lone = next((one for one in sorted(needed) if not any(one in f.characters for f in families)), None)
            raise GlyphMissing(character=f"U+{lone if lone is not None else min(needed):04X}")


_kept: OrderedDict[bytes, bytes] = OrderedDict()
_kept_lock = threading.Lock()


def render(shown: Shown, *, public_code: str) -> bytes:
    """Return the certificate as PDF, A4 landscape; the same bytes for the same content, remembered per process.

    Raises:
        GlyphMissing: a character is in none of the fonts.
    """
    with translation.override(shown.language.lower()):
        labels = {
            "title": _("Certificate"),
            "awarded_to": _("Awarded to"),
            "skills": _("Skills"),
            "issued_by": _("Issued by"),
            "issued_on": _("Issued on"),
            "valid_until": _("Valid until"),
            "check": _("Scan or open this address to check the certificate"),
        }
        skills = [
            {
                "name": skill.name,
                "name_language": skill.name_language,
                "level": _("Level %(level)s: %(name)s") % {"level": skill.level, "name": skill.level_name},
            }
            for skill in shown.skills
        ]
    data: dict[str, Any] = {
        "labels": labels,
        "language": shown.language,
        "name": " ".join(shown.name.split()),
        "name_language": shown.name_language,
        "achievement": shown.achievement,
        "achievement_language": shown.achievement_language,
        "description": shown.description,
        "skills": skills,
        "issuer": shown.issuer,
        "issued_on": shown.issued_on,
        "valid_until": shown.valid_until_on,
        "address": shown.address,
        "code": public_code,
        "qr": qr_svg(shown.address, scale=4),
    }
    key = hashlib.sha256(json.dumps(data, sort_keys=True).encode()).digest()
    with _kept_lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    require_glyphs(_texts(data))
    printer = _printer()
    data["families"] = [family.name for family in _ordered(printer.families, shown.language)]
    data["name_families"] = [family.name for family in _ordered(printer.families, shown.name_language)]
    made = printer.compile(data, timestamp=int(shown.issued_at.timestamp()))
    with _kept_lock:
        _kept[key] = made
        while sum(map(len, _kept.values())) > _MOST_KEPT_BYTES:
            _kept.popitem(last=False)
    return made


def _texts(value: Any, name: str = "") -> Iterable[str]:
    if isinstance(value, str) and name != "qr":
        yield value
    elif isinstance(value, dict):
        for key, entry in value.items():
            yield from _texts(entry, key)
    elif isinstance(value, list):
        for entry in value:
            yield from _texts(entry)
