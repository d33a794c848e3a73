"""Reads of designs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import TextField

from common.caches import kept
from common.languages import lookup
from common.queries import Given, KeptQuery
from credentials.paper.models import PaperDesign
from credentials.paper.rules import DEFAULT_ACCENT


@dataclass(frozen=True)
class Design:
    """How an authority's certificates look; without any of it, plainly. Pictures are harmless PNG or SVG, or empty."""

    accent: str = DEFAULT_ACCENT
    logo: bytes = b""
    signature: bytes = b""
    texts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def text(self, name: str, language: str) -> tuple[str, str]:
        """The text in `language` (a BCP 47 tag), else in English, else in whichever there is; and its language."""
        having = sorted(language for language, words in self.texts.items() if words.get(name))
        found = lookup([language, "en"], having) or (having[0] if having else None)
        return (self.texts[found][name], found) if found else ("", language)


PLAIN = Design()


def design_from(row: PaperDesign) -> Design:
    """The design of a row, draft or not."""
    return Design(accent=row.accent, logo=bytes(row.logo), signature=bytes(row.signature), texts=row.texts)


_NEWEST = KeptQuery(
    lambda: (
        PaperDesign.objects.filter(issuer_id=Given("issuer", TextField()), version__isnull=False)
        .order_by("-version")
        .values_list("pk", flat=True)[:1]
    )
)


def current_design(issuer: str) -> Design:
    """The newest published design of an issuer, by slug; the plain one when there is none. One query.

    A second one the first time that a process sees the design: it never changes, and its pictures may be large.
    """
    newest = _NEWEST.first(issuer=issuer)
    return _published(newest) if newest is not None else PLAIN


@kept(most=64)
def _published(pk: UUID) -> Design:
    return design_from(PaperDesign.objects.get(pk=pk))
