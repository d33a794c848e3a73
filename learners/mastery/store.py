"""Evidence, states and parameters between the database and the rules: one statement each, whatever the number of rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from psycopg.types.json import Jsonb

from common.rendering import to_json
from learners.mastery import rules
from learners.mastery.calibration import YOUNG_BELOW
from learners.mastery.models import EvidenceTrace
from learners.mastery.rules import Answer, LevelReached, Mastery, Scale, SkillMastery, Trace
from learners.mastery.snapshots import STATED, Chain, ItemKey, Parameters

# Publishing a snapshot holds this lock alone, absorbing answers shares it: no answer is judged by a snapshot older than
# the one that was published before it was given.
CHAIN_LOCK = 0x43_48_41_49_4E
_EARNEST = ("assessment", "certification")
_ANSWER = (
    "e.learner_id, e.id, e.item_id, e.item_revision, e.skills, e.level, e.score, e.guess, e.difficulty, e.answered_at, "
    "e.mode, e.met_before"
)


def rows(sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> list[dict[str, Any]]:
    """The rows of a query by column name."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def share_chain() -> None:
    """Let nobody publish a snapshot before this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [CHAIN_LOCK])


def lock(learner_ids: Iterable[UUID]) -> dict[UUID, dict[str, Any]]:
    """Lock the learners' abilities in order, making those that miss; learners that do not exist are missing."""
    ids = sorted(learner_ids)
    with connection.cursor() as cursor:
        # KEY SHARE waits for an erasure under way, and keeps a later one waiting: no state outlives its learner.
        cursor.execute(
            """
            INSERT INTO learners_ability (learner_id, mean, variance, count, rule_version, snapshot)
            SELECT user_id, 0, %s, 0, %s, %s
            FROM (
                SELECT user_id FROM learners_learner WHERE user_id = ANY(%s) ORDER BY user_id FOR KEY SHARE
            ) AS learner
            ON CONFLICT (learner_id) DO NOTHING
            """,
            [rules.V_G0, rules.RULE, STATED, ids],
        )
    found = rows(
        "SELECT learner_id, mean, variance, count, last_at, rule_version, snapshot FROM learners_ability "
        "WHERE learner_id = ANY(%s) ORDER BY learner_id FOR UPDATE",
        [ids],
    )
    return {row["learner_id"]: row for row in found}


