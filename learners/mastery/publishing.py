"""Publishing snapshots: items and skills learn from the answers absorbed since the last one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from django.db import transaction

from learners.mastery import rules, snapshot_statements, trace_statements
from learners.mastery.calibration import Observation, learn
from learners.mastery.models import SittingTrace
from learners.mastery.snapshots import ItemCalibration, ItemKey, SkillCalibration

AT_A_TIME = 2_000


class _Waiting(NamedTuple):
    """An answer of a waiting sitting. `is_void`: it was voided or corrected, and nothing is learned from it.

    sitting_skills, sitting_earlier: the skills of the whole sitting, and the learner's answers on each in earlier sittings.
    """

    trace_id: int
    evidence_id: str
    theta: float
    theta_variance: float
    item_id: str
    item_revision: int
    difficulty: float
    skills: list[str]
    score: float
    guess: float
    is_void: bool
    sitting_skills: list[str]
    sitting_earlier: list[int]

    def earlier(self) -> tuple[int, ...]:
        """Answers in earlier sittings on each of the answer's skills."""
        counts = dict(zip(self.sitting_skills, self.sitting_earlier, strict=True))
        return tuple(counts.get(code, 0) for code in self.skills)


@transaction.atomic
def publish(*, uncalibrated_only: bool, most: int = AT_A_TIME) -> int:
    """Learn from up to `most` waiting sittings and publish a snapshot; return how many answers it took, 0 for none.

    Each answer is learned from once, whenever and however often this runs. What a review corrected or voided is ignored;
    what was learned from it before stays in the snapshots that have it.

    Args:
        uncalibrated_only: leave the sittings without an uncalibrated item to the night.
    """
    waits = SittingTrace.Waits
    snapshot_statements.lock_publisher()
    pending = (waits.FOR_SECONDS if uncalibrated_only else waits.FOR_THE_NIGHT).value
    waiting = [_Waiting(*answer) for answer in trace_statements.waiting_answers(pending=pending, most=most)]
    if not waiting:
        return 0
    seen = [
        Observation(
            answer.evidence_id,
            (answer.item_id, answer.item_revision),
            answer.difficulty,
            tuple(answer.skills),
            answer.score,
            answer.guess,
            answer.theta,
            answer.theta_variance,
            answer.earlier(),
        )
        for answer in waiting
        if not answer.is_void
    ]
    items, skills = learn(
        seen,
        items=newest_items(observation.item for observation in seen),
        skills=newest_skills(code for observation in seen for code in observation.skills),
    )
    # From here to the commit no answers are absorbed: those before were judged without this snapshot, and were given
    # before it holds.
    snapshot_statements.lock_chain()
    snapshot = snapshot_statements.insert_snapshot(answers=len(seen), rule_version=rules.RULE)
    snapshot_statements.insert_item_parameters(snapshot, items)
    snapshot_statements.insert_skill_parameters(snapshot, skills)
    trace_statements.mark_learned({answer.trace_id for answer in waiting})
    return len(waiting)


def publish_all() -> int:
    """Publish snapshots until no answer waits, in short transactions; return how many answers were learned from."""
    total = 0
    while taken := publish(uncalibrated_only=False):
        total += taken
    return total


def newest_items(keys: Iterable[ItemKey]) -> dict[ItemKey, ItemCalibration]:
    """The newest parameters of items; those that no snapshot has are missing."""
    return snapshot_statements.newest_items(dict.fromkeys(keys))


def newest_skills(codes: Iterable[str]) -> Mapping[str, SkillCalibration]:
    """The newest offsets and slopes of skills; those that no snapshot has are missing."""
    return snapshot_statements.newest_skills(dict.fromkeys(codes))
