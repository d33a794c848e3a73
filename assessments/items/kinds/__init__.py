"""The kinds of items. A new kind is one new module here and its line in `KINDS`; nothing else asks for a kind's name.

Pure: no Django, no clock.
"""

from __future__ import annotations

from collections.abc import Mapping

from assessments.items.kinds.base import Issue, ItemKind, ResponseRefused
from assessments.items.kinds.cloze import Cloze
from assessments.items.kinds.entry import TextEntry
from assessments.items.kinds.hotspot import Hotspot
from assessments.items.kinds.matching import Matching
from assessments.items.kinds.multiple import Multiple
from assessments.items.kinds.numeric import Numeric
from assessments.items.kinds.ordering import Ordering
from assessments.items.kinds.single import Single
from assessments.items.kinds.task import Task

KINDS: Mapping[str, ItemKind] = {
    kind.name: kind
    for kind in (
        Single(),
        Multiple(),
        Numeric(),
        Ordering(),
        Matching(),
        TextEntry(),
        Cloze(),
        Hotspot(),
        Task(),
    )
}


def choices() -> list[tuple[str, str]]:
    """Every kind with its label, for the model's field."""
    return [(kind.name, kind.label) for kind in KINDS.values()]


__all__ = ["KINDS", "Issue", "ItemKind", "ResponseRefused", "choices"]
