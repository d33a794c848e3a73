"""Reads of the published statistics."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from django.db.models import Q

from agencies.models import StatisticCell
from agencies.statistics.rules import Cell


def cells_of(*, states: Collection[str], skill: str | None, after: Cell | None, limit: int) -> Sequence[StatisticCell]:
    """Return the cells of these states and nothing else, by state, skill and level; one query."""
    found = StatisticCell.objects.filter(member_state_id__in=states)
    if skill is not None:
        found = found.filter(skill_code=skill)
    if after is not None:
        state, code, level = after
        found = found.filter(
            Q(member_state_id__gt=state)
            | Q(member_state_id=state, skill_code__gt=code)
            | Q(member_state_id=state, skill_code=code, level__gt=level)
        )
    return list(found.order_by("member_state_id", "skill_code", "level")[:limit])
