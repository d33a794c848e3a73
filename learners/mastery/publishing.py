"""Publishing snapshots: items and skills learn from the answers absorbed since the last one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from django.db import transaction

from common import binary
from common.database import run_prepared
from learners.mastery import locks, rules
from learners.mastery.calibration import Observation, learn
from learners.mastery.models import SittingTrace
from learners.mastery.snapshots import ItemKey, Parameters

# One publisher at a time.
PUBLISHER_LOCK = 0x53_4E_41_50
AT_A_TIME = 2_000

# A server's clock may run ahead of the database's: what it stamped just now must not fall behind the new snapshot.
_CLOCKS_APART = "2 seconds"

_WAITING = """
SELECT t.id AS trace_id, e.id::text AS evidence_id, asked.theta, asked.theta_variance, e.item_id::text, e.item_revision,
    e.difficulty, e.skills, e.score, e.guess,
    e.voided OR EXISTS (SELECT FROM learners_evidence AS c WHERE c.corrects = e.id) AS void
FROM (
    SELECT * FROM learners_sittingtrace WHERE waits > 0 AND waits <= %s::smallint ORDER BY at, id LIMIT %s::int
) AS t
CROSS JOIN LATERAL unnest(t.evidence_ids, t.theta, t.theta_variance) AS asked(id, theta, theta_variance)
JOIN learners_evidence AS e ON e.id = asked.id
ORDER BY e.answered_at, e.id
"""


_NEW_SNAPSHOT = f"""
INSERT INTO learners_snapshot (version, held_from, answers, rule_version)
SELECT 'online-' || coalesce(max(id), 0) + 1,
    greatest(clock_timestamp() + interval '{_CLOCKS_APART}', max(held_from) + interval '1 microsecond'),
    %s::int, %s::text
FROM learners_snapshot RETURNING id, held_from
"""  # noqa: S608 (a constant)
_NEW_ITEM_PARAMETERS = """
INSERT INTO learners_itemparameters (snapshot_id, held_from, item_id, item_revision, mean, variance, count)
SELECT %s::bigint, %s::timestamptz, * FROM unnest(%s::uuid[], %s::int[], %s::float8[], %s::float8[], %s::int[])
"""
_NEW_SKILL_PARAMETERS = """
INSERT INTO learners_skillparameters (snapshot_id, held_from, skill_code, mean, variance, count)
SELECT %s::bigint, %s::timestamptz, * FROM unnest(%s::text[], %s::float8[], %s::float8[], %s::int[])
"""
_NEWEST_ITEMS = """
SELECT held.item_id::text, held.item_revision, held.mean, held.variance, held.count
FROM unnest(%s::uuid[], %s::int[]) AS wanted(item_id, item_revision) CROSS JOIN LATERAL (
    SELECT p.* FROM learners_itemparameters AS p
    WHERE p.item_id = wanted.item_id AND p.item_revision = wanted.item_revision
    ORDER BY p.held_from DESC LIMIT 1
) AS held
"""
_NEWEST_SKILLS = """
SELECT held.skill_code, held.mean, held.variance, held.count
FROM unnest(%s::text[]) AS wanted(skill_code) CROSS JOIN LATERAL (
    SELECT p.* FROM learners_skillparameters AS p WHERE p.skill_code = wanted.skill_code
    ORDER BY p.held_from DESC LIMIT 1
) AS held
"""


class _Waiting(NamedTuple):
    """An answer of a waiting sitting. `is_void`: it was voided or corrected, and nothing is learned from it."""

    trace_id: int
    evidence_id: str
    theta: float
    theta_variance: float
    item_id: str
    item_revision: int
    difficulty: float
    skills: list[str]
    score: float
    guess: float
    is_void: bool


@transaction.atomic
def publish(*, uncalibrated_only: bool, most: int = AT_A_TIME) -> int:
    """Learn from up to `most` waiting sittings and publish a snapshot; return how many answers it took, 0 for none.

    Each answer is learned from once, whenever and however often this runs. What a review corrected or voided is passed
    over; what was learned from it before stays in the snapshots that have it.

    Args:
        young_only: leave the sittings without a young item to the night.
    """
    waits = SittingTrace.Waits
    run_prepared("SELECT pg_advisory_xact_lock(%s::bigint)", [PUBLISHER_LOCK])
    waiting = [
        _Waiting(*row)
        for row in run_prepared(
            _WAITING, [(waits.FOR_SECONDS if uncalibrated_only else waits.FOR_THE_NIGHT).value, most]
        )
    ]
    if not waiting:
        return 0
    seen = [
        Observation(
            row.evidence_id,
            (row.item_id, row.item_revision),
            row.difficulty,
            tuple(row.skills),
            row.score,
            row.guess,
            row.theta,
            row.theta_variance,
        )
        for row in waiting
        if not row.is_void
    ]
    items, skills = learn(
        seen,
        items=newest_items(entry.item for entry in seen),
        skills=newest_skills(code for entry in seen for code in entry.skills),
    )
    # From here to the commit no answers are absorbed: those before were judged without this snapshot, and were given
    # before it holds.
    run_prepared("SELECT pg_advisory_xact_lock(%s::bigint)", [locks.CHAIN_LOCK])
    (snapshot,) = run_prepared(_NEW_SNAPSHOT, [len(seen), rules.RULE])
    run_prepared(
        _NEW_ITEM_PARAMETERS,
        [
            *snapshot,
            binary.uuids(item for item, _ in items),
            binary.integers(revision for _, revision in items),
            *_columns(items.values()),
        ],
    )
    run_prepared(_NEW_SKILL_PARAMETERS, [*snapshot, binary.texts(skills), *_columns(skills.values())])
    run_prepared(
        "UPDATE learners_sittingtrace SET waits = 0 WHERE id = ANY(%s::bigint[])",
        [list({row.trace_id for row in waiting})],
    )
    return len(waiting)


def publish_all() -> int:
    """Publish snapshots until no answer waits, in short transactions; return how many answers were learned from."""
    total = 0
    while taken := publish(uncalibrated_only=False):
        total += taken
    return total


def newest_items(keys: Iterable[ItemKey]) -> dict[ItemKey, Parameters]:
    """The newest parameters of items; those never learned of are missing."""
    wanted = list(dict.fromkeys(keys))
    found = run_prepared(
        _NEWEST_ITEMS, [binary.uuids(item for item, _ in wanted), binary.integers(number for _, number in wanted)]
    )
    return {(item, revision): Parameters(*parameters) for item, revision, *parameters in found}


def newest_skills(codes: Iterable[str]) -> Mapping[str, Parameters]:
    """The newest offsets of skills; those never learned of are missing."""
    found = run_prepared(_NEWEST_SKILLS, [binary.texts(dict.fromkeys(codes))])
    return {code: Parameters(*parameters) for code, *parameters in found}


def _columns(parameters: Iterable[Parameters]) -> list[binary.Array]:
    listed = list(parameters)
    return [
        binary.floats(row.mean for row in listed),
        binary.floats(row.variance for row in listed),
        binary.integers(row.count for row in listed),
    ]
