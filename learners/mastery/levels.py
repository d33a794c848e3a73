"""The level in effect, stored on the learner's skill states beside the level that evidence gives.

`SkillState.computed_level` is the filter's; `level` and `level_since` follow from all levels reached and all that people
decided (learners.decisions.rules), whoever of them changes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from operator import itemgetter
from uuid import UUID

from django.db import transaction

from courses import public as courses
from learners.decisions.models import LevelDecision, LevelFreeze
from learners.decisions.rules import EffectiveLevel, effective_level
from learners.decisions.selectors import Key, decisions_and_freezes, effective
from learners.mastery import locks, rules, state_statements
from learners.mastery.framework import scale
from learners.mastery.models import LevelChange, SkillState


@transaction.atomic
def refresh_levels(*, learner_ids: Iterable[UUID]) -> None:
    """Bring the levels of these learners up to date, under the locks of their abilities; a second call changes nothing."""
    write_levels(lock(learner_ids))


def lock(learner_ids: Iterable[UUID]) -> set[UUID]:
    """Lock the learners' abilities in the order of their ids; return those learners that exist."""
    return {UUID(learner) for learner in locks.lock(str(learner_id) for learner_id in learner_ids)}


def decided_about(learner_ids: Collection[UUID]) -> set[UUID]:
    """Those of the learners on whom people decided, or a level of whom is frozen; one query."""
    decided = LevelDecision.objects.filter(learner_id__in=learner_ids).order_by().values_list("learner_id", flat=True)
    frozen = LevelFreeze.objects.filter(learner_id__in=learner_ids, released_at=None).order_by()
    return set(decided.union(frozen.values_list("learner_id", flat=True)))


def effective_levels(learner_ids: Iterable[UUID]) -> Mapping[Key, EffectiveLevel]:
    """The level in effect of every skill on which these learners have evidence or a decision; four queries."""
    ids = list(learner_ids)
    computed: dict[Key, list[tuple[int, datetime]]] = {
        key: [] for key in SkillState.objects.filter(learner_id__in=ids).values_list("learner_id", "skill_code")
    }
    for learner_id, code, level, at in LevelChange.objects.filter(learner_id__in=ids).values_list(
        "learner_id", "skill_code", "level", "at"
    ):
        computed.setdefault((learner_id, code), []).append((level, at))
    return effective(computed=computed, learner_ids=ids)


def effective_level_of(*, learner_id: UUID, skill: str) -> EffectiveLevel:
    """The level in effect of one skill; level 0 where there is neither evidence nor a decision; three queries."""
    decided, frozen = decisions_and_freezes([learner_id])
    return effective_level(
        _reached(learner_id, skill), decided.get((learner_id, skill), ()), frozen.get((learner_id, skill))
    )


def unfrozen_level(*, learner_id: UUID, skill: str) -> int:
    """The level that would be in effect without a freeze; three queries."""
    return unfrozen_levels(learner_id=learner_id, skills=[skill])[skill]


def unfrozen_levels(*, learner_id: UUID, skills: Collection[str]) -> dict[str, int]:
    """The level of each of these skills that would be in effect without a freeze; three queries."""
    decided, _ = decisions_and_freezes([learner_id])
    reached: dict[str, list[tuple[int, datetime]]] = {skill: [] for skill in skills}
    for skill, level, at in LevelChange.objects.filter(learner_id=learner_id, skill_code__in=reached).values_list(
        "skill_code", "level", "at"
    ):
        reached[skill].append((level, at))
    return {
        skill: effective_level(levels, decided.get((learner_id, skill), ())).level for skill, levels in reached.items()
    }


def _reached(learner_id: UUID, skill: str) -> list[tuple[int, datetime]]:
    return list(LevelChange.objects.filter(learner_id=learner_id, skill_code=skill).values_list("level", "at"))


def computed_level(*, learner_id: UUID, skill: str, until: datetime | None = None) -> int:
    """The level that evidence gives, or gave up to an instant, 0 to 3; one query."""
    reached = _reached(learner_id, skill)
    return max((level for level, at in reached if until is None or at <= until), default=0)


def write_levels(learner_ids: Collection[UUID]) -> None:
    """Write the level in effect to every skill state of these learners, whose abilities the caller holds locked.

    A skill with a decision and no answer gets a state without answers: the prior's mean and variance.
    Constant queries.
    """
    if not learner_ids:
        return
    levels = [
        (learner_id, code, counts.level, counts.since)
        for (learner_id, code), counts in sorted(effective_levels(learner_ids).items(), key=itemgetter(0))
    ]
    state_statements.upsert_levels(
        levels, unanswered=rules.unanswered(scale()), framework_version=courses.framework().version
    )


def drifted(learner_ids: Iterable[UUID]) -> dict[UUID, list[str]]:
    """Skills, by learner, whose stored level is not the one in effect; five queries."""
    ids = list(learner_ids)
    stored = {
        (learner_id, code): (level, since)
        for learner_id, code, level, since in SkillState.objects.filter(learner_id__in=ids).values_list(
            "learner_id", "skill_code", "level", "level_since"
        )
    }
    found: dict[UUID, list[str]] = {}
    for key, counts in sorted(effective_levels(ids).items(), key=itemgetter(0)):
        if stored.get(key) != (counts.level, counts.since):
            found.setdefault(key[0], []).append(key[1])
    return found
