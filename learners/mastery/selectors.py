"""Reads of mastery."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q

from learners.mastery.models import Evidence, SkillState
from learners.profiles.models import Learner


def counts_by_level() -> Sequence[tuple[str, str, int, int]]:
    """(member state, skill code, level, learners) over all skill states of level 1 and above; one query."""
    return list(
        SkillState.objects.filter(level__gte=1)
        .values("learner__member_state_id", "skill_code", "level")
        .annotate(learners=Count("pk"))
        .order_by("learner__member_state_id", "skill_code", "level")
        .values_list("learner__member_state_id", "skill_code", "level", "learners")
    )


def with_mastery(*, after: UUID | None, limit: int) -> list[UUID]:
    """Ids of learners that have evidence or a computed mastery, in order, behind `after`; one query."""
    found = Learner.objects.filter(Exists(Evidence.objects.filter(learner=OuterRef("pk"))) | Q(ability__isnull=False))
    if after is not None:
        found = found.filter(pk__gt=after)
    return list(found.order_by("pk").values_list("pk", flat=True)[:limit])
