"""Mastery as a pure function of a learner's evidence: an online Bayesian logistic filter with diminishing drift.

A learner has a general ability and, for each skill answered, a further ability, both normal in logits. An answer moves
the general one and those of its skills (w = 1 over their number). The parameters of items and skills are those of the
newest snapshot that held when the answer was given (`snapshots`); they do not depend on that answer. So the state follows
from the learner's evidence and published snapshots alone, in whatever order or company the evidence arrived.

    lag = ln(1 + days since the skill's last answer / TAU)
    m_k <- m_k exp(-RHO lag);  v_k <- min(v_k + QT lag, V_K0)
    m = m_g + w sum(m_k + d_k) - b;  V = v_g + v_b + w^2 sum(v_k + v_dk)
    p = c + (1-c) s(m / sqrt(1 + pi V/8));  P = c + (1-c) s(m)
    h = (1-c) s(m)^2 (1-s(m)) / P;  D = 1 + hV;  r = s(m)/P (y-p)/D;  H = h/D
    m_g += v_g r;                                     v_g <- min(v_g + Q_G - v_g^2 H, V_G0)
    m_k += w v_k r + (DF + (DW-DF) y)/(1+n_k);        v_k += Q_K - w^2 v_k^2 H

with y the score, c the rate of blind guessing, b the item's difficulty and d_k the skill's offset. For c = 0 these are
h = s(1-s) and r = (y-p)/D. Two things were settled here: a score between 0 and 1 gets its share of the step between DF
and DW, and general ability is never less certain than that of a learner without answers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from learners.mastery.snapshots import UNSEEN_SKILL, Chain, ItemKey

RULE = "mastery-filter-2"
V_G0, V_K0 = 0.93, 0.66
Q_G, Q_K = 0.0023, 0.014
DW, DF = 0.58, 0.32
RHO, QT, TAU_DAYS = 0.16, 0.04, 1.0

# With fewer answers a skill's probability is badly calibrated, and is shown as provisional.
PROVISIONAL_BELOW = 5
# A level is given when its threshold is passed with this probability.
REQUIRED_PROBABILITY = 0.8

_DAY_S = 86400.0
_PI_8 = math.pi / 8


@dataclass(frozen=True)
class Scale:
    """What a framework's version says of computed levels.

    thresholds: success rate on a reference item (difficulty 0, no guessing) by level, computed levels only.
    ranges: lowest and highest level of each skill. A level may exceed the shown one by at most `max_jump`.
    """

    version: str
    thresholds: Mapping[int, float]
    ranges: Mapping[str, tuple[int, int]]
    max_jump: int

    @cached_property
    def computable(self) -> Mapping[str, tuple[int, ...]]:
        """Levels of each skill that may be computed, lowest first."""
        levels = sorted(self.thresholds)
        return {
            code: tuple(level for level in levels if lowest <= level <= highest)
            for code, (lowest, highest) in self.ranges.items()
        }


class Scales:
    """What every version of the framework says of computed levels, in the order in which the versions came.

    An answer is judged by the version that was current when it was scored, which it names, and so for good: a later
    version judges later answers, and what was reached under an earlier one stays reached.
    """

    def __init__(self, oldest_first: Sequence[Scale]) -> None:
        self._scales = list(oldest_first)
        self._positions = {scale.version: position for position, scale in enumerate(self._scales)}

    def of(self, version: str) -> Scale:
        """What a version says; for a version that was never loaded, what the oldest says."""
        return self._scales[self._positions.get(version, 0)]

    def newer(self, before: str, named: str) -> Scale:
        """The later of the version that judged so far ("" for none) and the one that the next answer names.

        Servers learn of a new version within a minute of one another: once one has judged, none goes back.
        """
        position = self._positions.get(named, 0)
        return self._scales[max(position, self._positions.get(before, 0))]


class Answer(NamedTuple):
    """One piece of evidence; ids are canonical texts.

    skills: sorted, without doubles, not empty. score: in [0, 1]. guess: in [0, 1).
    difficulty: as the item's trainer stated it, in logits; used until answers to the item are known.
    framework: version that was current when the answer was scored.
    certifying: the answer may count for certified mastery: asked in an assessment or a certification, of a learner who had
    not met the item.
    lapsed: the item was seen, and nobody had said anything about it when the time was over: this says nothing of mastery.
    """

    id: str
    item: ItemKey
    skills: tuple[str, ...]
    level: int
    score: float
    guess: float
    difficulty: float
    at: datetime
    framework: str
    certifying: bool = False
    lapsed: bool = False


@dataclass(slots=True)
class SkillMastery:
    """Mastery of one skill: mean and variance in logits beside general ability, and the level that follows.

    framework: version by which the level was judged last; "" before that.
    """

    mean: float = 0.0
    variance: float = V_K0
    count: int = 0
    last_at: datetime | None = None
    shown_level: int = 0
    level: int = 0
    probability: float = 0.0
    level_since: datetime | None = None
    framework: str = ""


@dataclass(slots=True)
class Mastery:
    """All that is known of one learner: general ability and the skills answered so far."""

    mean: float = 0.0
    variance: float = V_G0
    count: int = 0
    last_at: datetime | None = None
    skills: dict[str, SkillMastery] = field(default_factory=dict)


class LevelReached(NamedTuple):
    """A level was given: by which answer, with which probability, when, by the thresholds of which framework's version."""

    skill: str
    level: int
    evidence_id: str
    probability: float
    at: datetime
    framework: str


