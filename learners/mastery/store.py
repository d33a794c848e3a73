"""Evidence, states and parameters between the database and the rules: one statement each, whatever the number of rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from itertools import groupby, islice
from operator import attrgetter
from typing import Any, NamedTuple

import orjson
from django.db import connection

from common import arrays
from common.database import prepared
from learners.mastery import certification, rules
from learners.mastery.calibration import YOUNG_BELOW
from learners.mastery.certification import Certification, Testing
from learners.mastery.models import SittingTrace
from learners.mastery.rules import Answer, LevelReached, Mastery, Scale, SkillMastery, Trace
from learners.mastery.snapshots import STATED, Chain, ItemKey, Parameters

# Publishing a snapshot holds this lock alone, absorbing answers shares it: no answer is judged by a snapshot older than
# the one that was published before it was given.
CHAIN_LOCK = 0x43_48_41_49_4E
# Both rules that a stored state follows from.
RULES = f"{rules.RULE}+{certification.RULE}"
_EARNEST = ("assessment", "certification")


class Seen(NamedTuple):
    """A row of evidence as the rules need it; ids are texts.

    met: the learner had met the item before. struck: the answer counts for nothing, but the item was met. lapsed: nothing
    was submitted.
    """

    id: str
    learner_id: str
    item_id: str
    item_revision: int
    skills: Sequence[str]
    level: int
    score: float
    guess: float
    difficulty: float
    at: datetime
    mode: str
    met: bool
    struck: bool = False
    lapsed: bool = False


class NewEvidence(NamedTuple):
    """A row of evidence to be stored, in the order of the statement's columns."""

    id: str
    learner_id: str
    item_id: str
    item_revision: int
    skills: Sequence[str]
    level: int
    score: float
    guess: float
    difficulty: float
    answered_at: str
    mode: str
    met_before: bool
    supervised: bool
    language: str
    framework_version: str
    rule_version: str
    corrects: str | None
    struck: bool
    lapsed: bool
    corrected_at: str | None


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


