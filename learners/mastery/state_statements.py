"""SQL by hand: locked abilities, skill states and levels reached, of many learners at once. Ids of learners are texts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import connection

from common import binary
from common.database import run_prepared
from learners.mastery.certification import Certification
from learners.mastery.rules import LevelReached, Mastery, SkillMastery

# KEY SHARE waits for an erasure under way, and keeps a later one waiting: no state outlives its learner.
_MAKE_ABILITIES = """
INSERT INTO learners_ability (learner_id, mean, variance, count, rule_version, snapshot)
SELECT user_id, 0, %s::float8, 0, %s::text, %s::text
FROM (
    SELECT user_id FROM learners_learner WHERE user_id = ANY(%s::uuid[]) ORDER BY user_id FOR KEY SHARE
) AS learner
ON CONFLICT (learner_id) DO NOTHING
"""
_LOCK_ABILITIES = """
SELECT learner_id::text, mean, variance, count, last_at, rule_version, snapshot FROM learners_ability
WHERE learner_id = ANY(%s::uuid[]) ORDER BY learner_id FOR UPDATE
"""


def insert_abilities(learner_ids: Sequence[str], *, variance: float, rule_version: str, snapshot: str) -> None:
    """Insert the ability before any answer of learners who have none, and lock the learners `FOR KEY SHARE`, by id."""
    run_prepared(_MAKE_ABILITIES, [variance, rule_version, snapshot, binary.uuids(learner_ids)])


def lock_abilities(learner_ids: Sequence[str]) -> list[tuple[Any, ...]]:
    """Lock the abilities of learners `FOR UPDATE`, in the order of their ids, until the transaction ends.

    Returns:
        Learner, mean, variance, count, instant of the last answer or None, version of the rules, and snapshot, of each.
    """
    return run_prepared(_LOCK_ABILITIES, [binary.uuids(learner_ids)])


def skill_states(learner_ids: Sequence[str]) -> list[tuple[Any, ...]]:
    """All skill states of learners.

    Returns:
        Learner, version of the framework, tests as JSON or None, skill, mean, variance, count, instant of the last answer as
        text or None, shown level, computed level, its probability, since when as text or None, and answers before the last
        sitting, of each.
    """
    return run_prepared(
        "SELECT learner_id::text, framework_version, tests::text, skill_code, mean, variance, count, last_at::text, "
        "shown_level, computed_level, probability, computed_since::text, earlier FROM learners_skillstate "
        "WHERE learner_id = ANY(%s::uuid[])",
        [binary.uuids(learner_ids)],
    )


def level_changes(learner_ids: Sequence[str]) -> list[tuple[Any, ...]]:
    """Computed levels reached by learners: the learner, and the members of `LevelReached`, of each."""
    return run_prepared(
        "SELECT learner_id::text, skill_code, level, evidence_id::text, probability, at, framework_version, rule_version "
        "FROM learners_levelchange WHERE learner_id = ANY(%s::uuid[])",
        [binary.uuids(learner_ids)],
    )


def delete_states_and_changes(learner_ids: Sequence[str]) -> None:
    """Delete all skill states and levels reached of learners; two statements."""
    ids = binary.uuids(learner_ids)
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
    %s::float8[], %s::timestamptz[], %s::text[], %s::smallint[], %s::timestamptz[], %s::jsonb[], %s::int[]
) AS new(
    learner_id, code, mean, variance, count, last_at, shown_level, computed_level, probability, computed_since,
    framework_version, certified_level, certified_at, tests, earlier
)
"""
_INSERT_STATES = f"""
INSERT INTO learners_skillstate (
    learner_id, skill_code, mean, variance, count, last_at, shown_level, computed_level, probability, computed_since,
    framework_version, certified_level, certified_at, tests, earlier, level, level_since
)
SELECT learner_id, code, mean, variance, count, last_at, shown_level, computed_level, probability, computed_since,
    framework_version, certified_level, certified_at, tests, earlier, computed_level, computed_since
{_NEW_STATES}
ON CONFLICT (learner_id, skill_code) DO UPDATE
SET mean = EXCLUDED.mean, variance = EXCLUDED.variance, count = EXCLUDED.count, last_at = EXCLUDED.last_at,
    shown_level = EXCLUDED.shown_level, computed_level = EXCLUDED.computed_level, probability = EXCLUDED.probability,
    computed_since = EXCLUDED.computed_since, certified_level = EXCLUDED.certified_level,
    certified_at = EXCLUDED.certified_at, tests = EXCLUDED.tests, level = EXCLUDED.level,
    level_since = EXCLUDED.level_since, framework_version = EXCLUDED.framework_version, earlier = EXCLUDED.earlier
"""
# Where the row is known to be there this costs half of the other.
_UPDATE_STATES = f"""
UPDATE learners_skillstate AS kept
SET framework_version = new.framework_version, mean = new.mean, variance = new.variance, count = new.count, last_at = new.last_at,
    shown_level = new.shown_level, computed_level = new.computed_level, probability = new.probability,
    computed_since = new.computed_since, certified_level = new.certified_level, certified_at = new.certified_at,
    tests = new.tests, earlier = new.earlier, level = new.computed_level, level_since = new.computed_since
{_NEW_STATES}
WHERE kept.learner_id = new.learner_id AND kept.skill_code = new.code
"""  # noqa: S608 (constants)
_INSERT_CHANGES = """
INSERT INTO learners_levelchange (
    learner_id, skill_code, level, evidence_id, probability, at, framework_version, rule_version
)
SELECT * FROM unnest(
    %s::uuid[], %s::text[], %s::smallint[], %s::uuid[], %s::float8[], %s::timestamptz[], %s::text[], %s::text[]
)
"""