class Movement(NamedTuple):
    """By how many logits one answer moved the learner's ability in one skill (general and further together).

    `practice` is the part of it that is given for having answered at all: whoever practises learns, also from mistakes.
    """

    evidence_id: str
    skill: str
    by: float
    practice: float


class Trace(NamedTuple):
    """Where the learner stood just before an answer on its skills, in logits, and what success was expected, 0 to 1."""

    evidence_id: str
    theta: float
    theta_variance: float
    expected: float


def in_order(answers: Iterable[Answer]) -> list[Answer]:
    """Return the answers in the one order in which evidence counts: by instant, then by id."""
    return sorted(answers, key=lambda answer: (answer.at, answer.id))


def extend(
    mastery: Mastery,
    answers: Sequence[Answer],
    scales: Scales,
    chain: Chain,
    *,
    traces: list[Trace] | None = None,
    movements: list[Movement] | None = None,
) -> list[LevelReached]:
    """Move `mastery` (changed in place) by answers in their order; return the levels reached, in order.

    Levels are judged when a sitting, the answers of one instant, is over: the order of questions within an attempt
    means nothing and must not decide. They are never lowered.

    Args:
        scales: the versions of the framework; a skill is judged by the one that its last answer in the sitting names.
        chain: the snapshots that held when the answers were given.
        traces, movements: lists to be filled, with one entry per answer, and per answer and skill.

    Raises:
        ValueError: the answers are not in order, or not later than all that `mastery` holds.
    """
    reached: list[LevelReached] = []
    for at, sitting in groupby(answers, key=attrgetter("at")):
        if mastery.last_at is not None and at <= mastery.last_at:
            raise ValueError("evidence must come in order")
        mastery.last_at = at
        last_on: dict[str, Answer] = {}
        for answer in sitting:
            if answer.lapsed:
                continue
            _absorb(mastery, answer, chain, traces, movements)
            for code in answer.skills:
                last_on[code] = answer
        for code in sorted(last_on):
            change = _judge(mastery, code, last_on[code], scales, chain)
            if change is not None:
                reached.append(change)
    return reached


def keep(
    mastery: Mastery, reached: list[LevelReached], before: Iterable[LevelReached], scales: Scales, chain: Chain
) -> None:
    """Add to a state the levels that were reached before a review corrected evidence: no computation takes one away.

    `mastery` and `reached` are changed in place; of a level reached more than once the first time counts.
    """
    known = {(change.skill, change.level) for change in reached}
    for change in sorted(
        before, key=lambda level_reached: (level_reached.at, level_reached.evidence_id, level_reached.level)
    ):
        if (change.skill, change.level) in known:
            continue
        known.add((change.skill, change.level))
        reached.append(change)
        state = mastery.skills.setdefault(change.skill, SkillMastery())
        if change.level > state.level:
            state.level, state.level_since = change.level, change.at
            scale = scales.newer(state.framework, change.framework)
            state.framework = scale.version
            if change.level in scale.thresholds:
                state.probability = probability(
                    mastery, change.skill, scale.thresholds[change.level], chain, state.last_at or change.at
                )


def logistic(x: float) -> float:
    """1 / (1 + exp(-x)), without overflow."""
    if x >= 0:
        return 1.0 / (1.0 + math.exp(-x)) if x < 700 else 1.0
    grown = math.exp(x) if x > -700 else 0.0
    return grown / (1.0 + grown)


def step(m: float, total: float, y: float, c: float) -> tuple[float, float, float]:
    """Return (p, r, H) of an answer: success expected, and what moves means and variances (see the module).

    Args:
        m, total: mean and variance of ability minus difficulty, in logits.
        y, c: score in [0, 1] and rate of blind guessing in [0, 1).
    """
    s, not_s = logistic(m), logistic(-m)
    p = c + (1.0 - c) * logistic(m / math.sqrt(1.0 + _PI_8 * total))
    # s/P: the share of the successes expected that is knowledge rather than a guess.
    known = s / (c + (1.0 - c) * s) if c > 0.0 else 1.0
    h = (1.0 - c) * s * not_s * known
    damping = 1.0 + h * total
    return p, known * (y - p) / damping, h / damping


