"""SQL by hand: the traces of sittings, written when answers are absorbed and read when a snapshot is published."""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import accumulate
from itertools import chain as chained
from typing import Any, NamedTuple

from common import binary
from common.database import copy_rows, run_prepared


class Sitting(NamedTuple):
    """A sitting's trace; the columns are the first four of `Trace`, and `earlier` is by skill."""

    learner: str
    at: datetime
    waits: int
    columns: Sequence[Sequence[Any]]
    earlier: Mapping[str, int]


_COLUMNS = "learner_id, at, waits, evidence_ids, theta, theta_variance, expected, skills, earlier"
_pack = struct.Struct("!h i16s iq ih").pack


def copy_traces(sittings: Iterable[Sitting]) -> None:
    """COPY the traces of sittings that have none.

    Raises:
        IntegrityError: a sitting has a trace.
    """
    copy_rows("learners_sittingtrace", _COLUMNS, [_packed(sitting) for sitting in sittings])


def _packed(sitting: Sitting) -> bytes:
    """The sitting as COPY takes it, in the order of `_COLUMNS`."""
    ids, *numbers = sitting.columns
    fields = [
        binary.field(binary.uuids(ids)),
        *(binary.field(binary.floats(number)) for number in numbers),
        binary.field(binary.codes(sitting.earlier)),
        binary.field(binary.integers(sitting.earlier.values())),
    ]
    head = _pack(9, 16, binary.uuid(sitting.learner), 8, binary.instant(sitting.at), 2, sitting.waits)
    return head + b"".join(fields)


# What all sittings have asked comes as one array per column; each sitting has a slice of it.
_WRITE_TRACES = """
INSERT INTO learners_sittingtrace (learner_id, at, evidence_ids, theta, theta_variance, expected, skills, earlier, waits)
SELECT learner_id, at, ids[first:last], theta[first:last], theta_variance[first:last], expected[first:last],
    skills[first_skill:last_skill], earlier[first_skill:last_skill], waits
FROM (
    SELECT %s::uuid[] AS ids, %s::float8[] AS theta, %s::float8[] AS theta_variance, %s::float8[] AS expected,
        %s::text[] AS skills, %s::int[] AS earlier
) AS asked, unnest(%s::uuid[], %s::timestamptz[], %s::smallint[], %s::int[], %s::int[], %s::int[], %s::int[])
    AS new(learner_id, at, waits, first, last, first_skill, last_skill)
ON CONFLICT (learner_id, at) DO UPDATE
SET evidence_ids = EXCLUDED.evidence_ids, theta = EXCLUDED.theta, theta_variance = EXCLUDED.theta_variance,
    expected = EXCLUDED.expected, skills = EXCLUDED.skills, earlier = EXCLUDED.earlier
"""


def upsert_traces(sittings: Sequence[Sitting]) -> None:
    """Write the traces of sittings, one statement; where one has a trace, `waits` stays: nothing is learned from it twice."""
    learners, instants, waits, columns, earlier = zip(*sittings, strict=True)
    ids, *numbers = [list(chained.from_iterable(column)) for column in zip(*columns, strict=True)]
    run_prepared(
        _WRITE_TRACES,
        [
            binary.uuids(ids),
            *(binary.floats(column) for column in numbers),
            binary.texts(list(chained.from_iterable(earlier))),
            binary.integers(list(chained.from_iterable(counts.values() for counts in earlier))),
            binary.uuids(learners),
            binary.instants(instants),
            binary.small_integers(waits),
            *_slices([len(of_sitting[0]) for of_sitting in columns]),
            *_slices([len(counts) for counts in earlier]),
        ],
    )


def _slices(lengths: Sequence[int]) -> tuple[binary.Array, binary.Array]:
    """Where each part of an array of parts begins and ends, from 1."""
    lasts = list(accumulate(lengths))
    return binary.integers([1, *(last + 1 for last in lasts[:-1])]), binary.integers(lasts)


_WAITING = """
SELECT t.id AS trace_id, e.id::text AS evidence_id, asked.theta, asked.theta_variance, e.item_id::text, e.item_revision,
    e.difficulty, e.skills, e.score, e.guess,
    e.voided OR EXISTS (SELECT FROM learners_evidence AS c WHERE c.corrects = e.id) AS void, t.skills AS sitting_skills,
    t.earlier AS sitting_earlier
FROM (
    SELECT * FROM learners_sittingtrace WHERE waits > 0 AND waits <= %s::smallint ORDER BY at, id LIMIT %s::int
) AS t
CROSS JOIN LATERAL unnest(t.evidence_ids, t.theta, t.theta_variance) AS asked(id, theta, theta_variance)
JOIN learners_evidence AS e ON e.id = asked.id
ORDER BY e.answered_at, e.id
"""


def waiting_answers(*, pending: int, most: int) -> list[tuple[Any, ...]]:
    """The answers of the first `most` sittings that wait, by the instant of the answer.

    Args:
        pending: the highest `SittingTrace.Waits` to be taken.

    Returns:
        Id of the trace, id of the evidence, theta and its variance, item, its revision, stated difficulty, skills, score,
        guess, whether the answer is void (voided or corrected), and the sitting's skills with the answers on each in earlier
        sittings, of each.
    """
    return run_prepared(_WAITING, [pending, most])


def mark_learned(trace_ids: Collection[int]) -> None:
    """Note that the sittings wait no longer."""
    run_prepared("UPDATE learners_sittingtrace SET waits = 0 WHERE id = ANY(%s::bigint[])", [list(trace_ids)])