def lock(learner_ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Lock the learners' abilities in order, making those that miss; learners that do not exist are missing."""
    ids = arrays.ids(sorted(learner_ids))
    with connection.cursor() as cursor:
        # KEY SHARE waits for an erasure under way, and keeps a later one waiting: no state outlives its learner.
        cursor.execute(
            """
            INSERT INTO learners_ability (learner_id, mean, variance, count, rule_version, snapshot)
            SELECT user_id, 0, %s, 0, %s, %s
            FROM (
                SELECT user_id FROM learners_learner WHERE user_id = ANY(%s::uuid[]) ORDER BY user_id FOR KEY SHARE
            ) AS learner
            ON CONFLICT (learner_id) DO NOTHING
            """,
            [rules.V_G0, RULES, STATED, ids],
        )
    found = rows(
        "SELECT learner_id::text, mean, variance, count, last_at::text, rule_version, snapshot FROM learners_ability "
        "WHERE learner_id = ANY(%s::uuid[]) ORDER BY learner_id FOR UPDATE",
        [ids],
    )
    return {row["learner_id"]: {**row, "last_at": _instant(row["last_at"])} for row in found}


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


_INSERT_EVIDENCE = """
INSERT INTO learners_evidence AS e (
    id, learner_id, item_id, item_revision, skills, level, score, guess, difficulty, answered_at, mode, met_before,
    supervised, language, framework_version, rule_version, corrects, struck, lapsed, corrected_at
)
SELECT id, learner_id, item_id, item_revision, skills::text[], level, score, guess, difficulty, answered_at, mode,
    met_before, supervised, language, framework_version, rule_version, corrects, struck, lapsed, corrected_at
FROM unnest(
    %s::uuid[], %s::uuid[], %s::uuid[], %s::int[], %s::text[], %s::smallint[], %s::float8[], %s::float8[], %s::float8[],
    %s::timestamptz[], %s::text[], %s::boolean[], %s::boolean[], %s::text[], %s::text[], %s::text[], %s::uuid[],
    %s::boolean[], %s::boolean[], %s::timestamptz[]
) AS answer(
    id, learner_id, item_id, item_revision, skills, level, score, guess, difficulty, answered_at, mode, met_before,
    supervised, language, framework_version, rule_version, corrects, struck, lapsed, corrected_at
)
ORDER BY id
ON CONFLICT DO NOTHING
RETURNING e.id::text, EXISTS (SELECT FROM learners_evidence AS c WHERE c.corrects = e.id) AS corrected, EXISTS (
    SELECT FROM learners_evidence AS o WHERE o.learner_id = e.learner_id AND o.item_id = e.item_id
) AS answered_before
"""
_DUMPS: tuple[Callable[[Any], str], ...] = (
    arrays.ids, arrays.ids, arrays.ids, arrays.numbers, arrays.texts, arrays.numbers, arrays.numbers, arrays.numbers,
    arrays.numbers, arrays.instants, arrays.texts, arrays.numbers, arrays.numbers, arrays.texts, arrays.texts, arrays.texts,
    arrays.ids, arrays.numbers, arrays.numbers, arrays.instants,
)  # fmt: skip


@lru_cache(maxsize=4096)
def _skills(codes: tuple[str, ...]) -> str:
    return arrays.texts(codes)


def insert_evidence(evidence: Sequence[NewEvidence]) -> tuple[list[Seen], set[str]]:
    """Store what is new; return it, and the learners with a correction in it (or with one that came before it)."""
    if not evidence:
        return [], set()
    columns: list[Any] = list(zip(*evidence, strict=True))
    columns[4] = [_skills(tuple(skills)) for skills in columns[4]]
    with prepared() as cursor:
        cursor.execute(_INSERT_EVIDENCE, [dump(column) for dump, column in zip(_DUMPS, columns, strict=True)])
        inserted = {identifier: flags for identifier, *flags in cursor.fetchall()}
    new, corrected = [], set()
    for one in evidence:
        # The first of doubled ones in a batch is the one that was stored.
        flags = inserted.pop(one.id, None)
        if flags is None:
            continue
        is_corrected, answered_before = flags
        if is_corrected or one.corrects or one.struck:
            corrected.add(one.learner_id)
        new.append(
            Seen(
                *one[:9],
                datetime.fromisoformat(one.answered_at),
                one.mode,
                one.met_before or answered_before,
                one.struck,
                one.lapsed,
            )
        )
    return new, corrected


def evidence_of(learner_ids: Iterable[str]) -> dict[str, list[Answer]]:
    """All evidence of these learners that counts, in order."""
    ids = sorted(learner_ids)
    if not ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT e.id::text, e.learner_id::text, e.item_id::text, e.item_revision, e.skills, e.level, e.score, e.guess,
                e.difficulty, e.answered_at, e.mode, e.met_before, e.struck, e.lapsed
            FROM learners_evidence AS e
            WHERE e.learner_id = ANY(%s::uuid[])
                AND NOT EXISTS (SELECT FROM learners_evidence AS c WHERE c.corrects = e.id)
            """,
            [arrays.ids(ids)],
        )
        return answers_by_learner(Seen(*row) for row in cursor.fetchall())


def evidence_before_corrections(learner_ids: Iterable[str]) -> dict[str, list[list[Answer]]]:
    """For each correction of a learner's evidence, all that counted just before it was decided, in order.

    Learners without a correction are missing. A learner with n instants of correction has n lists.
    """
    ids = sorted(learner_ids)
    if not ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT e.id::text, e.learner_id::text, e.item_id::text, e.item_revision, e.skills, e.level, e.score, e.guess,
                e.difficulty, e.answered_at, e.mode, e.met_before, e.struck, e.lapsed, e.corrects::text, e.corrected_at
            FROM learners_evidence AS e
            WHERE e.learner_id IN (
                SELECT c.learner_id FROM learners_evidence AS c
                WHERE c.corrects IS NOT NULL AND c.learner_id = ANY(%s::uuid[])
            )
            """,
            [arrays.ids(ids)],
        )
        grouped: dict[str, list[tuple[Seen, str | None, datetime | None]]] = defaultdict(list)
        for *row, corrects, corrected_at in cursor.fetchall():
            grouped[row[1]].append((Seen(*row), corrects, corrected_at))
    return {learner: [_known_before(at, rows) for at in _instants(rows)] for learner, rows in grouped.items()}


def _instants(rows: Iterable[tuple[Seen, str | None, datetime | None]]) -> list[datetime]:
    return sorted({at for _, corrects, at in rows if corrects and at})


def _known_before(instant: datetime, rows: Sequence[tuple[Seen, str | None, datetime | None]]) -> list[Answer]:
    known = [(seen, corrects) for seen, corrects, at in rows if (at or seen.at) < instant and seen.at < instant]
    replaced = {corrects for _, corrects in known if corrects}
    return _answers(sorted((seen for seen, _ in known if seen.id not in replaced), key=_in_order))


