"""Absorbing answers, and rebuilding what follows from them.

Whoever changes a learner's mastery first locks the learner's `Ability` row, learners in the order of their ids; so two
workers never extend the same state, and never wait for each other in a circle.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from psycopg.types.json import Jsonb

from common.rendering import to_json
from courses import public as courses
from events import public as events
from events.registry import Happened
from learners.mastery import levels, rules
from learners.mastery.models import Ability, Evidence
from learners.mastery.rules import Answer, LevelReached, Mastery, Scale, SkillMastery

# Members of each entry of `answers` in assessments.outcome_recorded.
ANSWER_FIELDS = (
    "id", "item_id", "item_revision", "skills", "level", "score", "guess", "difficulty", "supervised", "language",
    "answered_at", "framework_version", "rule_version",
)  # fmt: skip

_ANSWER_COLUMNS = "learner_id, id, skills, level, score, guess, difficulty, answered_at"


def scale() -> Scale:
    """What the current framework says of computed levels."""
    framework = courses.framework()
    return Scale(
        version=framework.version,
        thresholds=framework.thresholds,
        ranges={code: (skill.min_level, skill.max_level) for code, skill in framework.skills.items()},
        max_jump=int(framework.award_rules.get("max_inferred_jump", 1)),
    )


@transaction.atomic
def absorb_outcomes(happened: Sequence[Happened]) -> None:
    """Consumer: answers become evidence rows, and the mastery of every learner concerned follows.

    A constant number of statements for the batch. An answer absorbed before changes nothing, nor does a practice
    answer or one of a learner who was erased. New evidence that is later than all a learner has extends the state;
    other evidence rebuilds it, with the same result.
    """
    answers = [
        {
            **{name: answer[name] for name in ANSWER_FIELDS},
            "skills": sorted(set(answer["skills"])),
            "learner_id": event.payload["learner_id"],
            "mode": event.payload["mode"],
        }
        for event in happened
        if event.payload["mode"] != "practice"
        for answer in event.payload["answers"]
        if answer["skills"]
    ]
    if not answers:
        return
    held = _locked({UUID(str(answer["learner_id"])) for answer in answers})
    new = _insert_evidence([answer for answer in answers if UUID(str(answer["learner_id"])) in held])
    if not new:
        return
    by = scale()
    known = _load({learner: held[learner] for learner in new})
    extended = {
        learner
        for learner, (mastery, is_current) in known.items()
        if is_current and mastery.last_at is not None and all(answer.at > mastery.last_at for answer in new[learner])
    }
    rebuilt = set(new) - extended
    evidence = _evidence_of(rebuilt)
    reached: dict[UUID, list[LevelReached]] = {}
    states: dict[UUID, Mastery] = {}
    touched: dict[UUID, set[str]] = {}
    for learner in new:
        mastery = known[learner][0] if learner in extended else Mastery()
        ordered = rules.in_order(new[learner]) if learner in extended else evidence[learner]
        reached[learner] = rules.extend(mastery, ordered, by)
        states[learner] = mastery
        touched[learner] = {code for answer in ordered for code in answer.skills}
    _forget({learner for learner in rebuilt if held[learner]["last_at"] is not None})
    _write(states, touched, reached, by)
    events.record_many(
        "learners.mastery_changed",
        [
            {"learner_id": str(learner), "skills": sorted({code for answer in new[learner] for code in answer.skills})}
            for learner in sorted(new)
        ],
    )


@dataclass(frozen=True)
class Drift:
    """A learner whose stored mastery was not what the evidence gives; `parts` names what differed."""

    learner_id: UUID
    parts: tuple[str, ...]


@transaction.atomic
def rebuild(*, learner_ids: Iterable[UUID], write: bool = True) -> list[Drift]:
    """Compute the mastery of these learners from their evidence alone; return where the stored one differed.

    Args:
        write: put the rebuilt state in the place of one that differed. A second call finds no drift.
    """
    by = scale()
    held = _locked(set(learner_ids))
    known = _load(held)
    stored_changes = _level_changes(held)
    drifts: list[Drift] = []
    states: dict[UUID, Mastery] = {}
    reached: dict[UUID, list[LevelReached]] = {}
    evidence = _evidence_of(set(held))
    levels_drifted = levels.drifted(held)
    for learner in sorted(held):
        mastery = Mastery()
        changes = rules.extend(mastery, evidence.get(learner, []), by)
        parts = _differences(known[learner][0], mastery)
        if not known[learner][1] and mastery.count:
            parts.append("version")
        if sorted(stored_changes.get(learner, []), key=_change_key) != sorted(changes, key=_change_key):
            parts.append("level changes")
        parts += [f"level of {code}" for code in levels_drifted.get(learner, [])]
        if parts:
            drifts.append(Drift(learner, tuple(parts)))
            states[learner], reached[learner] = mastery, changes
    if write and states:
        _forget(set(states))
        _write(states, {learner: set(mastery.skills) for learner, mastery in states.items()}, reached, by)
        events.record_many(
            "learners.mastery_changed",
            [{"learner_id": str(learner), "skills": sorted(states[learner].skills)} for learner in sorted(states)],
        )
    if write:
        # Those without evidence or decisions have no mastery; their row was the lock.
        Ability.objects.filter(learner_id__in=list(held), count=0, learner__skill_states=None).delete()
    else:
        transaction.set_rollback(True)
    return drifts


def _change_key(change: LevelReached) -> tuple[str, int]:
    return change.skill, change.level


def _differences(stored: Mastery, computed: Mastery) -> list[str]:
    parts = []
    if (stored.mean, stored.variance, stored.count, stored.last_at) != (
        computed.mean, computed.variance, computed.count, computed.last_at,
    ):  # fmt: skip
        parts.append("ability")
    parts += [
        code
        for code in sorted(stored.skills.keys() | computed.skills.keys())
        if stored.skills.get(code) != computed.skills.get(code)
    ]
    return parts


def _rows(sql: str, parameters: Sequence[Any]) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _locked(learner_ids: set[UUID]) -> dict[UUID, dict[str, Any]]:
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
            [rules.V_G0, rules.RULE, rules.STATED.version, ids],
        )
    found = _rows(
        "SELECT learner_id, mean, variance, count, last_at, rule_version, snapshot FROM learners_ability "
        "WHERE learner_id = ANY(%s) ORDER BY learner_id FOR UPDATE",
        [ids],
    )
    return {row["learner_id"]: row for row in found}


def _insert_evidence(answers: Sequence[Mapping[str, Any]]) -> dict[UUID, list[Answer]]:
    """Store the answers that are new, in one statement; return them as stored, by learner."""
    if not answers:
        return {}
    inserted = _rows(
        f"""
        INSERT INTO learners_evidence (
            id, learner_id, item_id, item_revision, skills, level, score, guess, difficulty, mode, supervised,
            language, answered_at, framework_version, rule_version
        )
        SELECT id, learner_id, item_id, item_revision, skills, level, score, guess, difficulty, mode, supervised,
               language, answered_at, framework_version, rule_version
        FROM jsonb_to_recordset(%s) AS answer(
            id uuid, learner_id uuid, item_id uuid, item_revision integer, skills text[], level smallint,
            score double precision, guess double precision, difficulty double precision, mode text, supervised boolean,
            language text, answered_at timestamptz, framework_version text, rule_version text
        )
        ORDER BY id
        ON CONFLICT (id) DO NOTHING
        RETURNING {_ANSWER_COLUMNS}
        """,  # noqa: S608 (the columns are a constant)
        [Jsonb(list(answers), dumps=to_json)],
    )
    return _by_learner(inserted)


def _evidence_of(learner_ids: set[UUID]) -> dict[UUID, list[Answer]]:
    if not learner_ids:
        return {}
    return _by_learner(
        _rows(
            f"SELECT {_ANSWER_COLUMNS} FROM learners_evidence WHERE learner_id = ANY(%s) "  # noqa: S608
            "ORDER BY learner_id, answered_at, id",
            [sorted(learner_ids)],
        )
    )


def answer_of(evidence: Evidence) -> Answer:
    """The evidence as the rules take it."""
    return Answer(
        evidence.pk, tuple(evidence.skills), evidence.level, evidence.score, evidence.guess, evidence.difficulty,
        evidence.answered_at,
    )  # fmt: skip


def _by_learner(rows: Iterable[Mapping[str, Any]]) -> dict[UUID, list[Answer]]:
    grouped: dict[UUID, list[Answer]] = defaultdict(list)
    for row in rows:
        grouped[row["learner_id"]].append(
            Answer(
                row["id"], tuple(row["skills"]), row["level"], row["score"], row["guess"], row["difficulty"],
                row["answered_at"],
            )
        )  # fmt: skip
    return dict(grouped)


def _load(held: Mapping[UUID, Mapping[str, Any]]) -> dict[UUID, tuple[Mastery, bool]]:
    """The stored mastery of each, and whether it was computed by the rule, snapshot and framework of today."""
    version = scale().version
    loaded = {
        learner: Mastery(row["mean"], row["variance"], row["count"], row["last_at"]) for learner, row in held.items()
    }
    current = {
        learner: row["rule_version"] == rules.RULE and row["snapshot"] == rules.STATED.version
        for learner, row in held.items()
    }
    for row in _rows(
        # The filter's level and its instant; what people decided is not the filter's, nor is a state without answers.
        "SELECT state.learner_id, state.skill_code, mean, variance, count, last_at, shown_level, "
        "computed_level AS level, state.probability, reached.at AS level_since, framework_version "
        "FROM learners_skillstate AS state LEFT JOIN learners_levelchange AS reached ON "
        "(reached.learner_id, reached.skill_code, reached.level) = "
        "(state.learner_id, state.skill_code, state.computed_level) "
        "WHERE state.learner_id = ANY(%s) AND count > 0",
        [sorted(held)],
    ):
        loaded[row["learner_id"]].skills[row["skill_code"]] = SkillMastery(
            row["mean"], row["variance"], row["count"], row["last_at"], row["shown_level"], row["level"],
            row["probability"], row["level_since"],
        )  # fmt: skip
        current[row["learner_id"]] &= row["framework_version"] == version
    return {learner: (mastery, current[learner]) for learner, mastery in loaded.items()}


def _level_changes(learner_ids: Iterable[UUID]) -> dict[UUID, list[LevelReached]]:
    grouped: dict[UUID, list[LevelReached]] = defaultdict(list)
    for row in _rows(
        "SELECT learner_id, skill_code, level, evidence_id, probability, at FROM learners_levelchange "
        "WHERE learner_id = ANY(%s)",
        [sorted(learner_ids)],
    ):
        grouped[row["learner_id"]].append(
            LevelReached(row["skill_code"], row["level"], row["evidence_id"], row["probability"], row["at"])
        )
    return grouped


def _forget(learner_ids: set[UUID]) -> None:
    """Delete what follows from the evidence of learners that are rebuilt; their locked abilities stay."""
    if not learner_ids:
        return
    ids = sorted(learner_ids)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM learners_skillstate WHERE learner_id = ANY(%s)", [ids])
        cursor.execute("DELETE FROM learners_levelchange WHERE learner_id = ANY(%s)", [ids])


def _write(
    states: Mapping[UUID, Mastery], touched: Mapping[UUID, set[str]], reached: Mapping[UUID, Sequence[LevelReached]],
    by: Scale,
) -> None:  # fmt: skip
    """Write abilities, the skills touched, the levels reached, and the levels that count where people decided."""
    abilities = [
        (learner, mastery.mean, mastery.variance, mastery.count, mastery.last_at) for learner, mastery in states.items()
    ]
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
                rule_version = %s, snapshot = %s
            FROM unnest(%s::uuid[], %s::float8[], %s::float8[], %s::int[], %s::timestamptz[])
                AS new(learner_id, mean, variance, count, last_at)
            WHERE ability.learner_id = new.learner_id
            """,
            [rules.RULE, rules.STATED.version, *_columns(abilities, 5)],
        )
        cursor.execute(
            """
            INSERT INTO learners_skillstate (
                learner_id, skill_code, mean, variance, count, last_at, shown_level, computed_level, probability,
                level_since, level, framework_version
            )
            SELECT new.*, new.computed_level, %s
            FROM unnest(
                %s::uuid[], %s::text[], %s::float8[], %s::float8[], %s::int[], %s::timestamptz[], %s::smallint[],
                %s::smallint[], %s::float8[], %s::timestamptz[]
            ) AS new(
                learner_id, skill_code, mean, variance, count, last_at, shown_level, computed_level, probability, since
            )
            ON CONFLICT (learner_id, skill_code) DO UPDATE
            SET mean = EXCLUDED.mean, variance = EXCLUDED.variance, count = EXCLUDED.count, last_at = EXCLUDED.last_at,
                shown_level = EXCLUDED.shown_level, computed_level = EXCLUDED.computed_level, level = EXCLUDED.level,
                probability = EXCLUDED.probability, level_since = EXCLUDED.level_since,
                framework_version = EXCLUDED.framework_version
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
    levels.write_levels(levels.decided_about(list(states)))


def _columns(rows: Sequence[Sequence[Any]], width: int) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(width)]
