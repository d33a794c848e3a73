"""Learning item difficulties and skill offsets from answers: the other half of the filter in `rules`. Pure.

    m = theta + w sum(d_k) - b;  V = v_theta + v_b + w^2 sum(v_dk);  r, H as in `rules`
    d_k += w v_dk r;  v_dk -= w^2 v_dk^2 H;  b -= v_b r;  v_b -= v_b^2 H

with theta the learner's ability on the answer's skills just before it (mean and variance; kept with each answer absorbed).
Answers are folded one after the other, each once. The outcome is published as a snapshot and judges later answers only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from learners.mastery.rules import step
from learners.mastery.snapshots import UNSEEN_SKILL, V_B0, ItemKey, Parameters

# An item with fewer answers is not calibrated: its parameters are published within seconds, those of others nightly.
CALIBRATED_FROM = 30


@dataclass(frozen=True, slots=True)
class Observation:
    """An answer as items see it: the learner's ability before it (mean and variance), and what became of it."""

    evidence_id: str
    item: ItemKey
    stated: float
    skills: tuple[str, ...]
    score: float
    guess: float
    theta: float
    theta_variance: float


def learn(
    observations: Iterable[Observation], *, items: Mapping[ItemKey, Parameters], skills: Mapping[str, Parameters]
) -> tuple[dict[ItemKey, Parameters], dict[str, Parameters]]:
    """Fold observations in the order given; return the parameters of all items and skills that they moved.

    Args:
        items, skills: the newest parameters; what is missing was never answered.
    """
    moved_items: dict[ItemKey, Parameters] = {}
    moved_skills: dict[str, Parameters] = {}
    for seen in observations:
        item = moved_items.get(seen.item) or items.get(seen.item) or Parameters(seen.stated, V_B0)
        offsets = [moved_skills.get(code) or skills.get(code) or UNSEEN_SKILL for code in seen.skills]
        w = 1.0 / len(offsets)
        m = seen.theta + w * sum(offset.mean for offset in offsets) - item.mean
        total = seen.theta_variance + item.variance + w * w * sum(offset.variance for offset in offsets)
        _, r, weight = step(m, total, seen.score, seen.guess)
        moved_items[seen.item] = Parameters(
            item.mean - item.variance * r, item.variance - item.variance**2 * weight, item.count + 1
        )
        for code, offset in zip(seen.skills, offsets, strict=True):
            moved_skills[code] = Parameters(
                offset.mean + w * offset.variance * r,
                offset.variance - w * w * offset.variance**2 * weight,
                offset.count + 1,
            )
    return moved_items, moved_skills
