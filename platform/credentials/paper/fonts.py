"""The fonts that certificates are set in, and the check that each character is in one of them (decision 0041)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Final

import typst
from fontTools.ttLib import TTFont

from credentials.certificates.errors import GlyphMissing
from credentials.paper import rules

_FOLDER = Path(__file__).parent / "fonts"
_VENDORED = (
    "Noto Sans",
    "Noto Sans Thai",
    "Noto Sans Khmer",
    "Noto Sans Lao",
    "Noto Sans Myanmar",
    "Noto Sans Tamil",
    "Noto Sans Arabic",
    "BIZ UDPGothic",
)
# Too large to ship; used where the system has them.
_SYSTEM = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Noto Sans CJK JP",
    "Noto Sans JP",
    "Source Han Sans JP",
    "Noto Sans CJK TC",
)
# Characters without a picture of their own: joiners, directional marks, variation selectors.
_INVISIBLE: Final = frozenset(map(ord, "\u200b\u200c\u200d\u200e\u200f\u2060\ufe0e\ufe0f\u00ad")) | frozenset(
    range(0xE0100, 0xE01F0)
)


@dataclass
class _Family:
    """A family by its regular font; the file is read when a character is first looked for in it."""

    name: str
    path: str
    index: int

    @cached_property
    def characters(self) -> frozenset[int]:
        with TTFont(self.path, fontNumber=self.index, lazy=True) as font:
            return frozenset(font.getBestCmap())


class Fonts:
    """The fonts of this machine that are used: those shipped and those of the system that are known.

    `digest` names their content: the same text in other fonts is another page.
    """

    def __init__(self, *, with_system_fonts: bool = True) -> None:
        self.found = typst.Fonts(
            include_system_fonts=with_system_fonts, include_embedded_fonts=False, font_paths=[str(_FOLDER)]
        )
        known: dict[str, tuple[tuple[int, bool], str, int]] = {}
        for font in self.found.fonts():
            if font.family in {*_VENDORED, *_SYSTEM} and font.path and font.style == "normal":
                # The nearest to regular of each family: only its characters matter.
                rank = (abs(font.weight - 400), not str(font.path).startswith(str(_FOLDER)))
                if font.family not in known or rank < known[font.family][0]:
                    known[font.family] = (rank, font.path, font.index)
        self.families = tuple(_Family(name, *known[name][1:]) for name in (*_VENDORED, *_SYSTEM) if name in known)

    @cached_property
    def digest(self) -> str:
        """Names the fonts' content, one line a family."""
        digests = {
            path: hashlib.sha256(Path(path).read_bytes()).hexdigest() for path in {f.path for f in self.families}
        }
        by_name = sorted(self.families, key=lambda family: family.name)
        return "\n".join(f"{family.name} {digests[family.path]} {family.index}" for family in by_name)

    def require_glyphs(self, texts: Iterable[str]) -> None:
        """Check that every character can be drawn, together with the marks on it.

        Raises:
            GlyphMissing: one cannot, in any of the fonts; `character` is its code point.
        """
        missing = self.missing(texts)
        if missing is not None:
            raise GlyphMissing(character=f"U+{missing:04X}")

    def missing(self, texts: Iterable[str]) -> int | None:
        """Return the code point of a character that cannot be drawn together with the marks on it, or None."""
        for cluster in sorted({cluster for text in texts for cluster in rules.clusters(text, joining=_INVISIBLE)}):
            # A line break or a tab is space to the setter.
            needed = {ord(character) for character in cluster if not character.isspace()} - _INVISIBLE
            if not any(needed <= family.characters for family in self.families):
                lone = next((letter for letter in sorted(needed) if not self._has(letter)), None)
                return lone if lone is not None else min(needed)
        return None

    def _has(self, character: int) -> bool:
        return any(character in family.characters for family in self.families)

    def ordered(self, language: str) -> Sequence[str]:
        """Families in the order in which they are asked: Han characters look as the language's readers write them."""
        names = [family.name for family in self.families]
        if not language.lower().startswith("zh"):
            return names
        return sorted(names, key=lambda name: not name.endswith(("CJK SC", "Sans SC")))


@cache
def installed_fonts() -> Fonts:
    """The fonts of this machine, found when they are first asked for; once a process."""
    return Fonts()


def unprintable_character(name: str) -> str | None:
    """Return a character of the name that no font of this machine has, or None."""
    missing = installed_fonts().missing([name])
    return None if missing is None else chr(missing)
