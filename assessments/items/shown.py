"""What a learner is shown of an item besides its prompt, options and unit. Pure: no Django, no clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from assessments.items.kinds import KINDS


class _Shown(Protocol):
    kind: str
    content: Mapping[str, Any]


def shown(revision: _Shown, language: str, option_order: Sequence[str]) -> Mapping[str, object]:
    """Return the members that only the item's kind has, and nothing of its key; {} for most kinds.

    They are a TypedDict of the kind: `ShownLeft`, `ShownGaps`, `ShownPicture` or `ShownLimits`.
    """
    return KINDS[revision.kind].shown(revision.content[language], option_order)