def answers_by_learner(found: Iterable[Seen]) -> dict[str, list[Answer]]:
    """Evidence as the rules take it, each learner's in order."""
    grouped: dict[str, list[Seen]] = defaultdict(list)
    for row in found:
        grouped[row.learner_id].append(row)
    return {learner: _answers(sorted(listed, key=_in_order)) for learner, listed in grouped.items()}


def _in_order(row: Seen) -> tuple[datetime, str]:
    return row.at, row.id


def _answers(ordered: Iterable[Seen]) -> list[Answer]:
    answers = []
    met: set[str] = set()
    for (
        identifier,
        _,
        item,
        revision,
        skills,
        level,
        score,
        guess,
        difficulty,
        at,
        mode,
        met_before,
        struck,
        lapsed,
    ) in ordered:
        # Whoever has met the item may remember it: that shows no mastery beyond chance.
        certifying = mode in _EARNEST and len(skills) == 1 and not met_before and item not in met
        met.add(item)
        if struck:
            continue
        answers.append(
            Answer(identifier, (item, revision), tuple(skills), level, score, guess, difficulty, at, certifying, lapsed)
        )
    return answers


def chain_of(answers: Iterable[Answer]) -> Chain:
    """The snapshots that held when these answers were given, as far as they concern their items and skills.

    Three statements. Each looks one row up for every item or skill and instant, however many snapshots there are.
    """
    items: set[tuple[ItemKey, datetime]] = set()
    skills: set[tuple[str, datetime]] = set()
    for answer in answers:
        items.add((answer.item, answer.at))
        skills.update((code, answer.at) for code in answer.skills)
    instants = sorted({at for _, at in skills})
    if not instants:
        return Chain()
    with prepared() as cursor:
        cursor.execute(_VERSIONS, [arrays.instants(instants)])
        versions = cursor.fetchall()
        if not versions:
            return Chain()
        cursor.execute(
            _ITEMS_HELD,
            [
                arrays.ids(key[0] for key, _ in items), arrays.numbers(key[1] for key, _ in items),
                arrays.instants(at for _, at in items),
            ],
        )  # fmt: skip
        item_rows = cursor.fetchall()
        cursor.execute(
            _SKILLS_HELD, [arrays.texts(code for code, _ in skills), arrays.instants(at for _, at in skills)]
        )
        skill_rows = cursor.fetchall()
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


def parameters_of(row: Mapping[str, Any]) -> Parameters:
    """The parameters in a row."""
    return Parameters(row["mean"], row["variance"], row["count"])


@dataclass(slots=True)
class Known:
    """What is stored of a learner: mastery, the tests for certified mastery, and whether today's rules computed them.

    stored: the skills that have a row, answered or not. reviewed: evidence was corrected; such a state is computed from
    the whole, for levels reached before are kept beside what counts now.
    """

    mastery: Mastery
    tests: Certification
    current: bool
    stored: set[str] = field(default_factory=set)
    reviewed: bool = False


def load(held: Mapping[str, Mapping[str, Any]], scale: Scale) -> dict[str, Known]:
    """What is stored of each locked learner."""
    known = {
        learner: Known(
            Mastery(row["mean"], row["variance"], row["count"], row["last_at"]),
            Certification(last_at=row["last_at"]),
            row["rule_version"] == RULES,
        )
        for learner, row in held.items()
    }
    with prepared() as cursor:
        cursor.execute(
            "SELECT learner_id::text, framework_version, tests::text, skill_code, mean, variance, count, last_at::text, "
            "shown_level, computed_level, probability, computed_since::text FROM learners_skillstate "
            "WHERE learner_id = ANY(%s::uuid[])",
            [arrays.ids(sorted(held))],
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
        ) in cursor.fetchall():
            one = known[learner]
            one.stored.add(code)
            # A state without answers is what people decided, or what was left until the time was over: not the filter's;
            # unless all that a level was reached by was struck since.
            if count or level:
                one.mastery.skills[code] = SkillMastery(
                    mean, variance, count, _instant(last_at), shown, level, likely, _instant(since)
                )
            if tests:
                one.tests.skills[code] = {
                    int(tested): Testing(log_e, counted, _instant(reached_at))
                    for tested, (log_e, counted, reached_at) in orjson.loads(tests).items()
                }
            one.current &= version == scale.version
        cursor.execute(
            "SELECT DISTINCT learner_id::text FROM learners_evidence "
            "WHERE corrects IS NOT NULL AND learner_id = ANY(%s::uuid[])",
            [arrays.ids(sorted(held))],
        )
        for (learner,) in cursor.fetchall():
            known[learner].reviewed = True
    return known


