"""What follows from evidence, between the database and the rules: one statement each, whatever the number of rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import orjson

from common import binary
from common.database import run_prepared
from learners.mastery import rules
from learners.mastery.certification import Certification, LevelTest
from learners.mastery.locks import RULES, Held
from learners.mastery.rules import LevelReached, Mastery, Scale, SkillMastery
from learners.mastery.snapshots import STATED, Chain


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


@dataclass(slots=True)
class StoredMastery:
    """What is stored of a learner: mastery, the tests for certified mastery, and whether today's rules computed them.

    stored: the skills that have a row, answered or not. reviewed: evidence was corrected; such a state is computed from
    the whole, for levels reached before are kept beside what counts now.
    """

    mastery: Mastery
    tests: Certification
    current: bool
    stored: set[str] = field(default_factory=set)
    reviewed: bool = False

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
            Mastery(row.mean, row.variance, row.count, row.last_at),
            Certification(last_at=row.last_at),
            row.rule_version == RULES,
        )
        for learner, row in held.items()
    }
    rows_held = run_prepared(
        "SELECT learner_id::text, framework_version, tests::text, skill_code, mean, variance, count, last_at::text, "
        "shown_level, computed_level, probability, computed_since::text FROM learners_skillstate "
        "WHERE learner_id = ANY(%s::uuid[])",
        [binary.uuids(sorted(held))],
    )
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
    ) in rows_held:
        stored_mastery = known[learner]
        stored_mastery.stored.add(code)
        if skills is not None and code not in skills[learner]:
            continue
        # A state without answers is what people decided, or what was left until the time was over: not the filter's;
        # unless all that a level was reached by was voided since.
        if count or level:
            stored_mastery.mastery.skills[code] = SkillMastery(
                mean, variance, count, _instant(last_at), shown, level, likely, _instant(since), version
            )
        if tests:
            stored_mastery.tests.skills[code] = {
                int(tested): LevelTest(log_e, counted, _instant(reached_at), framework)
                for tested, (log_e, counted, reached_at, framework) in orjson.loads(tests).items()
            }
    reviewed = run_prepared(
        "SELECT DISTINCT learner_id::text FROM learners_evidence "
        "WHERE corrects IS NOT NULL AND learner_id = ANY(%s::uuid[])",
        [binary.uuids(sorted(held))],
    )
    for (learner,) in reviewed:
        known[learner].reviewed = True
    return known


def level_changes(learner_ids: Iterable[str]) -> dict[str, list[LevelReached]]:
    """The computed levels reached, as stored, by learner."""
    grouped: dict[str, list[LevelReached]] = defaultdict(list)
    for learner, *reached in run_prepared(
        "SELECT learner_id::text, skill_code, level, evidence_id::text, probability, at, framework_version "
        "FROM learners_levelchange WHERE learner_id = ANY(%s::uuid[])",
        [binary.uuids(sorted(learner_ids))],
    ):
        grouped[learner].append(LevelReached(*reached))
    return grouped


def delete_derived(learner_ids: Collection[str]) -> None:
    """Delete what follows from the evidence of learners that are rebuilt; their locked abilities and traces stay."""
    if not learner_ids:
        return
    ids = binary.uuids(sorted(learner_ids))
    run_prepared("DELETE FROM learners_skillstate WHERE learner_id = ANY(%s::uuid[])", [ids])
    run_prepared("DELETE FROM learners_levelchange WHERE learner_id = ANY(%s::uuid[])", [ids])


_WRITE_ABILITIES = """
UPDATE learners_ability AS ability
SET mean = new.mean, variance = new.variance, count = new.count, last_at = new.last_at, rule_version = %s,
    snapshot = new.snapshot
FROM unnest(%s::uuid[], %s::float8[], %s::float8[], %s::int[], %s::timestamptz[], %s::text[])
    AS new(learner_id, mean, variance, count, last_at, snapshot)
WHERE ability.learner_id = new.learner_id
"""
_NEW_STATES = """
FROM unnest(
    %s::uuid[], %s::text[], %s::float8[], %s::float8[], %s::int[], %s::timestamptz[], %s::smallint[], %s::smallint[],
    %s::float8[], %s::timestamptz[], %s::text[], %s::smallint[], %s::timestamptz[], %s::jsonb[]
) AS new(
    learner_id, code, mean, variance, count, last_at, shown_level, computed_level, probability, computed_since,
    framework_version, certified_level, certified_at, tests
)
"""
_INSERT_STATES = f"""
INSERT INTO learners_skillstate (
    learner_id, skill_code, mean, variance, count, last_at, shown_level, computed_level, probability, computed_since,
    framework_version, certified_level, certified_at, tests, level, level_since
)
SELECT learner_id, code, mean, variance, count, last_at, shown_level, computed_level, probability, computed_since,
    framework_version, certified_level, certified_at, tests, computed_level, computed_since
{_NEW_STATES}
ON CONFLICT (learner_id, skill_code) DO UPDATE
SET mean = EXCLUDED.mean, variance = EXCLUDED.variance, count = EXCLUDED.count, last_at = EXCLUDED.last_at,
    shown_level = EXCLUDED.shown_level, computed_level = EXCLUDED.computed_level, probability = EXCLUDED.probability,
    computed_since = EXCLUDED.computed_since, certified_level = EXCLUDED.certified_level,
    certified_at = EXCLUDED.certified_at, tests = EXCLUDED.tests, level = EXCLUDED.level,
    level_since = EXCLUDED.level_since, framework_version = EXCLUDED.framework_version
