"""What follows from evidence, between the database and the rules: one statement each, whatever the number of rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import orjson

from learners.mastery import evidence_statements, rules, state_statements
from learners.mastery.certification import Certification, LevelTest
from learners.mastery.locks import RULES, Held
from learners.mastery.rules import LevelReached, Mastery, Scale, SkillMastery
from learners.mastery.snapshots import STATED, Chain


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


@dataclass(slots=True)
class StoredMastery:
    """What is stored of a learner: mastery, the tests for certified mastery, and whether today's rules computed them.

    stored: the skills that have a row, answered or not. keeps_levels: evidence was corrected, or a level was given by an earlier
    version of the rules; such a state is computed from the whole, for levels reached before are kept beside what counts now.
    """

    mastery: Mastery
    tests: Certification
    current: bool
    stored: set[str] = field(default_factory=set)
    keeps_levels: bool = False

    def frameworks(self) -> set[str]:
        """The versions of the framework that judged it so far."""
        tested = {testing.framework for levels in self.tests.skills.values() for testing in levels.values()}
        return tested.union(state.framework for state in self.mastery.skills.values())


def load(held: Mapping[str, Held], *, skills: Mapping[str, Collection[str]] | None = None) -> dict[str, StoredMastery]:
    """What is stored of each locked learner.

    Args:
        skills: read the mastery and the tests of these only, by learner.
    """
    known = {
        learner: StoredMastery(
            Mastery(ability.mean, ability.variance, ability.count, ability.last_at),
            Certification(last_at=ability.last_at),
            ability.rule_version == RULES,
        )
        for learner, ability in held.items()
    }
    for (
        learner,
        version,
        tests,
        code,
        mean,
        variance,
        count,
        last_at,
        shown,
        level,
        likely,
        since,
        earlier,
    ) in state_statements.skill_states(sorted(held)):
        stored_mastery = known[learner]
        stored_mastery.stored.add(code)
        if skills is not None and code not in skills[learner]:
            continue
        # A state without answers comes from a decision, or from answers that lapsed, not from the filter; unless all
        # evidence of a level that was reached was voided since.
        if count or level:
            stored_mastery.mastery.skills[code] = SkillMastery(
                mean, variance, count, earlier, _instant(last_at), shown, level, likely, _instant(since), version
            )
        if tests:
            stored_mastery.tests.skills[code] = {
                int(tested): LevelTest(log_e, counted, _instant(reached_at), framework)
                for tested, (log_e, counted, reached_at, framework) in orjson.loads(tests).items()
            }
    for learner in evidence_statements.learners_who_keep_levels(sorted(held), rule_version=rules.RULE):
        known[learner].keeps_levels = True
    return known


def level_changes(learner_ids: Iterable[str]) -> dict[str, list[LevelReached]]:
    """The computed levels reached, as stored, by learner."""
    grouped: dict[str, list[LevelReached]] = defaultdict(list)
    for learner, *reached in state_statements.level_changes(sorted(learner_ids)):
        grouped[learner].append(LevelReached(*reached))
    return grouped


def delete_derived(learner_ids: Collection[str]) -> None:
    """Delete what follows from the evidence of learners that are rebuilt; their locked abilities and traces stay."""
    if learner_ids:
        state_statements.delete_states_and_changes(sorted(learner_ids))


def write(
    states: Mapping[str, Mastery],
    tests: Mapping[str, Certification],
    changed_skills: Mapping[str, set[str]],
    reached: Mapping[str, Sequence[LevelReached]],
    current: Scale,
    chain: Chain,
    *,
    stored: Mapping[str, set[str]],
) -> None:
    """Write abilities, the changed skills, and the levels reached: four statements.

    Where people decided, the levels that count still have to follow (`levels.write_levels`).

    Args:
        current: the framework's version by which a skill without an answer that counts is recorded.
        stored: skills that are known to have a row, by learner.
    """
    blank = rules.unanswered(current)
    new: list[tuple[str, str, SkillMastery]] = []
    known: list[tuple[str, str, SkillMastery]] = []
    for learner, mastery in states.items():
        existing = stored.get(learner, ())
        for code in sorted(changed_skills[learner]):
            # Without an answer where all of them lapsed: the tests go on from there.
            (known if code in existing else new).append((learner, code, mastery.skills.get(code, blank)))
    changes = [(learner, change) for learner, made in reached.items() for change in made]
    state_statements.update_abilities(
        states,
        (chain.version(ability.last_at) if ability.last_at else STATED for ability in states.values()),
        rule_version=RULES,
    )
    if new:
        state_statements.upsert_states(new, tests)
    if known:
        state_statements.update_states(known, tests)
    if changes:
        state_statements.insert_level_changes(changes)