def level_changes(learner_ids: Iterable[str]) -> dict[str, list[LevelReached]]:
    """The computed levels reached, as stored, by learner."""
    grouped: dict[str, list[LevelReached]] = defaultdict(list)
    for row in rows(
        "SELECT learner_id::text, skill_code, level, evidence_id::text, probability, at FROM learners_levelchange "
        "WHERE learner_id = ANY(%s::uuid[])",
        [arrays.ids(sorted(learner_ids))],
    ):
        grouped[row["learner_id"]].append(
            LevelReached(row["skill_code"], row["level"], row["evidence_id"], row["probability"], row["at"])
        )
    return grouped


def forget(learner_ids: Collection[str]) -> None:
    """Delete what follows from the evidence of learners that are rebuilt; their locked abilities and traces stay."""
    if not learner_ids:
        return
    ids = arrays.ids(sorted(learner_ids))
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM learners_skillstate WHERE learner_id = ANY(%s::uuid[])", [ids])
        cursor.execute("DELETE FROM learners_levelchange WHERE learner_id = ANY(%s::uuid[])", [ids])


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
    %s::float8[], %s::timestamptz[], %s::smallint[], %s::timestamptz[], %s::text[]
) AS new(
    learner_id, code, mean, variance, count, last_at, shown_level, computed_level, probability, computed_since,
    certified_level, certified_at, tests
)
"""
_INSERT_STATES = f"""
INSERT INTO learners_skillstate (
    framework_version, learner_id, skill_code, mean, variance, count, last_at, shown_level, computed_level, probability,
    computed_since, certified_level, certified_at, tests, level, level_since
)
SELECT %s, learner_id, code, mean, variance, count, last_at, shown_level, computed_level, probability, computed_since,
    certified_level, certified_at, tests::jsonb, computed_level, computed_since
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
SET framework_version = %s, mean = new.mean, variance = new.variance, count = new.count, last_at = new.last_at,
    shown_level = new.shown_level, computed_level = new.computed_level, probability = new.probability,
    computed_since = new.computed_since, certified_level = new.certified_level, certified_at = new.certified_at,
    tests = new.tests::jsonb, level = new.computed_level, level_since = new.computed_since
{_NEW_STATES}
WHERE kept.learner_id = new.learner_id AND kept.skill_code = new.code
"""  # noqa: S608 (constants)
_INSERT_CHANGES = """
INSERT INTO learners_levelchange (learner_id, skill_code, level, evidence_id, probability, at, rule_version)
SELECT new.*, %s
FROM unnest(%s::uuid[], %s::text[], %s::smallint[], %s::uuid[], %s::float8[], %s::timestamptz[]) AS new
"""


def write(
    states: Mapping[str, Mastery], tests: Mapping[str, Certification], touched: Mapping[str, set[str]],
    reached: Mapping[str, Sequence[LevelReached]], by: Scale, chain: Chain, *, stored: Mapping[str, set[str]],
) -> None:  # fmt: skip
    """Write abilities, the skills touched, and the levels reached: four statements.

    Where people decided, the levels that count still have to follow (`levels.write_levels`).

    Args:
        stored: skills that have a row for certain, by learner.
    """
    abilities = list(states.values())
    blank = rules.unanswered(by)
    new: list[tuple[str, str, SkillMastery]] = []
    known: list[tuple[str, str, SkillMastery]] = []
    for learner, mastery in states.items():
        there = stored.get(learner, ())
        for code in sorted(touched[learner]):
            # Without an answer where all were left until the time was over: the tests go on from there.
            (known if code in there else new).append((learner, code, mastery.skills.get(code, blank)))
    changes = [(learner, change) for learner, made in reached.items() for change in made]
    with prepared() as cursor:
        cursor.execute(
            _WRITE_ABILITIES,
            [
                RULES, arrays.ids(states), arrays.numbers(one.mean for one in abilities),
                arrays.numbers(one.variance for one in abilities), arrays.numbers(one.count for one in abilities),
                arrays.instants(one.last_at for one in abilities),
                arrays.texts(chain.version(one.last_at) if one.last_at else STATED for one in abilities),
            ],
        )  # fmt: skip
        for statement, skills in ((_INSERT_STATES, new), (_UPDATE_STATES, known)):
            if skills:
                cursor.execute(statement, [by.version, *_state_columns(skills, tests)])
        if changes:
            cursor.execute(
                _INSERT_CHANGES,
                [
                    rules.RULE, arrays.ids(learner for learner, _ in changes),
                    arrays.texts(one.skill for _, one in changes), arrays.numbers(one.level for _, one in changes),
                    arrays.ids(one.evidence_id for _, one in changes),
                    arrays.numbers(one.probability for _, one in changes), arrays.instants(one.at for _, one in changes),
                ],
            )  # fmt: skip


def _state_columns(
    skills: Sequence[tuple[str, str, SkillMastery]], tests: Mapping[str, Certification]
) -> list[str]:  # fmt: skip
    """The columns of `_NEW_STATES`."""
    certified = [_certified(tests[learner], code) for learner, code, _ in skills]
    states = [state for _, _, state in skills]
    return [
        arrays.ids(learner for learner, _, _ in skills), arrays.texts(code for _, code, _ in skills),
        arrays.numbers(one.mean for one in states), arrays.numbers(one.variance for one in states),
        arrays.numbers(one.count for one in states), arrays.instants(one.last_at for one in states),
        arrays.numbers(one.shown_level for one in states), arrays.numbers(one.level for one in states),
        arrays.numbers(one.probability for one in states), arrays.instants(one.level_since for one in states),
        arrays.numbers(level for level, _, _ in certified), arrays.instants(at for _, at, _ in certified),
        arrays.texts(told for _, _, told in certified),
    ]  # fmt: skip


def _certified(tests: Certification, code: str) -> tuple[int, datetime | None, str | None]:
    """Certified level, since when, and the tests as JSON."""
    levels = tests.skills.get(code)
    if not levels:
        return 0, None, None
    certified = tests.level(code)
    told = {
        str(level): [one.log_e, one.count, one.reached_at.isoformat() if one.reached_at else None]
        for level, one in sorted(levels.items())
    }
    since = (
        max(one.reached_at for level, one in levels.items() if level <= certified and one.reached_at)
        if certified
        else None
    )
    return certified, since, orjson.dumps(told).decode()


_WRITE_TRACES = """
INSERT INTO learners_sittingtrace (learner_id, at, evidence_ids, theta, theta_variance, expected, waits)
SELECT learner_id, at, ids::uuid[], theta::float8[], theta_variance::float8[], expected::float8[], waits
FROM unnest(%s::uuid[], %s::timestamptz[], %s::text[], %s::text[], %s::text[], %s::text[], %s::smallint[])
    AS new(learner_id, at, ids, theta, theta_variance, expected, waits)
