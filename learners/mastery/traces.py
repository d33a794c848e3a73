"""Where learners stood before their answers: what items and skills learn from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby, islice
from operator import attrgetter

from common import arrays
from common.database import prepared
from learners.mastery.calibration import YOUNG_BELOW
from learners.mastery.models import SittingTrace
from learners.mastery.rules import Answer, Trace
from learners.mastery.snapshots import Chain

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
