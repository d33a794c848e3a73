"""Reads of mastery."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Count

from learners.mastery.models import SkillState


def counts_by_level() -> Sequence[tuple[str, str, int, int]]:
    """(member state, skill code, level, learners) over all skill states of level 1 and above; one query."""
    return list(
        SkillState.objects.filter(level__gte=1)
        .values("learner__member_state_id", "skill_code", "level")
        .annotate(learners=Count("pk"))
        .order_by("learner__member_state_id", "skill_code", "level")
        .values_list("learner__member_state_id", "skill_code", "level", "learners")
    )