ON CONFLICT (learner_id, at) DO UPDATE
SET evidence_ids = EXCLUDED.evidence_ids, theta = EXCLUDED.theta, theta_variance = EXCLUDED.theta_variance,
    expected = EXCLUDED.expected
"""


def write_traces(traces: Mapping[str, Sequence[Trace]], answers: Mapping[str, Sequence[Answer]], chain: Chain) -> None:
    """Write where learners stood before their answers; a sitting that was learned from is not learned from again.

    Args:
        traces, answers: by learner, in order; an answer that lapsed has no trace.
    """
    soon, tonight = SittingTrace.Waits.FOR_SECONDS.value, SittingTrace.Waits.FOR_THE_NIGHT.value
    lines = []
    for learner, listed in answers.items():
        of_learner = iter(traces[learner])
        for at, sitting in groupby((one for one in listed if not one.lapsed), key=attrgetter("at")):
            asked = list(sitting)
            made = list(islice(of_learner, len(asked)))
            young = any(chain.item(one.item, 0.0, at).count < YOUNG_BELOW for one in asked)
            lines.append(
                (
                    learner, at, arrays.ids(one.evidence_id for one in made), arrays.numbers(one.theta for one in made),
                    arrays.numbers(one.theta_variance for one in made), arrays.numbers(one.expected for one in made),
                    soon if young else tonight,
                )
            )  # fmt: skip
    if not lines:
        return
    learners, instants, *lists, waits = (list(column) for column in zip(*lines, strict=True))
    with prepared() as cursor:
        cursor.execute(
            _WRITE_TRACES,
            [
                arrays.ids(learners), arrays.instants(instants), *(arrays.nested(one) for one in lists),
                arrays.numbers(waits),
            ],
        )  # fmt: skip
