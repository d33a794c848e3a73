"""Reads of mastery."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, UUIDField

from common.queries import Given, KeptQuery
from learners.mastery import rules
from learners.mastery.models import Ability, Evidence, SkillState
from learners.mastery.publishing import newest_items, newest_skills
from learners.mastery.snapshots import UNSEEN_SKILL
from learners.profiles.models import Learner


@dataclass(frozen=True)
class SkillEstimate:
    """A learner's level and ability in one skill: mean and variance in logits, as of a next sitting.

    General ability, the skill's offset and what its slope gives for answers so far are included.
    """

    level: int
    mean: float
    variance: float


@dataclass(frozen=True)
class AbilityEstimates:
    """What is known of a learner's abilities; `unknown` is what holds for a skill without evidence."""

    unknown: SkillEstimate
    skills: Mapping[str, SkillEstimate] = field(default_factory=dict)

    def of(self, skill: str) -> SkillEstimate:
        """The ability in a skill, answered or not."""
        return self.skills.get(skill, self.unknown)


@dataclass(frozen=True)
class ItemDifficulty:
    """What answers say of an item's difficulty: mean and variance in logits, and after how many answers."""

    mean: float
    variance: float
    answers: int


@dataclass(frozen=True)
class HeldLevel:
    """What is known of a learner in one skill.

    certified_level: by the stricter test, 0 for none. probability: with which the level's threshold is passed.
    provisional: by too few answers for the probability to be more than a rough one. rule_version: None where people
    decided and nothing was computed yet.
    """

    learner_id: UUID
    skill: str
    level: int
    certified_level: int
    probability: float
    provisional: bool
    answers: int
    last_at: datetime | None
    framework_version: str
    rule_version: str | None = None


@dataclass(frozen=True)
class CountingEvidence:
    """An answer that counts: neither corrected nor voided nor lapsed."""

    learner_id: UUID
    id: UUID
    skills: tuple[str, ...]
    supervised: bool


def ability_estimates(learner_id: UUID) -> AbilityEstimates:
    """Return the learner's abilities for choosing items, by the newest snapshot; three queries."""
    ability = Ability.objects.filter(pk=learner_id).first()
    general = (ability.mean, ability.variance) if ability else (0.0, rules.V_G0)
    states = list(SkillState.objects.filter(learner_id=learner_id))
    offsets = newest_skills(state.skill_code for state in states)
    skills = {}
    for state in states:
        offset = offsets.get(state.skill_code, UNSEEN_SKILL)
        gained, gained_variance = rules.practised(offset, state.count)
        skills[state.skill_code] = SkillEstimate(
            state.level,
            general[0] + state.mean + offset.mean + gained,
            general[1] + state.variance + offset.variance + gained_variance,
        )
    return AbilityEstimates(
        unknown=SkillEstimate(0, general[0] + UNSEEN_SKILL.mean, general[1] + rules.V_K0 + UNSEEN_SKILL.variance),
        skills=skills,
    )


def item_difficulties(revisions: Iterable[tuple[UUID, int]]) -> Mapping[tuple[UUID, int], ItemDifficulty]:
    """Return what answers say of items, by (item id, revision number), in the newest snapshot; those without
    answers are missing. One query."""
    found = newest_items((str(item_id), number) for item_id, number in revisions)
    return {
        (UUID(item_id), number): ItemDifficulty(parameters.mean, parameters.variance, parameters.count)
        for (item_id, number), parameters in found.items()
    }


# A skill is shown once it was answered, or people decided about it; not when all its answers lapsed.
REPORTABLE = Q(count__gt=0) | Q(level__gt=0)


# The sequential tests are JSON, of which no level needs to know.
_LEVELS = KeptQuery(
    lambda: SkillState.objects.filter(learner_id=Given("learner", UUIDField())).defer("tests").order_by("skill_code")
)


def levels_of(learner_id: UUID) -> Sequence[HeldLevel]:
    """What is known of the learner in every skill, by code; rule versions are left out. One query."""
    return [_held(state) for state in _LEVELS(learner=learner_id)]


def held_levels(learner_ids: Collection[UUID], skills: Collection[str] | None = None) -> Sequence[HeldLevel]:
    """What is known of the learners in these skills, or in all, by learner and code; one query."""
    found = SkillState.objects.filter(learner_id__in=learner_ids)
    return _with_rules(found if skills is None else found.filter(skill_code__in=skills))


def levels_worth_telling(learner_ids: Collection[UUID]) -> Sequence[HeldLevel]:
    """What there is to tell of the learners in each skill, by learner and code; one query."""
    return _with_rules(SkillState.objects.filter(REPORTABLE, learner_id__in=learner_ids))


def _with_rules(states: QuerySet[SkillState]) -> Sequence[HeldLevel]:
    found = (
        states.defer("tests").annotate(rule=F("learner__ability__rule_version")).order_by("learner_id", "skill_code")
    )
    return [_held(state, state.rule) for state in found]


def _held(state: SkillState, rule_version: str | None = None) -> HeldLevel:
    return HeldLevel(
        learner_id=state.learner_id,
        skill=state.skill_code,
        level=state.level,
        certified_level=state.certified_level,
        probability=state.probability,
        provisional=state.count < rules.PROVISIONAL_BELOW,
        answers=state.count,
        last_at=state.last_at,
        framework_version=state.framework_version,
        rule_version=rule_version,
    )


def counting_evidence(learner_ids: Collection[UUID], skills: Collection[str]) -> Sequence[CountingEvidence]:
    """The learners' evidence that counts, on any of the skills, in no order; one query."""
    rows = Evidence.objects.filter(
        learner_id__in=learner_ids, skills__overlap=list(skills), voided=False, lapsed=False
    ).exclude(Exists(Evidence.objects.filter(corrects=OuterRef("pk"))))
    return [
        CountingEvidence(learner_id, pk, tuple(on), supervised)
        for learner_id, pk, on, supervised in rows.order_by().values_list("learner_id", "id", "skills", "supervised")
    ]


def reportable_skills(learner_id: UUID) -> list[SkillState]:
    """The learner's skills that are shown, by code; one query."""
    return list(SkillState.objects.filter(REPORTABLE, learner_id=learner_id).order_by("skill_code"))


def counted_evidence(learner_id: UUID) -> Sequence[Mapping[str, Any]]:
    """The learner's evidence that counts, neither corrected nor voided, in order, as rows; one query."""
    return list(
        Evidence.objects.filter(learner_id=learner_id, voided=False, lapsed=False)
        .exclude(Exists(Evidence.objects.filter(corrects=OuterRef("pk"))))
        .order_by("answered_at", "pk")
        .values()
    )


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
