"""Evidence between the database and the rules: one statement each, whatever the number of rows."""

from __future__ import annotations

import struct
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple

from common import binary
from common.database import copy_rows, run_prepared
from learners.mastery.rules import Answer

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
    framework_version: str
    mode: str
    met: bool
    struck: bool = False
    lapsed: bool = False


class NewEvidence(NamedTuple):
    """A row of evidence to be stored; it begins with the fields of `Seen`."""

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
    framework_version: str
    mode: str
    met: bool
    struck: bool
    lapsed: bool
    supervised: bool
    language: str
    rule_version: str
    corrects: str | None
    corrected_at: str | None


_SEEN = len(Seen._fields)
# What is known of new evidence before it is stored; few rows, for most of it is new and first.
_STORED = """
SELECT 0, id::text, NULL FROM learners_evidence WHERE id = ANY(%s::uuid[])
UNION ALL
SELECT 1, corrects::text, NULL FROM learners_evidence WHERE corrects = ANY(%s::uuid[])
UNION ALL
SELECT 2, asked.learner_id::text, asked.item_id::text
FROM unnest(%s::uuid[], %s::uuid[]) AS asked(learner_id, item_id) CROSS JOIN LATERAL (
    SELECT FROM learners_evidence AS e WHERE e.learner_id = asked.learner_id AND e.item_id = asked.item_id LIMIT 1
) AS met
"""


def insert_evidence(evidence: Iterable[NewEvidence]) -> tuple[list[Seen], set[str]]:
    """Store what is new; return it, and the learners with a correction in it (or with one that came before it).

    The caller holds the locks of the learners' abilities: nobody else stores evidence of theirs meanwhile. Two
    statements: what is stored already, and a COPY of what is not.

    Raises:
        IntegrityError: another learner's evidence of the same id was stored at this moment. Another try passes it over.
    """
    # The first of doubled ones is the one that is stored. In the order of the ids, which is that of the index.
    by_id = {one.id: one for one in reversed(list(evidence))}
    ordered = [by_id[identifier] for identifier in sorted(by_id)]
    if not ordered:
        return [], set()
    stored, corrected, met = _stored(ordered)
    new, packed = [], []
    learners_corrected = set()
    for one in ordered:
        if one.id in stored or one.corrects in corrected:
            continue
        if one.corrects:
            # What was corrected once is corrected by correcting the correction.
            corrected.add(one.corrects)
        if one.corrects or one.struck or one.id in corrected:
            learners_corrected.add(one.learner_id)
        packed.append(_row(one))
        seen = Seen._make(one[:_SEEN])
        new.append(seen._replace(met=True) if (one.learner_id, one.item_id) in met else seen)
    if packed:
        copy_rows("learners_evidence", _COLUMNS, packed)
    return new, learners_corrected


def _stored(evidence: Sequence[NewEvidence]) -> tuple[set[str], set[str], set[tuple[str, str]]]:
    """Ids that are stored; those that are corrected; pairs of learner and item that met before."""
    ids = [one.id for one in evidence]
    corrects = [one.corrects for one in evidence if one.corrects]
    stored, corrected, met = set[str](), set[str](), set[tuple[str, str]]()
    rows = run_prepared(
        _STORED,
        [
            binary.uuids(ids), binary.uuids(ids + corrects),
            binary.uuids([one.learner_id for one in evidence]), binary.uuids([one.item_id for one in evidence]),
        ],
    )  # fmt: skip
    for kind, first, second in rows:
        if kind == 2:
            met.add((first, second))
        else:
            (corrected if kind else stored).add(first)
    return stored, corrected, met


_COLUMNS = (
    "id, learner_id, item_id, item_revision, level, score, guess, difficulty, answered_at, met_before, struck, lapsed, "
    "supervised, skills, mode, language, framework_version, rule_version, corrects, corrected_at"
)
_pack = struct.Struct("!h i16s i16s i16s ii ih id id id iq i? i? i? i?").pack


def _row(one: NewEvidence) -> bytes:
    """The row as COPY takes it, in the order of `_COLUMNS`."""
    return b"".join(
        (
            _pack(
                20, 16, binary.uuid(one.id), 16, binary.uuid(one.learner_id), 16, binary.uuid(one.item_id),
                4, one.item_revision, 2, one.level, 8, one.score, 8, one.guess, 8, one.difficulty,
                8, binary.instant(one.at), 1, one.met, 1, one.struck, 1, one.lapsed, 1, one.supervised,
            ),
            _told(tuple(one.skills), one.mode, one.language, one.framework_version, one.rule_version),
            _correction(one) if one.corrects or one.corrected_at else binary.NULL * 2,
        )
    )  # fmt: skip


@lru_cache(maxsize=4096)
def _told(skills: tuple[str, ...], *texts: str) -> bytes:
    """What is the same for many answers."""
    return binary.field(binary.codes(skills)) + b"".join([binary.text(one) for one in texts])


def _correction(one: NewEvidence) -> bytes:
    at = struct.pack("!iq", 8, binary.instant(one.corrected_at)) if one.corrected_at else binary.NULL
    return (binary.field(binary.uuid(one.corrects)) if one.corrects else binary.NULL) + at


_COUNTING = """
SELECT e.id::text, e.learner_id::text, e.item_id::text, e.item_revision, e.skills, e.level, e.score, e.guess,
    e.difficulty, e.answered_at, e.framework_version, e.mode, e.met_before, e.struck, e.lapsed
FROM learners_evidence AS e
WHERE e.learner_id = ANY(%s::uuid[])
    AND NOT EXISTS (SELECT FROM learners_evidence AS c WHERE c.corrects = e.id)
"""
_WITH_CORRECTIONS = """
SELECT e.id::text, e.learner_id::text, e.item_id::text, e.item_revision, e.skills, e.level, e.score, e.guess,
    e.difficulty, e.answered_at, e.framework_version, e.mode, e.met_before, e.struck, e.lapsed, e.corrects::text,
    e.corrected_at
FROM learners_evidence AS e
WHERE e.learner_id IN (
    SELECT c.learner_id FROM learners_evidence AS c
    WHERE c.corrects IS NOT NULL AND c.learner_id = ANY(%s::uuid[])
)
"""


def evidence_of(learner_ids: Iterable[str]) -> dict[str, list[Answer]]:
    """All evidence of these learners that counts, in order."""
    ids = sorted(learner_ids)
    if not ids:
        return {}
    found = run_prepared(_COUNTING, [binary.uuids(ids)])
    return answers_by_learner(Seen(*row) for row in found)


def evidence_before_corrections(learner_ids: Iterable[str]) -> dict[str, list[list[Answer]]]:
    """For each correction of a learner's evidence, all that counted just before it was decided, in order.

    Learners without a correction are missing. A learner with n instants of correction has n lists.
    """
    ids = sorted(learner_ids)
    if not ids:
        return {}
    found = run_prepared(_WITH_CORRECTIONS, [binary.uuids(ids)])
    grouped: dict[str, list[tuple[Seen, str | None, datetime | None]]] = defaultdict(list)
    for *row, corrects, corrected_at in found:
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


_in_order = itemgetter(Seen._fields.index("at"), Seen._fields.index("id"))


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
        framework,
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
            Answer(
                identifier, (item, revision), tuple(skills), level, score, guess, difficulty, at, framework, certifying,
                lapsed,
            )
        )  # fmt: skip
    return answers
