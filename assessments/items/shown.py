"""What a learner is shown of an item besides its prompt, options and unit. Pure: no Django, no clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from assessments.items.kinds import KINDS


class _Shown(Protocol):
    kind: str
    content: Mapping[str, Any]


def shown(revision: _Shown, language: str, option_order: Sequence[str]) -> dict[str, Any]:
    """Return the members that only the item's kind has, and nothing of its key; {} for most kinds.

    matching {"left": [{"id", "text"}]}; cloze {"gaps": [{"id", "options": [{"id", "text"}], "is_typed"}]}, the choices in
    the order drawn; hotspot {"picture": {"address", "alt", "regions": [{"id", "label", "box"}]}}; task {"limits":
    {"characters", "files"}}.
    """
    return KINDS[revision.kind].shown(revision.content[language], option_order)
