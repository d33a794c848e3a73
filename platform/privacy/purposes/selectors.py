"""Reading the purposes."""

from __future__ import annotations

from collections.abc import Sequence

from privacy.models import Purpose, PurposeText


def purposes_with_texts() -> Sequence[tuple[Purpose, Sequence[PurposeText]]]:
    """Every purpose with the texts of its newest version, two queries."""
    texts: dict[str, list[PurposeText]] = {}
    for text in PurposeText.objects.order_by("purpose_id", "-version", "pk"):
        newest = texts.setdefault(text.purpose_id, [])
        if not newest or newest[0].version == text.version:
            newest.append(text)
    return [(purpose, texts.get(purpose.pk, [])) for purpose in Purpose.objects.order_by("pk")]
