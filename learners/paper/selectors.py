"""Reads of designs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from common.languages import lookup
from learners.paper.models import PaperDesign
from learners.paper.rules import DEFAULT_ACCENT


@dataclass(frozen=True)
class Design:
    """How an authority's certificates look; without any of it, plainly. Pictures are harmless PNG or SVG, or empty."""

    accent: str = DEFAULT_ACCENT
    logo: bytes = b""
    signature: bytes = b""
    texts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def text(self, name: str, language: str) -> tuple[str, str]:
        """The text in `language` (a BCP 47 tag), else in English, else in whichever there is; and its language."""
        having = sorted(one for one, words in self.texts.items() if words.get(name))
        found = lookup([language, "en"], having) or (having[0] if having else None)
        return (self.texts[found][name], found) if found else ("", language)


PLAIN = Design()


def design_from(row: PaperDesign) -> Design:
    """The design of a row, draft or not."""
    return Design(accent=row.accent, logo=bytes(row.logo), signature=bytes(row.signature), texts=row.texts)


def current_design(issuer: str) -> Design:
    """The newest published design of an issuer, by slug; the plain one when there is none. One query."""
    row = PaperDesign.objects.filter(issuer_id=issuer, version__isnull=False).order_by("-version").first()
    return design_from(row) if row is not None else PLAIN
