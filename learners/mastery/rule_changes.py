"""What a new version of the rule changes for the learners who are there: a report, and nothing is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from uuid import UUID

from learners.mastery import chains, evidence, rules, states
from learners.mastery.framework import scales
from learners.mastery.locks import RULES
from learners.mastery.models import Ability, SkillState
from learners.mastery.rules import LevelReached, Mastery


@dataclass
class RuleChange:
    """What today's rule gives by the same evidence, beside what is stored; levels are counted once for each skill.

    Attributes:
        learners: with a computed mastery. waiting: those whose mastery an earlier version computed; it is computed anew at
            their next sitting, or by `rebuild_mastery`.
        given: levels reached by evidence, as stored, by level.
        by_earlier_rules: those of them that an earlier version of the rule gave.
        unsupported: those that the evidence does not give by today's rule: they stay, and rest on the earlier version alone.
        new: levels that today's rule gives and that are not stored.
        before, after: sums of the probabilities stored and computed now of passing the level held (the first one where there
            is none), over `compared` skills whose stored probability an earlier version computed.
    """

    learners: int = 0
    waiting: int = 0
    given: Counter[int] = field(default_factory=Counter)
    by_earlier_rules: Counter[int] = field(default_factory=Counter)
    unsupported: Counter[int] = field(default_factory=Counter)
    new: Counter[int] = field(default_factory=Counter)
    compared: int = 0
    before: float = 0.0
    after: float = 0.0

    def __iadd__(self, other: RuleChange) -> RuleChange:
        """Add what was found of other learners."""
        self.learners += other.learners
        self.waiting += other.waiting
        self.given += other.given
        self.by_earlier_rules += other.by_earlier_rules
        self.unsupported += other.unsupported
        self.new += other.new
        self.compared += other.compared
        self.before += other.before
        self.after += other.after
        return self


def rule_change(learner_ids: Collection[UUID]) -> RuleChange:
    """What today's rule changes for these learners; constant queries."""
    ids = [str(learner_id) for learner_id in learner_ids]
    versions = {
        str(learner_id): version
        for learner_id, version in Ability.objects.filter(learner_id__in=learner_ids).values_list(
            "learner_id", "rule_version"
        )
    }
    waiting = {learner for learner, version in versions.items() if version != RULES}
    found = RuleChange(learners=len(versions), waiting=len(waiting))
    stored = states.level_changes(ids)
    answers = evidence.evidence_of(ids)
    chain = chains.chain_of(answer for of_learner in answers.values() for answer in of_learner)
    by = scales(naming={answer.framework for of_learner in answers.values() for answer in of_learner})
    computed: dict[str, Mastery] = {}
    for learner in ids:
        computed[learner] = mastery = Mastery()
        now = _levels(rules.extend(mastery, answers.get(learner, ()), by, chain))
        before = _levels(stored.get(learner, ()))
        found.given += Counter(level for _, level in before)
        for key, change in before.items():
            if change.rule != rules.RULE:
                found.by_earlier_rules[key[1]] += 1
                found.unsupported[key[1]] += key not in now and not _is_passed_over(key, now)
        found.new += Counter(level for skill, level in now if (skill, level) not in before)
    for state in SkillState.objects.filter(learner_id__in=[UUID(learner) for learner in waiting], count__gt=0).defer(
        "tests"
    ):
        mastery = computed[str(state.learner_id)]
        own = mastery.skills.get(state.skill_code)
        if own is None or own.last_at is None:
            continue
        scale = by.of(state.framework_version)
        levels = rules.computable(scale, state.skill_code)
        if not levels:
            continue
        held = state.computed_level if state.computed_level in scale.thresholds else levels[0]
        found.compared += 1
        found.before += state.probability
        found.after += rules.probability(mastery, state.skill_code, scale.thresholds[held], chain, own.last_at)
    return found


def _levels(reached: Iterable[LevelReached]) -> dict[tuple[str, int], LevelReached]:
    return {(change.skill, change.level): change for change in reached}


def _is_passed_over(key: tuple[str, int], now: Collection[tuple[str, int]]) -> bool:
    """Whether a level is not given because a higher one of the skill is: two levels may be reached in one sitting."""
    skill, level = key
    return any(code == skill and higher > level for code, higher in now)