def update_abilities(masteries: Mapping[str, Mastery], snapshots: Iterable[str], *, rule_version: str) -> None:
    """Write the abilities of learners, and the snapshot that each was last judged by, in the order of `masteries`."""
    abilities = list(masteries.values())
    run_prepared(
        _WRITE_ABILITIES,
        [
            rule_version,
            binary.uuids(masteries),
            binary.floats(ability.mean for ability in abilities),
            binary.floats(ability.variance for ability in abilities),
            binary.integers(ability.count for ability in abilities),
            binary.instants(ability.last_at for ability in abilities),
            binary.texts(snapshots),
        ],
    )


def upsert_states(skills: Sequence[tuple[str, str, SkillMastery]], tests: Mapping[str, Certification]) -> None:
    """Insert states, or replace what evidence gives in them: learner, skill and mastery; the tests by learner."""
    run_prepared(_INSERT_STATES, _state_columns(skills, tests))


def update_states(skills: Sequence[tuple[str, str, SkillMastery]], tests: Mapping[str, Certification]) -> None:
    """Replace what evidence gives in states that exist; arguments as for `upsert_states`."""
    run_prepared(_UPDATE_STATES, _state_columns(skills, tests))


def insert_level_changes(changes: Collection[tuple[str, LevelReached]]) -> None:
    """Insert levels reached: learner and level."""
    run_prepared(
        _INSERT_CHANGES,
        [
            binary.uuids(learner for learner, _ in changes),
            binary.texts(change.skill for _, change in changes),
            binary.small_integers(change.level for _, change in changes),
            binary.uuids(change.evidence_id for _, change in changes),
            binary.floats(change.probability for _, change in changes),
            binary.instants(change.at for _, change in changes),
            binary.texts(change.framework for _, change in changes),
            binary.texts(change.rule for _, change in changes),
        ],
    )


def _state_columns(
    skills: Sequence[tuple[str, str, SkillMastery]], tests: Mapping[str, Certification]
) -> list[binary.Array]:
    """The columns of `_NEW_STATES`."""
    learners, codes, states = zip(*skills, strict=True)
    certified, since, documents = zip(*[_certified(tests[learner], code) for learner, code, _ in skills], strict=True)
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
        binary.documents(documents),
        binary.integers([state.earlier for state in states]),
    ]


def _certified(tests: Certification, code: str) -> tuple[int, datetime | None, bytes | None]:
    """Certified level, since when, and the tests as JSON."""
    levels = tests.skills.get(code)
    if not levels:
        return 0, None, None
    certified = tests.level(code)
    since = None
    if certified:
        since = max(test.reached_at for level, test in levels.items() if level <= certified and test.reached_at)
    document = {str(level): (test.log_e, test.count, test.reached_at, test.framework) for level, test in levels.items()}
    return certified, since, orjson.dumps(document)


_UPSERT_LEVELS = """
INSERT INTO learners_skillstate AS kept (
    learner_id, skill_code, mean, variance, count, earlier, shown_level, computed_level, level, level_since,
    probability, framework_version
)
SELECT new.learner_id, new.code, %s, %s, 0, 0, 0, 0, new.level, new.since, %s, %s
FROM unnest(%s::uuid[], %s::text[], %s::smallint[], %s::timestamptz[])
    AS new(learner_id, code, level, since)
ON CONFLICT (learner_id, skill_code) DO UPDATE
SET level = EXCLUDED.level, level_since = EXCLUDED.level_since
WHERE (kept.level, kept.level_since) IS DISTINCT FROM (EXCLUDED.level, EXCLUDED.level_since)
"""


def upsert_levels(
    levels: Sequence[tuple[UUID, str, int, datetime | None]], *, unanswered: SkillMastery, framework_version: str
) -> None:
    """Write the level in effect of skills, and since when, where it differs; the mastery of existing states stays.

    Args:
        levels: learner, skill, level, and since when; in the order in which rows are to be locked.
        unanswered: the mastery of a state that does not exist yet.
    """
    learners, codes, effective, since = (
        (list(column) for column in zip(*levels, strict=True)) if levels else ([], [], [], [])
    )
    with connection.cursor() as cursor:
        cursor.execute(
            _UPSERT_LEVELS,
            [
                unanswered.mean,
                unanswered.variance,
                unanswered.probability,
                framework_version,
                learners,
                codes,
                effective,
                since,
            ],
        )
