"""Publishing snapshots: items and skills learn from the answers absorbed since the last one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.db import connection, transaction

from common import arrays
from common.database import rows
from learners.mastery import chains, locks, rules
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
    e.struck OR EXISTS (SELECT FROM learners_evidence AS c WHERE c.corrects = e.id) AS void
FROM (
    SELECT * FROM learners_sittingtrace WHERE waits > 0 AND waits <= %s ORDER BY at, id LIMIT %s
) AS t
CROSS JOIN LATERAL unnest(t.evidence_ids, t.theta, t.theta_variance) AS asked(id, theta, theta_variance)
JOIN learners_evidence AS e ON e.id = asked.id
ORDER BY e.answered_at, e.id
"""


@transaction.atomic
def publish(*, young_only: bool, most: int = AT_A_TIME) -> int:
    """Learn from up to `most` waiting sittings and publish a snapshot; return how many answers it took, 0 for none.

    Each answer is learned from once, whenever and however often this runs. What a review corrected or struck is passed
    over; what was learned from it before stays in the snapshots that have it.

    Args:
        young_only: leave the sittings without a young item to the night.
    """
    waits = SittingTrace.Waits
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [PUBLISHER_LOCK])
    waiting = rows(_WAITING, [(waits.FOR_SECONDS if young_only else waits.FOR_THE_NIGHT).value, most])
    if not waiting:
        return 0
    seen = [
        Observation(
            row["evidence_id"], (row["item_id"], row["item_revision"]), row["difficulty"], tuple(row["skills"]),
            row["score"], row["guess"], row["theta"], row["theta_variance"],
        )
        for row in waiting
        if not row["void"]
    ]  # fmt: skip
    items, skills = learn(
        seen,
        items=newest_items(one.item for one in seen),
        skills=newest_skills(code for one in seen for code in one.skills),
    )
    with connection.cursor() as cursor:
        # From here to the commit no answers are absorbed: those before were judged without this snapshot, and were given
        # before it holds.
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [locks.CHAIN_LOCK])
        cursor.execute(
            f"""
            INSERT INTO learners_snapshot (version, held_from, answers, rule_version)
            SELECT 'online-' || coalesce(max(id), 0) + 1,
                greatest(
                    clock_timestamp() + interval '{_CLOCKS_APART}', max(held_from) + interval '1 microsecond'
                ), %s, %s
            FROM learners_snapshot RETURNING id, held_from
            """,  # noqa: S608 (a constant)
            [len(seen), rules.RULE],
        )
        snapshot_id, held_from = cursor.fetchone()
        cursor.execute(
            """
            INSERT INTO learners_itemparameters (snapshot_id, held_from, item_id, item_revision, mean, variance, count)
            SELECT %s, %s, * FROM unnest(%s::uuid[], %s::int[], %s::float8[], %s::float8[], %s::int[])
            """,
            [
                snapshot_id, held_from, arrays.ids(key[0] for key in items), arrays.numbers(key[1] for key in items),
                *_columns(items.values()),
            ],
        )  # fmt: skip
        cursor.execute(
            """
            INSERT INTO learners_skillparameters (snapshot_id, held_from, skill_code, mean, variance, count)
            SELECT %s, %s, * FROM unnest(%s::text[], %s::float8[], %s::float8[], %s::int[])
            """,
            [snapshot_id, held_from, arrays.texts(skills), *_columns(skills.values())],
        )
        cursor.execute(
            "UPDATE learners_sittingtrace SET waits = 0 WHERE id = ANY(%s::bigint[])",
            [arrays.numbers({row["trace_id"] for row in waiting})],
        )
    return len(waiting)


def publish_all() -> int:
    """Publish snapshots until no answer waits, in short transactions; return how many answers were learned from."""
    total = 0
    while taken := publish(young_only=False):
        total += taken
    return total


def newest_items(keys: Iterable[ItemKey]) -> dict[ItemKey, Parameters]:
    """The newest parameters of items; those never learned of are missing."""
    wanted = list(dict.fromkeys(keys))
    found = rows(
        """
        SELECT held.* FROM unnest(%s::uuid[], %s::int[]) AS wanted(item_id, item_revision) CROSS JOIN LATERAL (
            SELECT p.* FROM learners_itemparameters AS p
            WHERE p.item_id = wanted.item_id AND p.item_revision = wanted.item_revision
            ORDER BY p.held_from DESC LIMIT 1
        ) AS held
        """,
        [arrays.ids(item for item, _ in wanted), arrays.numbers(number for _, number in wanted)],
    )
    return {(str(row["item_id"]), row["item_revision"]): chains.parameters_of(row) for row in found}


def newest_skills(codes: Iterable[str]) -> Mapping[str, Parameters]:
    """The newest offsets of skills; those never learned of are missing."""
    found = rows(
        """
        SELECT held.* FROM unnest(%s::text[]) AS wanted(skill_code) CROSS JOIN LATERAL (
            SELECT p.* FROM learners_skillparameters AS p WHERE p.skill_code = wanted.skill_code
            ORDER BY p.held_from DESC LIMIT 1
        ) AS held
        """,
        [arrays.texts(dict.fromkeys(codes))],
    )
    return {row["skill_code"]: chains.parameters_of(row) for row in found}


def _columns(parameters: Iterable[Parameters]) -> list[str]:
    listed = list(parameters)
    return [
        arrays.numbers(one.mean for one in listed), arrays.numbers(one.variance for one in listed),
        arrays.numbers(one.count for one in listed),
    ]  # fmt: skip
