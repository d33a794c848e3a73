"""Where learners stood before their answers: what items and skills learn from."""

from __future__ import annotations

import struct
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from itertools import accumulate, groupby, islice
from itertools import chain as chained
from operator import attrgetter
from typing import Any, NamedTuple

from common import binary
from common.database import copy_rows, run_prepared
from learners.mastery.calibration import CALIBRATED_FROM
from learners.mastery.models import SittingTrace
from learners.mastery.rules import Answer, Trace
from learners.mastery.snapshots import Chain

# What all sittings have asked comes as one array per column; each sitting has a slice of it.
_WRITE_TRACES = """
INSERT INTO learners_sittingtrace (learner_id, at, evidence_ids, theta, theta_variance, expected, waits)
SELECT learner_id, at, ids[first:last], theta[first:last], theta_variance[first:last], expected[first:last], waits
FROM (SELECT %s::uuid[] AS ids, %s::float8[] AS theta, %s::float8[] AS theta_variance, %s::float8[] AS expected) AS asked,
    unnest(%s::uuid[], %s::timestamptz[], %s::smallint[], %s::int[], %s::int[]) AS new(learner_id, at, waits, first, last)
ON CONFLICT (learner_id, at) DO UPDATE
SET evidence_ids = EXCLUDED.evidence_ids, theta = EXCLUDED.theta, theta_variance = EXCLUDED.theta_variance,
    expected = EXCLUDED.expected
"""


_COLUMNS = "learner_id, at, waits, evidence_ids, theta, theta_variance, expected"
_pack = struct.Struct("!h i16s iq ih").pack


def write_traces(
    traced: Mapping[str, Sequence[Trace]],
    answers: Mapping[str, Sequence[Answer]],
    chain: Chain,
    *,
    new: Collection[str],
) -> None:
    """Write where learners stood before their answers; a sitting that was learned from is not learned from again.

    Args:
        traced, answers: by learner, in order; an answer that lapsed has no trace.
        new: learners of whom no sitting in `answers` has a trace yet.
    """
    packed: list[bytes] = []
    others: list[_Sitting] = []
    for learner, listed in answers.items():
        of_learner = iter(traced[learner])
        for at, sitting in groupby(listed, key=attrgetter("at")):
            asked = [answer for answer in sitting if not answer.lapsed]
            if not asked:
                continue
            is_uncalibrated = any(chain.item(question.item, 0.0, at).count < CALIBRATED_FROM for question in asked)
            waits = SittingTrace.Waits.FOR_SECONDS if is_uncalibrated else SittingTrace.Waits.FOR_THE_NIGHT
            columns = list(zip(*islice(of_learner, len(asked)), strict=True))
            if learner in new:
                packed.append(_row(learner, at, waits.value, columns))
            else:
                others.append(_Sitting(learner, at, waits.value, columns))
    if packed:
        copy_rows("learners_sittingtrace", _COLUMNS, packed)
    if others:
        _rewrite(others)


class _Sitting(NamedTuple):
    """A sitting's trace; the columns are those of `Trace`."""

    learner: str
    at: datetime
    waits: int
    columns: Sequence[Sequence[Any]]


def _row(learner: str, at: datetime, waits: int, columns: Sequence[Sequence[Any]]) -> bytes:
    ids, *numbers = columns
    fields = [binary.field(binary.uuids(ids)), *(binary.field(binary.floats(number)) for number in numbers)]
    return _pack(7, 16, binary.uuid(learner), 8, binary.instant(at), 2, waits) + b"".join(fields)


def _rewrite(sittings: Sequence[_Sitting]) -> None:
    learners, instants, waits, columns = zip(*sittings, strict=True)
    ids, *numbers = [list(chained.from_iterable(listed)) for listed in zip(*columns, strict=True)]
    lasts = list(accumulate(len(of_sitting[0]) for of_sitting in columns))
    firsts = [1, *(last + 1 for last in lasts[:-1])]
    run_prepared(
        _WRITE_TRACES,
        [
            binary.uuids(ids),
            *(binary.floats(listed) for listed in numbers),
            binary.uuids(learners),
            binary.instants(instants),
            binary.small_integers(waits),
            binary.integers(firsts),
            binary.integers(lasts),
        ],
    )
