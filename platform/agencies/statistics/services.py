"""The rollup of the published statistics."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from agencies.errors import NoGrant
from agencies.grants.rules import states_with_statistics
from agencies.grants.selectors import grants
from agencies.models import StatisticCell
from agencies.statistics import rules, selectors, statements
from agencies.statistics.rules import Cell
from courses import public as courses
from learners import public as learners
from member_states import public as member_states
from privacy import public as privacy

REFRESH_LOCK = 0x41_53_54_41_54
OPERATION = "statistics"
FIELDS = ("state", "skill", "level", "learners")


@transaction.atomic
def refresh_statistics(*, now: datetime) -> int:
    """Count anew and store what may be published; return how many cells changed. A repeat changes none.

    One count over all learners, two writes. While another refresh is at work this one does nothing.
    """
    if not statements.try_to_lock(REFRESH_LOCK):
        return 0
    framework = courses.framework()
    figures = rules.cells(
        learners.counts_by_level(),
        states=member_states.codes(),
        skills=sorted(framework.skills),
        levels=sorted(framework.thresholds),
    )
    return statements.replace_cells(figures, now=now)


def figures(
    *, agency_id: UUID, state: str | None, skill: str | None, after: Cell | None, limit: int, now: datetime
) -> Sequence[StatisticCell]:
    """Return at most `limit` published cells behind `after`, of the granted states or of one of them, `state`.

    Raises:
        NoGrant: no aggregate grant in force covers the state, or there is none at all.
    """
    granted = states_with_statistics(grants(agency_id=agency_id, on=now.date()), agency_id=agency_id, day=now.date())
    states = rules.permitted(state, granted)
    if states is None:
        raise NoGrant()
    return selectors.cells_of(states=states, skill=skill, after=after, limit=limit)


def note_disclosure(*, agency_id: UUID, client_id: str, row_count: int) -> None:
    """Write the pull of statistics into the ledger; no learner is named, because the figures identify none."""
    privacy.record_pull(
        agency_id=agency_id,
        client_id=client_id,
        purpose=None,
        operation=OPERATION,
        fields=FIELDS,
        user_ids=(),
        row_count=row_count,
    )
