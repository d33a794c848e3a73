"""The best prediction without knowing abilities: the generating model's own, from the same past answers. In numpy.

The observer knows the model of `learners.mastery.simulation` and all its items, but of a learner only the earlier answers.
Given the learner's step, abilities are a normal vector that moves linearly, so their posterior is followed with its full
covariance, each answer by matching moments (Gauss and Hermite's quadrature along the one direction it speaks of); the
step is integrated out over five values. Nothing is shared with the filter: not its formulas, not its diagonal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from learners.mastery import simulation
from learners.mastery.simulation import Item, Simulated

_X, _W = np.polynomial.hermite_e.hermegauss(9)
_W = _W / _W.sum()
_Z, _P = np.polynomial.hermite_e.hermegauss(5)
_STEPS, _P = simulation.STEP * np.exp(simulation.STEP_SPREAD * _Z), _P / _P.sum()
_DIMENSIONS = 1 + simulation.SKILLS


def _start() -> tuple[np.ndarray, np.ndarray]:
    mean = np.zeros((len(_STEPS), _DIMENSIONS))
    mean[:, 0] = simulation.OFFSET
    variances = [simulation.ABILITY_SD**2 + simulation.WANDER_GENERAL**2] + [simulation.SKILL_SD**2] * simulation.SKILLS
    return mean, np.tile(np.diag(variances), (len(_STEPS), 1, 1))


@dataclass
class _Belief:
    """What is known of a learner, for each value of the step, and the weights of those values."""

    moments: tuple[np.ndarray, np.ndarray] = field(default_factory=_start)
    weights: np.ndarray = field(default_factory=lambda: _P.copy())
    practised: dict[int, int] = field(default_factory=dict)
    last: dict[int, float] = field(default_factory=dict)
    answers: int = 0


def predictions(answers: Sequence[Simulated], bank: Sequence[Item]) -> list[float]:
    """The probability that each answer is right, before it is known; answers in the order of their instants."""
    items = {item.name: item for item in bank}
    beliefs: dict[str, _Belief] = {}
    return [_observe(beliefs.setdefault(answer.learner, _Belief()), answer, items[answer.item]) for answer in answers]


def _observe(belief: _Belief, answer: Simulated, item: Item) -> float:
    mean, covariance = belief.moments
    if belief.answers and belief.answers % simulation.PER_SITTING == 0:
        covariance[:, 0, 0] += simulation.WANDER_GENERAL**2
    belief.answers += 1
    day = answer.seconds / 86400
    load = np.zeros(_DIMENSIONS)
    load[0] = 1
    for k in item.skills:
        load[1 + k] = 1 / len(item.skills)
        if k in belief.last:
            kept = (1 + day - belief.last[k]) ** -simulation.FORGETTING
            mean[:, 1 + k] *= kept
            covariance[:, 1 + k, :] *= kept
            covariance[:, :, 1 + k] *= kept
    centre, along = mean @ load, covariance @ load
    variance = along @ load
    points = centre[:, None] + np.sqrt(variance)[:, None] * _X
    right = item.guess + (1 - item.guess) / (1 + np.exp(item.difficulty - points))
    predicted = float((right @ _W) @ belief.weights)

    likelihood = (right if answer.correct else 1 - right) * _W
    total = likelihood.sum(axis=1)
    new_centre = (likelihood * points).sum(axis=1) / total
    new_variance = (likelihood * points**2).sum(axis=1) / total - new_centre**2
    mean += along * ((new_centre - centre) / variance)[:, None]
    covariance += along[:, :, None] * along[:, None, :] * ((new_variance - variance) / variance**2)[:, None, None]
    belief.weights = belief.weights * total / (belief.weights @ total)
    for k in item.skills:
        practised = belief.practised.get(k, 0)
        mean[:, 1 + k] += _STEPS * (1 if answer.correct else simulation.WRONG) / (1 + practised)
        covariance[:, 1 + k, 1 + k] += simulation.WANDER_SKILL**2
        belief.practised[k], belief.last[k] = practised + 1, day
    return predicted
