"""SQL by hand: snapshots, the parameters in them, and the locks under which they are published and used."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from common import binary
from common.database import run_prepared
from learners.mastery.snapshots import ItemCalibration, ItemKey, SkillCalibration

# Publishing a snapshot holds this lock alone, absorbing answers shares it: no answer is judged by a snapshot older than
# the one that was published before it was given.
_CHAIN_LOCK = 0x43_48_41_49_4E
# One publisher at a time.
_PUBLISHER_LOCK = 0x53_4E_41_50


def share_chain_lock() -> None:
    """Take the shared lock of the chain of snapshots until the transaction ends; `lock_chain` waits for it."""
    run_prepared("SELECT pg_advisory_xact_lock_shared(%s::bigint)", [_CHAIN_LOCK])


def lock_chain() -> None:
    """Lock the chain of snapshots until the transaction ends, once no other transaction shares it."""
    run_prepared("SELECT pg_advisory_xact_lock(%s::bigint)", [_CHAIN_LOCK])


def lock_publisher() -> None:
    """Wait for another publisher, and keep others waiting until the transaction ends."""
    run_prepared("SELECT pg_advisory_xact_lock(%s::bigint)", [_PUBLISHER_LOCK])


_VERSIONS = """
SELECT DISTINCT held.held_from::text, held.version FROM unnest(%s::timestamptz[]) AS wanted(at) CROSS JOIN LATERAL (
    SELECT s.held_from, s.version FROM learners_snapshot AS s WHERE s.held_from <= wanted.at
    ORDER BY s.held_from DESC LIMIT 1
) AS held ORDER BY 1
"""
_ITEMS_HELD = """
SELECT DISTINCT held.held_from::text, wanted.item_id::text, wanted.item_revision, held.mean, held.variance, held.count,
    held.log_discrimination, held.log_discrimination_variance
FROM unnest(%s::uuid[], %s::int[], %s::timestamptz[]) AS wanted(item_id, item_revision, at) CROSS JOIN LATERAL (
    SELECT p.* FROM learners_itemparameters AS p
    WHERE p.item_id = wanted.item_id AND p.item_revision = wanted.item_revision AND p.held_from <= wanted.at
    ORDER BY p.held_from DESC LIMIT 1
) AS held ORDER BY 1
"""
_SKILLS_HELD = """
SELECT DISTINCT held.held_from::text, wanted.skill_code, held.mean, held.variance, held.count,
    held.slope, held.slope_variance
FROM unnest(%s::text[], %s::timestamptz[]) AS wanted(skill_code, at) CROSS JOIN LATERAL (
    SELECT p.* FROM learners_skillparameters AS p
    WHERE p.skill_code = wanted.skill_code AND p.held_from <= wanted.at ORDER BY p.held_from DESC LIMIT 1
) AS held ORDER BY 1
"""


def versions_at(instants: Iterable[datetime]) -> list[tuple[datetime, str]]:
    """The snapshots that held at these instants, each once, oldest first: from when it holds, and its version."""
    versions = run_prepared(_VERSIONS, [binary.instants(instants)])
    return [(datetime.fromisoformat(held_from), version) for held_from, version in versions]


def items_at(asked: Collection[tuple[ItemKey, datetime]]) -> list[tuple[ItemKey, datetime, ItemCalibration]]:
    """The parameters of items at instants, each once: item, from when they hold, and they; those with none are missing."""
    rows = run_prepared(
        _ITEMS_HELD,
        [
            binary.uuids(key[0] for key, _ in asked),
            binary.integers(key[1] for key, _ in asked),
            binary.instants(at for _, at in asked),
        ],
    )
    return [
        ((item, revision), datetime.fromisoformat(held_from), ItemCalibration(*parameters))
        for held_from, item, revision, *parameters in rows
    ]


def skills_at(asked: Collection[tuple[str, datetime]]) -> list[tuple[str, datetime, SkillCalibration]]:
    """Offsets and slopes of skills at instants, each once: skill, from when they hold, and they; those with none are missing."""
    rows = run_prepared(_SKILLS_HELD, [binary.texts(code for code, _ in asked), binary.instants(at for _, at in asked)])
    return [
        (code, datetime.fromisoformat(held_from), SkillCalibration(*parameters))
        for held_from, code, *parameters in rows
    ]


# A server's clock may run ahead of the database's: what it stamped just now must not fall behind the new snapshot.
_CLOCKS_APART = "2 seconds"
_NEW_SNAPSHOT = f"""
INSERT INTO learners_snapshot (version, held_from, answers, rule_version)
SELECT 'online-' || coalesce(max(id), 0) + 1,
    greatest(clock_timestamp() + interval '{_CLOCKS_APART}', max(held_from) + interval '1 microsecond'),
    %s::int, %s::text