def _absorb(
    mastery: Mastery, answer: Answer, chain: Chain, traces: list[Trace] | None, movements: list[Movement] | None
) -> None:
    at = answer.at
    w = 1.0 / len(answer.skills)
    states: list[SkillMastery] = []
    own_mean = own_variance = offset = offset_variance = 0.0
    for code in answer.skills:
        state = mastery.skills.get(code)
        if state is None:
            state = mastery.skills[code] = SkillMastery()
        elif state.last_at is not None:
            days = (at - state.last_at).total_seconds() / _DAY_S
            if days > 0:
                lag = math.log1p(days / TAU_DAYS)
                state.mean *= math.exp(-RHO * lag)
                state.variance += QT * lag
            state.variance = min(state.variance, V_K0)
        skill = chain.skill(code, at)
        own_mean += state.mean
        own_variance += state.variance
        offset += skill.mean
        offset_variance += skill.variance
        states.append(state)

    item = chain.item(answer.item, answer.difficulty, at)
    theta, theta_variance = mastery.mean + w * own_mean, mastery.variance + w * w * own_variance
    m = theta + w * offset - item.mean
    y = answer.score
    p, r, weight = step(m, theta_variance + item.variance + w * w * offset_variance, y, answer.guess)
    if traces is not None:
        traces.append(Trace(answer.id, theta, theta_variance, p))

    general = mastery.variance * r
    mastery.mean += general
    mastery.variance = min(mastery.variance + Q_G - mastery.variance * mastery.variance * weight, V_G0)
    mastery.count += 1
    learning = DF + (DW - DF) * y
    for code, state in zip(answer.skills, states, strict=True):
        practice = learning / (1 + state.count)
        own = w * state.variance * r + practice
        state.mean += own
        state.variance += Q_K - w * w * state.variance * state.variance * weight
        state.count += 1
        state.last_at = at
        if y > 0.0 and answer.level > state.shown_level:
            state.shown_level = answer.level
        if movements is not None:
            movements.append(Movement(answer.id, code, general + own, practice))


def probability(mastery: Mastery, code: str, threshold: float, chain: Chain, at: datetime) -> float:
    """Probability that the learner's success rate on a reference item of the skill is at least `threshold`."""
    state, skill = mastery.skills[code], chain.skill(code, at)
    mean = mastery.mean + state.mean + skill.mean
    spread = math.sqrt(mastery.variance + state.variance + skill.variance)
    z = (mean - math.log(threshold / (1.0 - threshold))) / spread
    return 0.5 * math.erfc(-z / math.sqrt(2.0))


def expected_success(mastery: Mastery, code: str, chain: Chain, at: datetime) -> float:
    """Expected success rate on a reference item of the skill (difficulty 0, no guessing) at an instant, 0 to 1.

    What was learned fades between the skill's last answer and `at` as the filter says. The logistic of a normal
    variable, by MacKay's approximation: the logistic of mean / sqrt(1 + pi V / 8).
    """
    state, skill = mastery.skills[code], chain.skill(code, at)
    own, variance = state.mean, state.variance
    if state.last_at is not None and at > state.last_at:
        lag = math.log1p((at - state.last_at).total_seconds() / _DAY_S / TAU_DAYS)
        own, variance = own * math.exp(-RHO * lag), min(variance + QT * lag, V_K0)
    mean = mastery.mean + own + skill.mean
    return logistic(mean / math.sqrt(1.0 + _PI_8 * (mastery.variance + variance + skill.variance)))


def unanswered(scale: Scale) -> SkillMastery:
    """The mastery of a skill without answers: the prior, and its probability of passing the lowest threshold."""
    mean, spread = UNSEEN_SKILL.mean, math.sqrt(V_G0 + V_K0 + UNSEEN_SKILL.variance)
    lowest = min(scale.thresholds.values())
    z = (mean - math.log(lowest / (1.0 - lowest))) / spread
    return SkillMastery(probability=0.5 * math.erfc(-z / math.sqrt(2.0)), framework=scale.version)


def computable(scale: Scale, code: str) -> Sequence[int]:
    """Levels of the skill that may be computed, lowest first; none for a skill that the framework does not know."""
    return scale.computable.get(code, ())


def _judge(mastery: Mastery, code: str, last: Answer, scales: Scales, chain: Chain) -> LevelReached | None:
    state, at = mastery.skills[code], last.at
    scale = scales.newer(state.framework, last.framework)
    state.framework = scale.version
    levels = computable(scale, code)
    if not levels:
        return None
    change = None
    for level in reversed(levels):
        if level <= state.level:
            break
        if level > state.shown_level + scale.max_jump:
            continue
        passed = probability(mastery, code, scale.thresholds[level], chain, at)
        if passed >= REQUIRED_PROBABILITY:
            state.level, state.level_since = level, at
            change = LevelReached(code, level, last.id, passed, at, scale.version)
            break
    held = state.level if state.level in scale.thresholds else levels[0]
    state.probability = probability(mastery, code, scale.thresholds[held], chain, at)
    return change
