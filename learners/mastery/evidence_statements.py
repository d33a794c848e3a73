"""SQL by hand: evidence, stored and read of many learners at once. Ids are texts."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from common import binary
from common.database import copy_rows, run_prepared
from learners.mastery.answers import Correctable, NewEvidence, Seen

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


def known_of(evidence: Sequence[NewEvidence]) -> tuple[set[str], set[str], set[tuple[str, str]]]:
    """What is stored already that concerns this evidence; one statement.

    Returns:
        Ids that are stored; ids (of this evidence, and of what it corrects) that are corrected; pairs of learner and item
        that have evidence.
    """
    ids = [new.seen.id for new in evidence]
    corrects = [new.corrects for new in evidence if new.corrects]
    stored, corrected, seen_items = set[str](), set[str](), set[tuple[str, str]]()
    rows = run_prepared(
        _STORED,
        [
            binary.uuids(ids),
            binary.uuids(ids + corrects),
            binary.uuids([new.seen.learner_id for new in evidence]),
            binary.uuids([new.seen.item_id for new in evidence]),
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


def _packed(evidence: NewEvidence) -> bytes:
    """Evidence as COPY takes it, in the order of `_COLUMNS`."""
    seen = evidence.seen
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
                evidence.supervised,
            ),
            _shared(tuple(seen.skills), seen.mode, evidence.language, seen.framework_version, evidence.rule_version),
            _correction(evidence) if evidence.corrects or evidence.corrected_at else binary.NULL * 2,
        )
    )


@lru_cache(maxsize=4096)
def _shared(skills: tuple[str, ...], *texts: str) -> bytes:
    """What is the same for many answers."""
    return binary.field(binary.codes(skills)) + b"".join([binary.text(text) for text in texts])


def _correction(evidence: NewEvidence) -> bytes:
    at = struct.pack("!iq", 8, binary.instant(evidence.corrected_at)) if evidence.corrected_at else binary.NULL
    return (binary.field(binary.uuid(evidence.corrects)) if evidence.corrects else binary.NULL) + at


def copy_evidence(evidence: Iterable[NewEvidence]) -> None:
    """COPY evidence, none of which is stored.

    Raises:
        IntegrityError: evidence of the same id was stored at this moment.
    """
    copy_rows("learners_evidence", _COLUMNS, [_packed(new) for new in evidence])


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


def counting_evidence(learner_ids: Iterable[str]) -> Iterator[Seen]:
    """The evidence of learners that no other corrects, in no order."""
    return (Seen(*row) for row in run_prepared(_COUNTING, [binary.uuids(learner_ids)]))


def evidence_with_corrections(learner_ids: Iterable[str]) -> Iterator[Correctable]:
    """All evidence of those of the learners who have a correction, in no order."""
    for *row, corrects, corrected_at in run_prepared(_WITH_CORRECTIONS, [binary.uuids(learner_ids)]):
        yield Correctable(Seen(*row), corrects, corrected_at)


_KEEPING = """
SELECT learner_id::text FROM learners_evidence WHERE corrects IS NOT NULL AND learner_id = ANY(%s::uuid[])
UNION
SELECT learner_id::text FROM learners_levelchange WHERE learner_id = ANY(%s::uuid[]) AND rule_version <> %s
"""


def learners_who_keep_levels(learner_ids: Iterable[str], *, rule_version: str) -> list[str]:
    """Those of the learners who have evidence that corrects other evidence, or a level by another version of the rule."""
    ids = binary.uuids(learner_ids)
    return [learner_id for (learner_id,) in run_prepared(_KEEPING, [ids, ids, rule_version])]
