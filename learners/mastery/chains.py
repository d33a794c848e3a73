"""The snapshots that answers are judged by, from the database."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from common import binary
from common.database import run_prepared
from learners.mastery.rules import Answer
from learners.mastery.snapshots import Chain, Parameters


def chain_of(answers: Iterable[Answer]) -> Chain:
    """The snapshots that held when these answers were given, as far as they concern their items and skills.

    Three statements. Each looks one row up for every item or skill and instant, however many snapshots there are.
    """
    asked = list(answers)
    instants = sorted({answer.at for answer in asked})
    if not instants:
        return Chain()
    versions = run_prepared(_VERSIONS, [binary.instants(instants)])
    if not versions:
        return Chain()
    items = {(answer.item, answer.at) for answer in asked}
    skills = {(code, answer.at) for answer in asked for code in answer.skills}
    item_rows = run_prepared(
        _ITEMS_HELD,
        [
            binary.uuids(key[0] for key, _ in items),
            binary.integers(key[1] for key, _ in items),
            binary.instants(at for _, at in items),
        ],
    )
    skill_rows = run_prepared(
        _SKILLS_HELD, [binary.texts(code for code, _ in skills), binary.instants(at for _, at in skills)]
    )
    return Chain(
        versions=[(datetime.fromisoformat(held_from), version) for held_from, version in versions],
        items=[
            ((item, revision), datetime.fromisoformat(held_from), Parameters(mean, variance, count))
            for held_from, item, revision, mean, variance, count in item_rows
        ],
        skills=[
            (code, datetime.fromisoformat(held_from), Parameters(mean, variance, count))
            for held_from, code, mean, variance, count in skill_rows
        ],
    )


_VERSIONS = """
SELECT DISTINCT held.held_from::text, held.version FROM unnest(%s::timestamptz[]) AS wanted(at) CROSS JOIN LATERAL (
    SELECT s.held_from, s.version FROM learners_snapshot AS s WHERE s.held_from <= wanted.at
    ORDER BY s.held_from DESC LIMIT 1
) AS held ORDER BY 1
"""
_ITEMS_HELD = """
SELECT DISTINCT held.held_from::text, wanted.item_id::text, wanted.item_revision, held.mean, held.variance, held.count
FROM unnest(%s::uuid[], %s::int[], %s::timestamptz[]) AS wanted(item_id, item_revision, at) CROSS JOIN LATERAL (
    SELECT p.* FROM learners_itemparameters AS p
    WHERE p.item_id = wanted.item_id AND p.item_revision = wanted.item_revision AND p.held_from <= wanted.at
    ORDER BY p.held_from DESC LIMIT 1
) AS held ORDER BY 1
"""
_SKILLS_HELD = """
SELECT DISTINCT held.held_from::text, wanted.skill_code, held.mean, held.variance, held.count
FROM unnest(%s::text[], %s::timestamptz[]) AS wanted(skill_code, at) CROSS JOIN LATERAL (
    SELECT p.* FROM learners_skillparameters AS p
    WHERE p.skill_code = wanted.skill_code AND p.held_from <= wanted.at ORDER BY p.held_from DESC LIMIT 1
) AS held ORDER BY 1
"""
