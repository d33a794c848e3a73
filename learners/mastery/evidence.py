"""Evidence between the database and the rules: one statement each, whatever the number of rows."""

from __future__ import annotations

import struct
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from common import binary
from common.database import copy_rows, run_prepared
from learners.mastery.answers import Correctable, Seen, answers_by_learner, before_corrections
from learners.mastery.rules import Answer


class NewEvidence(NamedTuple):
    """A row of evidence to be stored."""

    seen: Seen
    supervised: bool
    language: str
    rule_version: str
    corrects: str | None
    corrected_at: datetime | None


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
    by_id = {row.seen.id: row for row in reversed(list(evidence))}
    ordered = [by_id[identifier] for identifier in sorted(by_id)]
    if not ordered:
        return [], set()
    stored, corrected, seen_items = _stored(ordered)
    new, packed = [], []
    learners_corrected = set()
    for row in ordered:
        seen = row.seen
        if seen.id in stored or row.corrects in corrected:
            continue
        if row.corrects:
            # What was corrected once is corrected by correcting the correction.
            corrected.add(row.corrects)
        if row.corrects or seen.voided or seen.id in corrected:
            learners_corrected.add(seen.learner_id)
        packed.append(_packed(row))
        new.append(seen._replace(seen_before=True) if (seen.learner_id, seen.item_id) in seen_items else seen)
    if packed:
        copy_rows("learners_evidence", _COLUMNS, packed)
    return new, learners_corrected


def _stored(evidence: Sequence[NewEvidence]) -> tuple[set[str], set[str], set[tuple[str, str]]]:
    """Ids that are stored; those that are corrected; pairs of learner and item that met before."""
    ids = [row.seen.id for row in evidence]
    corrects = [row.corrects for row in evidence if row.corrects]
    stored, corrected, seen_items = set[str](), set[str](), set[tuple[str, str]]()
    rows = run_prepared(
        _STORED,
        [
            binary.uuids(ids),
            binary.uuids(ids + corrects),
            binary.uuids([row.seen.learner_id for row in evidence]),
            binary.uuids([row.seen.item_id for row in evidence]),
        ],
    )
    for kind, first, second in rows:
        if kind == 2:
            seen_items.add((first, second))
        else:
            (corrected if kind else stored).add(first)
    return stored, corrected, seen_items


_COLUMNS = (
    "id, learner_id, item_id, item_revision, level, score, guess, difficulty, answered_at, seen_before, voided, lapsed, "
    "supervised, skills, mode, language, framework_version, rule_version, corrects, corrected_at"
)
_pack = struct.Struct("!h i16s i16s i16s ii ih id id id iq i? i? i? i?").pack


def _packed(row: NewEvidence) -> bytes:
    """The row as COPY takes it, in the order of `_COLUMNS`."""
    seen = row.seen
    return b"".join(
        (
            _pack(
                20,
                16,
                binary.uuid(seen.id),
                16,
                binary.uuid(seen.learner_id),
                16,
                binary.uuid(seen.item_id),
                4,
                seen.item_revision,
                2,
                seen.level,
                8,
                seen.score,
                8,
                seen.guess,
                8,
                seen.difficulty,
                8,
                binary.instant(seen.at),
                1,
                seen.seen_before,
                1,
                seen.voided,
                1,
                seen.lapsed,
                1,
                row.supervised,
            ),
            _shared(tuple(seen.skills), seen.mode, row.language, seen.framework_version, row.rule_version),
            _correction(row) if row.corrects or row.corrected_at else binary.NULL * 2,
        )
    )


@lru_cache(maxsize=4096)
def _shared(skills: tuple[str, ...], *texts: str) -> bytes:
    """What is the same for many answers."""
    return binary.field(binary.codes(skills)) + b"".join([binary.text(value) for value in texts])


def _correction(row: NewEvidence) -> bytes:
    at = struct.pack("!iq", 8, binary.instant(row.corrected_at)) if row.corrected_at else binary.NULL
    return (binary.field(binary.uuid(row.corrects)) if row.corrects else binary.NULL) + at


_COUNTING = """
SELECT e.id::text, e.learner_id::text, e.item_id::text, e.item_revision, e.skills, e.level, e.score, e.guess,
    e.difficulty, e.answered_at, e.framework_version, e.mode, e.seen_before, e.voided, e.lapsed
FROM learners_evidence AS e
WHERE e.learner_id = ANY(%s::uuid[])
    AND NOT EXISTS (SELECT FROM learners_evidence AS c WHERE c.corrects = e.id)
"""
_WITH_CORRECTIONS = """
SELECT e.id::text, e.learner_id::text, e.item_id::text, e.item_revision, e.skills, e.level, e.score, e.guess,
    e.difficulty, e.answered_at, e.framework_version, e.mode, e.seen_before, e.voided, e.lapsed, e.corrects::text,
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
    grouped: dict[str, list[Correctable]] = defaultdict(list)
    for *row, corrects, corrected_at in found:
        seen = Seen(*row)
        grouped[seen.learner_id].append(Correctable(seen, corrects, corrected_at))
    return {learner: before_corrections(listed) for learner, listed in grouped.items()}
