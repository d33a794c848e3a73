"""Where learners stood before their answers: what items and skills learn from."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import groupby, islice
from operator import attrgetter

from learners.mastery import trace_statements
from learners.mastery.calibration import CALIBRATED_FROM
from learners.mastery.models import SittingTrace
from learners.mastery.rules import Answer, Trace
from learners.mastery.snapshots import Chain
from learners.mastery.trace_statements import Sitting


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
    first: list[Sitting] = []
    others: list[Sitting] = []
    for learner, given in answers.items():
        of_learner = iter(traced[learner])
        for at, sitting in groupby(given, key=attrgetter("at")):
            asked = [answer for answer in sitting if not answer.lapsed]
            if not asked:
                continue
            is_uncalibrated = any(chain.item(question.item, 0.0, at).count < CALIBRATED_FROM for question in asked)
            waits = SittingTrace.Waits.FOR_SECONDS if is_uncalibrated else SittingTrace.Waits.FOR_THE_NIGHT
            *columns, earlier = zip(*islice(of_learner, len(asked)), strict=True)
            by_skill = {
                code: count
                for answer, counts in zip(asked, earlier, strict=True)
                for code, count in zip(answer.skills, counts, strict=True)
            }
            (first if learner in new else others).append(Sitting(learner, at, waits.value, columns, by_skill))
    if first:
        trace_statements.copy_traces(first)
    if others:
        trace_statements.upsert_traces(others)
