"""What the monitor asks of other parts, as values.

A part that is not connected is None: the report then says that the figure is unknown, which is not the same as "nothing found".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True)
class DifFinding:
    """An item was examined for working differently for a group (differential item functioning), with its result.

    dimension: "language" or "member_state". A group too small to be examined has no finding.
    """

    item_id: UUID
    dimension: str
    group: str
    flagged: bool


@dataclass(frozen=True)
class Sources:
    """Where the monitor gets what it does not compute.

    Attributes:
        decided_appeals: (learner, upheld) of each appeal decided from the first instant on and before the second.
        overdue_appeals: how many appeals are undecided at the instant although their due date has passed.
        dif_findings: the newest finding for each item and group.
    """

    decided_appeals: Callable[[datetime, datetime], Sequence[tuple[UUID, bool]]] | None = None
    overdue_appeals: Callable[[datetime], int] | None = None
    dif_findings: Callable[[], Sequence[DifFinding]] | None = None