def insert_evidence(answers: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Store the answers that are new; return them as stored.

    Each row has the columns of an answer; `answered_before`: the learner had answered the item; `corrects`, and whether it
    is itself `corrected` or `struck`.
    """
    if not answers:
        return []
    return rows(
        f"""
        INSERT INTO learners_evidence AS e (
            id, learner_id, item_id, item_revision, skills, level, score, guess, difficulty, mode, supervised,
            language, answered_at, framework_version, rule_version, met_before, corrects, struck
        )
        SELECT id, learner_id, item_id, item_revision, skills, level, score, guess, difficulty, mode, supervised,
               language, answered_at, framework_version, rule_version, met_before, corrects, struck
        FROM jsonb_to_recordset(%s) AS answer(
            id uuid, learner_id uuid, item_id uuid, item_revision integer, skills text[], level smallint,
            score double precision, guess double precision, difficulty double precision, mode text, supervised boolean,
            language text, answered_at timestamptz, framework_version text, rule_version text, met_before boolean,
            corrects uuid, struck boolean
        )
        ORDER BY id
        ON CONFLICT DO NOTHING
        RETURNING {_ANSWER}, e.corrects, e.struck,
            EXISTS (SELECT FROM learners_evidence AS c WHERE c.corrects = e.id) AS corrected,
            EXISTS (
                SELECT FROM learners_evidence AS o WHERE o.learner_id = e.learner_id AND o.item_id = e.item_id
            ) AS answered_before
        """,  # noqa: S608 (the columns are a constant)
        [Jsonb(list(answers), dumps=to_json)],
    )


def evidence_of(learner_ids: Iterable[UUID]) -> dict[UUID, list[Answer]]:
    """All evidence of these learners that counts, in order."""
    ids = sorted(learner_ids)
    if not ids:
        return {}
    return answers_by_learner(
        rows(
            f"""
            SELECT {_ANSWER}, false AS answered_before FROM learners_evidence AS e
            WHERE e.learner_id = ANY(%s) AND NOT e.struck
                AND NOT EXISTS (SELECT FROM learners_evidence AS c WHERE c.corrects = e.id)
            """,  # noqa: S608
            [ids],
        )
    )


def answers_by_learner(found: Iterable[Mapping[str, Any]]) -> dict[UUID, list[Answer]]:
    """Rows of evidence as the rules take them, each learner's in order."""
    grouped: dict[UUID, list[Mapping[str, Any]]] = defaultdict(list)
    for row in found:
        grouped[row["learner_id"]].append(row)
    return {learner: _answers(sorted(listed, key=_in_order)) for learner, listed in grouped.items()}


def _in_order(row: Mapping[str, Any]) -> tuple[datetime, UUID]:
    return row["answered_at"], row["id"]


def _answers(ordered: Iterable[Mapping[str, Any]]) -> list[Answer]:
    answers = []
    met: set[UUID] = set()
    for row in ordered:
        skills, item = tuple(row["skills"]), row["item_id"]
        # Whoever has met the item may remember it: that shows no mastery beyond chance.
        fresh = not (row["met_before"] or row["answered_before"] or item in met)
        met.add(item)
        answers.append(
            Answer(
                row["id"], (item, row["item_revision"]), skills, row["level"], row["score"], row["guess"],
                row["difficulty"], row["answered_at"], fresh and len(skills) == 1 and row["mode"] in _EARNEST,
            )
        )  # fmt: skip
    return answers


def chain_of(answers: Iterable[Answer]) -> Chain:
    """The snapshots that held when these answers were given, as far as they concern their items and skills."""
    items: set[ItemKey] = set()
    skills: set[str] = set()
    since = until = None
    for answer in answers:
        items.add(answer.item)
        skills.update(answer.skills)
        since = answer.at if since is None or answer.at < since else since
        until = answer.at if until is None or answer.at > until else until
    return Chain() if since is None or until is None else chain_between(items, skills, since, until)


_HELD = """
    CROSS JOIN LATERAL (
        (SELECT p.* FROM {table} AS p WHERE {same} AND p.held_from <= %(since)s ORDER BY p.held_from DESC LIMIT 1)
        UNION ALL
        (SELECT p.* FROM {table} AS p WHERE {same} AND p.held_from > %(since)s AND p.held_from <= %(until)s)
    ) AS held ORDER BY held.held_from
"""


def chain_between(items: Iterable[ItemKey], skills: Iterable[str], since: datetime, until: datetime) -> Chain:
    """The snapshots that held at some instant of a stretch of time, as far as they concern these items and skills."""
    keys = list(items)
    stretch = {"since": since, "until": until}
    versions = rows(
        "(SELECT held_from, version FROM learners_snapshot WHERE held_from <= %(since)s ORDER BY held_from DESC LIMIT 1) "
        "UNION ALL (SELECT held_from, version FROM learners_snapshot WHERE held_from > %(since)s AND held_from <= %(until)s) "
        "ORDER BY held_from",
        stretch,
    )
    if not versions:
        return Chain()
    same_item = "p.item_id = wanted.item_id AND p.item_revision = wanted.item_revision"
    item_rows = rows(
        "SELECT held.* FROM unnest(%(items)s::uuid[], %(revisions)s::int[]) AS wanted(item_id, item_revision)"  # noqa: S608
        + _HELD.format(table="learners_itemparameters", same=same_item),
        {**stretch, "items": [item for item, _ in keys], "revisions": [number for _, number in keys]},
    )
    skill_rows = rows(
        "SELECT held.* FROM unnest(%(skills)s::text[]) AS wanted(skill_code)"  # noqa: S608
        + _HELD.format(table="learners_skillparameters", same="p.skill_code = wanted.skill_code"),
        {**stretch, "skills": list(skills)},
    )
    return Chain(
        versions=[(row["held_from"], row["version"]) for row in versions],
        items=[((row["item_id"], row["item_revision"]), row["held_from"], parameters_of(row)) for row in item_rows],
        skills=[(row["skill_code"], row["held_from"], parameters_of(row)) for row in skill_rows],
    )


def parameters_of(row: Mapping[str, Any]) -> Parameters:
    """The parameters in a row."""
    return Parameters(row["mean"], row["variance"], row["count"])


def load(held: Mapping[UUID, Mapping[str, Any]], scale: Scale) -> dict[UUID, tuple[Mastery, bool]]:
    """The stored mastery of each locked learner, and whether today's rule and framework computed it."""
    loaded = {
        learner: Mastery(row["mean"], row["variance"], row["count"], row["last_at"]) for learner, row in held.items()
    }
    current = {learner: row["rule_version"] == rules.RULE for learner, row in held.items()}
    for row in rows(
        "SELECT learner_id, skill_code, mean, variance, count, last_at, shown_level, level, probability, level_since, "
        "framework_version FROM learners_skillstate WHERE learner_id = ANY(%s)",
        [sorted(held)],
    ):
        loaded[row["learner_id"]].skills[row["skill_code"]] = SkillMastery(
            row["mean"], row["variance"], row["count"], row["last_at"], row["shown_level"], row["level"],
            row["probability"], row["level_since"],
        )  # fmt: skip
        current[row["learner_id"]] &= row["framework_version"] == scale.version
    return {learner: (mastery, current[learner]) for learner, mastery in loaded.items()}


def level_changes(learner_ids: Iterable[UUID]) -> dict[UUID, list[LevelReached]]:
    """The computed levels reached, as stored, by learner."""
    grouped: dict[UUID, list[LevelReached]] = defaultdict(list)
    for row in rows(
        "SELECT learner_id, skill_code, level, evidence_id, probability, at FROM learners_levelchange "
        "WHERE learner_id = ANY(%s)",
        [sorted(learner_ids)],
    ):
        grouped[row["learner_id"]].append(
            LevelReached(row["skill_code"], row["level"], row["evidence_id"], row["probability"], row["at"])
        )
    return grouped


def forget(learner_ids: Iterable[UUID]) -> None:
    """Delete what follows from the evidence of learners that are rebuilt; their locked abilities and traces stay."""
    ids = sorted(learner_ids)
    if not ids:
        return
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM learners_skillstate WHERE learner_id = ANY(%s)", [ids])
        cursor.execute("DELETE FROM learners_levelchange WHERE learner_id = ANY(%s)", [ids])


def write(
    states: Mapping[UUID, Mastery], touched: Mapping[UUID, set[str]], reached: Mapping[UUID, Sequence[LevelReached]],
    by: Scale, chain: Chain,
) -> None:  # fmt: skip
    """Write abilities, the skills touched, and the levels reached: three statements."""
    abilities = [
        (
            learner, mastery.mean, mastery.variance, mastery.count, mastery.last_at,
            chain.version(mastery.last_at) if mastery.last_at else STATED,
        )
        for learner, mastery in states.items()
    ]  # fmt: skip
    skills = [
        (
            learner, code, state.mean, state.variance, state.count, state.last_at, state.shown_level, state.level,
            state.probability, state.level_since,
        )
        for learner, mastery in states.items()
        for code, state in sorted(mastery.skills.items())
        if code in touched[learner]
    ]  # fmt: skip
    changes = [
        (learner, change.skill, change.level, change.evidence_id, change.probability, change.at)
        for learner, listed in reached.items()
        for change in listed
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE learners_ability AS ability
            SET mean = new.mean, variance = new.variance, count = new.count, last_at = new.last_at,
                rule_version = %s, snapshot = new.snapshot
            FROM unnest(%s::uuid[], %s::float8[], %s::float8[], %s::int[], %s::timestamptz[], %s::text[])
                AS new(learner_id, mean, variance, count, last_at, snapshot)
            WHERE ability.learner_id = new.learner_id
            """,
            [rules.RULE, *_columns(abilities, 6)],
        )
        cursor.execute(
            """
            INSERT INTO learners_skillstate (
                learner_id, skill_code, mean, variance, count, last_at, shown_level, level, probability, level_since,
                framework_version
            )
            SELECT new.*, %s
            FROM unnest(
                %s::uuid[], %s::text[], %s::float8[], %s::float8[], %s::int[], %s::timestamptz[], %s::smallint[],
                %s::smallint[], %s::float8[], %s::timestamptz[]
            ) AS new
            ON CONFLICT (learner_id, skill_code) DO UPDATE
            SET mean = EXCLUDED.mean, variance = EXCLUDED.variance, count = EXCLUDED.count, last_at = EXCLUDED.last_at,
                shown_level = EXCLUDED.shown_level, level = EXCLUDED.level, probability = EXCLUDED.probability,
                level_since = EXCLUDED.level_since, framework_version = EXCLUDED.framework_version
            """,
            [by.version, *_columns(skills, 10)],
        )
        if changes:
            cursor.execute(
                """
                INSERT INTO learners_levelchange
                    (learner_id, skill_code, level, evidence_id, probability, at, rule_version)
                SELECT new.*, %s
                FROM unnest(%s::uuid[], %s::text[], %s::smallint[], %s::uuid[], %s::float8[], %s::timestamptz[]) AS new
                """,
                [rules.RULE, *_columns(changes, 6)],
            )


def write_traces(traces: Sequence[Trace], answers: Mapping[UUID, Answer], chain: Chain) -> None:
    """Write where learners stood before their answers; what was learned from already is not learned from again."""
    waits = EvidenceTrace.Waits
    lines = []
    for trace in traces:
        answer = answers[trace.evidence_id]
        young = chain.item(answer.item, answer.difficulty, answer.at).count < YOUNG_BELOW
        lines.append(
            (
                trace.evidence_id, trace.theta, trace.theta_variance, trace.expected,
                waits.FOR_SECONDS.value if young else waits.FOR_THE_NIGHT.value,
            )
        )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO learners_evidencetrace (evidence_id, theta, theta_variance, expected, waits)
            SELECT * FROM unnest(%s::uuid[], %s::float8[], %s::float8[], %s::float8[], %s::smallint[])
            ON CONFLICT (evidence_id) DO UPDATE
            SET theta = EXCLUDED.theta, theta_variance = EXCLUDED.theta_variance, expected = EXCLUDED.expected
            """,
            _columns(lines, 5),
        )


def _columns(listed: Sequence[Sequence[Any]], width: int) -> list[list[Any]]:
    return [list(column) for column in zip(*listed, strict=True)] if listed else [[] for _ in range(width)]
