"""Learning what items and skills are like from answers: the other half of the filter in `rules`. Pure.

    x_k = w ln(1 + n_k);  M = theta + w sum(d_k) + sum(x_k s_k) - b
    m = a M;  V = a^2 (v_theta + v_b + w^2 sum(v_dk) + sum(x_k^2 v_sk)) + m^2 v_a;  r, H as in `rules`
    d_k += a w v_dk r;    v_dk -= a^2 w^2 v_dk^2 H        s_k += a x_k v_sk r;  v_sk -= a^2 x_k^2 v_sk^2 H
    b   -= a v_b r;       v_b  -= a^2 v_b^2 H             ln a += m v_a r;      v_a  -= m^2 v_a^2 H

with theta the learner's ability on the answer's skills just before it (mean and variance) and n_k the learner's answers on
them in earlier sittings, both kept with each answer absorbed. Each parameter moves by the derivative of m with respect to
it, as in an extended Kalman filter. Answers are folded one after the other, each once. The outcome is published as a
snapshot and judges later answers only.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from learners.mastery.rules import step
from learners.mastery.snapshots import UNSEEN_SKILL, ItemCalibration, ItemKey, SkillCalibration, stated_difficulty

# An item with fewer answers is not calibrated: its parameters are published within seconds, those of others nightly.
CALIBRATED_FROM = 30


@dataclass(frozen=True, slots=True)
class Observation:
    """An answer as items see it: the learner's ability before it (mean and variance), and what became of it.

    earlier: the learner's answers in earlier sittings on each of `skills`.
    """

    evidence_id: str
    item: ItemKey
    stated: float
    skills: tuple[str, ...]
    score: float
    guess: float
    theta: float
    theta_variance: float
    earlier: tuple[int, ...]


def learn(
    observations: Iterable[Observation],
    *,
    items: Mapping[ItemKey, ItemCalibration],
    skills: Mapping[str, SkillCalibration],
) -> tuple[dict[ItemKey, ItemCalibration], dict[str, SkillCalibration]]:
    """Fold observations in the order given; return the parameters of all items and skills that they moved.

    Args:
        items, skills: the newest parameters; what is missing was never answered.
    """
    moved_items: dict[ItemKey, ItemCalibration] = {}
    moved_skills: dict[str, SkillCalibration] = {}
    for seen in observations:
        item = moved_items.get(seen.item) or items.get(seen.item) or stated_difficulty(seen.stated)
        of_skills = [moved_skills.get(code) or skills.get(code) or UNSEEN_SKILL for code in seen.skills]
        w = 1.0 / len(of_skills)
        a = item.discrimination
        ability, variance = seen.theta, seen.theta_variance + item.variance
        gradients = [w * math.log1p(earlier) for earlier in seen.earlier]
        for skill, x in zip(of_skills, gradients, strict=True):
            ability += w * skill.mean + x * skill.slope
            variance += w * w * skill.variance + x * x * skill.slope_variance
        m = a * (ability - item.mean)
        log_variance = item.log_discrimination_variance
        _, r, weight = step(m, a * a * variance + m * m * log_variance, seen.score, seen.guess)
        along, curvature = a * r, a * a * weight
        moved_items[seen.item] = ItemCalibration(
            item.mean - item.variance * along,
            item.variance - item.variance**2 * curvature,
            item.count + 1,
            item.log_discrimination + m * log_variance * r,
            log_variance - (m * log_variance) ** 2 * weight,
        )
        for code, skill, x in zip(seen.skills, of_skills, gradients, strict=True):
            moved_skills[code] = SkillCalibration(
                skill.mean + w * skill.variance * along,
                skill.variance - (w * skill.variance) ** 2 * curvature,
                skill.count + 1,
                skill.slope + x * skill.slope_variance * along,
                skill.slope_variance - (x * skill.slope_variance) ** 2 * curvature,
            )
    return moved_items, moved_skills
