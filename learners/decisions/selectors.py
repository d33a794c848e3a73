"""Reads of what people decided, and of the levels in effect with it; what evidence reached is an argument."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from learners.decisions.models import LevelDecision, LevelFreeze
from learners.decisions.rules import Decided, EffectiveLevel, effective_level

Key = tuple[UUID, str]  # learner, skill


def effective(
    *, computed: Mapping[Key, Sequence[tuple[int, datetime]]], learner_ids: Iterable[UUID] = ()
) -> Mapping[Key, EffectiveLevel]:
    """Return the level in effect, by (learner, skill), from the levels that evidence reached; two queries.

    Args:
        computed: (level, instant) of every level reached; an empty list for a skill answered without reaching any.
        learner_ids: learners beside those in `computed`, of whom only what people decided is wanted.

    Returns:
        Those of `computed`, and every further skill of these learners on which people decided.
    """
    decided, frozen = decisions_and_freezes({learner_id for learner_id, _ in computed} | set(learner_ids))
    return {
        key: effective_level(computed.get(key, ()), decided.get(key, ()), frozen.get(key))
        for key in {*computed, *decided}
    }


def decisions_and_freezes(learner_ids: Iterable[UUID]) -> tuple[dict[Key, list[Decided]], dict[Key, EffectiveLevel]]:
    """Return the decisions on these learners, and the levels that open freezes hold; two queries."""
    ids = list(learner_ids)
    decided: dict[Key, list[Decided]] = defaultdict(list)
    frozen: dict[Key, EffectiveLevel] = {}
    for pk, learner_id, code, level, computed, cause, at in LevelDecision.objects.filter(
        learner_id__in=ids
    ).values_list("pk", "learner_id", "skill_code", "level", "computed_level", "cause", "decided_at"):
        decided[learner_id, code].append(Decided(pk, level, computed, cause, at))
    for learner_id, code, level, since, cause, decision_id in LevelFreeze.objects.filter(
        learner_id__in=ids, released_at=None
    ).values_list("learner_id", "skill_code", "level", "since", "cause", "decision_id"):
        frozen[learner_id, code] = EffectiveLevel(level, since, cause, decision_id)
    return dict(decided), frozen