"""
# Where the row is known to be there this costs half of the other.
_UPDATE_STATES = f"""
UPDATE learners_skillstate AS kept
SET framework_version = new.framework_version, mean = new.mean, variance = new.variance, count = new.count, last_at = new.last_at,
    shown_level = new.shown_level, computed_level = new.computed_level, probability = new.probability,
    computed_since = new.computed_since, certified_level = new.certified_level, certified_at = new.certified_at,
    tests = new.tests, level = new.computed_level, level_since = new.computed_since
{_NEW_STATES}
WHERE kept.learner_id = new.learner_id AND kept.skill_code = new.code
"""  # noqa: S608 (constants)
_INSERT_CHANGES = """
INSERT INTO learners_levelchange (
    learner_id, skill_code, level, evidence_id, probability, at, framework_version, rule_version
)
SELECT new.*, %s
FROM unnest(%s::uuid[], %s::text[], %s::smallint[], %s::uuid[], %s::float8[], %s::timestamptz[], %s::text[]) AS new
"""


def write(
    states: Mapping[str, Mastery],
    tests: Mapping[str, Certification],
    touched: Mapping[str, set[str]],
    reached: Mapping[str, Sequence[LevelReached]],
    current: Scale,
    chain: Chain,
    *,
    stored: Mapping[str, set[str]],
) -> None:
    """Write abilities, the skills touched, and the levels reached: four statements.

    Where people decided, the levels that count still have to follow (`levels.write_levels`).

    Args:
        current: the framework's version by which a skill without an answer that counts is told of.
        stored: skills that have a row for certain, by learner.
    """
    abilities = list(states.values())
    blank = rules.unanswered(current)
    new: list[tuple[str, str, SkillMastery]] = []
    known: list[tuple[str, str, SkillMastery]] = []
    for learner, mastery in states.items():
        there = stored.get(learner, ())
        for code in sorted(touched[learner]):
            # Without an answer where all were left until the time was over: the tests go on from there.
            (known if code in there else new).append((learner, code, mastery.skills.get(code, blank)))
    changes = [(learner, change) for learner, made in reached.items() for change in made]
    run_prepared(
        _WRITE_ABILITIES,
        [
            RULES,
            binary.uuids(states),
            binary.floats(ability.mean for ability in abilities),
            binary.floats(ability.variance for ability in abilities),
            binary.integers(ability.count for ability in abilities),
            binary.instants(ability.last_at for ability in abilities),
            binary.texts(chain.version(ability.last_at) if ability.last_at else STATED for ability in abilities),
        ],
    )
    for statement, skills in ((_INSERT_STATES, new), (_UPDATE_STATES, known)):
        if skills:
            run_prepared(statement, _state_columns(skills, tests))
    if changes:
        run_prepared(
            _INSERT_CHANGES,
            [
                rules.RULE,
                binary.uuids(learner for learner, _ in changes),
                binary.texts(entry.skill for _, entry in changes),
                binary.small_integers(entry.level for _, entry in changes),
                binary.uuids(entry.evidence_id for _, entry in changes),
                binary.floats(entry.probability for _, entry in changes),
                binary.instants(entry.at for _, entry in changes),
                binary.texts(entry.framework for _, entry in changes),
            ],
        )


def _state_columns(
    skills: Sequence[tuple[str, str, SkillMastery]], tests: Mapping[str, Certification]
) -> list[binary.Array]:
    """The columns of `_NEW_STATES`."""
    learners, codes, states = zip(*skills, strict=True)
    certified, since, told = zip(*[_certified(tests[learner], code) for learner, code, _ in skills], strict=True)
    return [
        binary.uuids(learners),
        binary.texts(codes),
        binary.floats([state.mean for state in states]),
        binary.floats([state.variance for state in states]),
        binary.integers([state.count for state in states]),
        binary.instants([state.last_at for state in states]),
        binary.small_integers([state.shown_level for state in states]),
        binary.small_integers([state.level for state in states]),
        binary.floats([state.probability for state in states]),
        binary.instants([state.level_since for state in states]),
        binary.texts([state.framework for state in states]),
        binary.small_integers(certified),
        binary.instants(since),
        binary.documents(told),
    ]


def _certified(tests: Certification, code: str) -> tuple[int, datetime | None, bytes | None]:
    """Certified level, since when, and the tests as JSON."""
    levels = tests.skills.get(code)
    if not levels:
        return 0, None, None
    certified = tests.level(code)
    since = None
    if certified:
        since = max(entry.reached_at for level, entry in levels.items() if level <= certified and entry.reached_at)
    told = {
        str(level): (entry.log_e, entry.count, entry.reached_at, entry.framework) for level, entry in levels.items()
    }
    return certified, since, orjson.dumps(told)