FROM learners_snapshot RETURNING id, held_from
"""  # noqa: S608 (a constant)
_NEW_ITEM_PARAMETERS = """
INSERT INTO learners_itemparameters (
    snapshot_id, held_from, item_id, item_revision, mean, variance, count, log_discrimination, log_discrimination_variance
)
SELECT %s::bigint, %s::timestamptz, *
FROM unnest(%s::uuid[], %s::int[], %s::float8[], %s::float8[], %s::int[], %s::float8[], %s::float8[])
"""
_NEW_SKILL_PARAMETERS = """
INSERT INTO learners_skillparameters (
    snapshot_id, held_from, skill_code, mean, variance, count, slope, slope_variance
)
SELECT %s::bigint, %s::timestamptz, *
FROM unnest(%s::text[], %s::float8[], %s::float8[], %s::int[], %s::float8[], %s::float8[])
"""
_NEWEST_ITEMS = """
SELECT held.item_id::text, held.item_revision, held.mean, held.variance, held.count, held.log_discrimination,
    held.log_discrimination_variance
FROM unnest(%s::uuid[], %s::int[]) AS wanted(item_id, item_revision) CROSS JOIN LATERAL (
    SELECT p.* FROM learners_itemparameters AS p
    WHERE p.item_id = wanted.item_id AND p.item_revision = wanted.item_revision
    ORDER BY p.held_from DESC LIMIT 1
) AS held
"""
_NEWEST_SKILLS = """
SELECT held.skill_code, held.mean, held.variance, held.count, held.slope, held.slope_variance
FROM unnest(%s::text[]) AS wanted(skill_code) CROSS JOIN LATERAL (
    SELECT p.* FROM learners_skillparameters AS p WHERE p.skill_code = wanted.skill_code
    ORDER BY p.held_from DESC LIMIT 1
) AS held
"""


def insert_snapshot(*, answers: int, rule_version: str) -> tuple[int, datetime]:
    """Insert the next snapshot, of so many answers; return its id and the instant from which it holds."""
    (snapshot,) = run_prepared(_NEW_SNAPSHOT, [answers, rule_version])
    return snapshot[0], snapshot[1]


def insert_item_parameters(snapshot: tuple[int, datetime], items: Mapping[ItemKey, ItemCalibration]) -> None:
    """Insert the parameters of items of a snapshot (`insert_snapshot`)."""
    run_prepared(
        _NEW_ITEM_PARAMETERS,
        [
            *snapshot,
            binary.uuids(item for item, _ in items),
            binary.integers(revision for _, revision in items),
            *_columns(items.values()),
            binary.floats(item.log_discrimination for item in items.values()),
            binary.floats(item.log_discrimination_variance for item in items.values()),
        ],
    )


def insert_skill_parameters(snapshot: tuple[int, datetime], skills: Mapping[str, SkillCalibration]) -> None:
    """Insert the offsets and slopes of skills of a snapshot (`insert_snapshot`)."""
    run_prepared(
        _NEW_SKILL_PARAMETERS,
        [
            *snapshot,
            binary.texts(skills),
            *_columns(skills.values()),
            binary.floats(skill.slope for skill in skills.values()),
            binary.floats(skill.slope_variance for skill in skills.values()),
        ],
    )


def _columns(parameters: Collection[ItemCalibration] | Collection[SkillCalibration]) -> list[binary.Array]:
    return [
        binary.floats(estimate.mean for estimate in parameters),
        binary.floats(estimate.variance for estimate in parameters),
        binary.integers(estimate.count for estimate in parameters),
    ]


def newest_items(keys: Collection[ItemKey]) -> dict[ItemKey, ItemCalibration]:
    """The newest parameters of items; those that no snapshot has are missing."""
    rows = run_prepared(
        _NEWEST_ITEMS, [binary.uuids(item for item, _ in keys), binary.integers(number for _, number in keys)]
    )
    return {(item, revision): ItemCalibration(*parameters) for item, revision, *parameters in rows}


def newest_skills(codes: Iterable[str]) -> dict[str, SkillCalibration]:
    """The newest offsets and slopes of skills; those that no snapshot has are missing."""
    rows = run_prepared(_NEWEST_SKILLS, [binary.texts(codes)])
    return {code: SkillCalibration(*parameters) for code, *parameters in rows}
