"""Mastery as a pure function of a learner's evidence: an online Bayesian logistic filter.

A learner has a general ability and, for each skill answered, a further ability, both normal in logits. An answer moves
the general one and those of its skills (w = 1 over their number). The parameters of items and skills are those of the
newest snapshot that held when the answer was given (`snapshots`); they do not depend on that answer. So the state follows
from the learner's evidence and published snapshots alone, in whatever order or company the evidence arrived.

    lag = ln(1 + days since the skill's last answer / TAU)
    m_k <- m_k exp(-RHO lag);  v_k <- min(v_k + QT lag, V_K0)
    x_k = w ln(1 + n_k);  M = m_g + w sum(m_k + d_k) + sum(x_k s_k) - b
    m = a M;  V = a^2 (v_g + v_b + w^2 sum(v_k + v_dk) + sum(x_k^2 v_sk)) + m^2 v_a
    p = c + (1-c) s(m / sqrt(1 + pi V/8));  P = c + (1-c) s(m)
    h = (1-c) s(m)^2 (1-s(m)) / P;  D = 1 + hV;  r = s(m)/P (y-p)/D;  H = h/D
    m_g += a v_g r;        v_g <- min(v_g + Q_G - a^2 v_g^2 H, V_G0)
    m_k += a w v_k r;      v_k += Q_K - a^2 w^2 v_k^2 H

with y the score, c the rate of blind guessing, b the item's difficulty, a its discrimination (v_a is the variance of ln a),
d_k the skill's offset, s_k its slope, and n_k the learner's answers on the skill in earlier sittings (the answers of one
instant are a sitting). For c = 0 these are h = s(1-s) and r = (y-p)/D.

How much practice helps is not assumed: between the questions of a sitting nobody is told what was right, so nothing is
given for having answered. What comes between sittings is learned, for each skill, as its slope over all learners
(`calibration`). One thing was settled here: general ability is never less certain than that of a learner without answers.
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

from learners.mastery.snapshots import UNSEEN_SKILL, Chain, ItemKey, SkillCalibration

RULE = "mastery-filter-3"
V_G0, V_K0 = 0.93, 0.66
Q_G, Q_K = 0.0023, 0.014
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

    earlier: how many of its `count` answers were given before the last sitting that had one. framework: version by which
    the level was judged last; "" before that.
    """

    mean: float = 0.0
    variance: float = V_K0
    count: int = 0
    earlier: int = 0
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
    """A level was given: by which answer, with which probability, when, by which framework's thresholds and which rule."""

    skill: str
    level: int
    evidence_id: str
    probability: float
    at: datetime
    framework: str
    rule: str = RULE


class Movement(NamedTuple):
    """By how many logits one answer moved the learner's ability in one skill (general and further together).

    `practice` is the part of it that the skill's slope gives for what came between this sitting and the one before. It
    stands with the first answer of the sitting that moved the ability the same way, and with none if there is none: a wrong
    answer never reads as a gain, nor a right one as a loss.
    """

    evidence_id: str
    skill: str
    by: float
    practice: float


class Trace(NamedTuple):
    """Where the learner stood just before an answer on its skills, in logits, and what success was expected, 0 to 1.

    earlier: answers in earlier sittings on each of the answer's skills. What slopes, offsets and the item add to the
    ability is not part of `theta`: they are learned from it.
    """

    evidence_id: str
    theta: float
    theta_variance: float
    expected: float
    earlier: tuple[int, ...]


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
        moved: list[Movement] | None = None if movements is None else []
        gained: dict[str, float] = {}
        for answer in sitting:
            if answer.lapsed:
                continue
            if moved is not None:
                gained = {code: _gained(mastery, code, chain, at) for code in answer.skills} | gained
            _absorb(mastery, answer, chain, traces, moved)
            for code in answer.skills:
                last_on[code] = answer
        if movements is not None and moved is not None:
            movements += _with_practice(moved, gained)
        for code in sorted(last_on):
            change = _judge(mastery, code, last_on[code], scales, chain)
            if change is not None:
                reached.append(change)
    return reached


def keep(
    mastery: Mastery, reached: list[LevelReached], before: Iterable[LevelReached], scales: Scales, chain: Chain
) -> None:
    """Add to a state the levels that were reached before: no computation takes one away.

    These are levels by evidence that a review corrected since, and levels by an earlier version of this rule. `mastery` and
    `reached` are changed in place; of a level that an earlier version gave too the first time counts.
    """
    known = {(change.skill, change.level): change for change in reached}
    for change in sorted(
        before, key=lambda level_reached: (level_reached.at, level_reached.evidence_id, level_reached.level)
    ):
        again = known.get((change.skill, change.level))
        if again is not None and (change.rule == RULE or again.at <= change.at):
            continue
        if again is not None:
            reached.remove(again)
        known[change.skill, change.level] = change
        reached.append(change)
        state = mastery.skills.setdefault(change.skill, SkillMastery())
        if change.level == state.level:
            state.level_since = change.at
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
    own_mean = own_variance = added = added_variance = 0.0
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
                state.earlier = state.count
            state.variance = min(state.variance, V_K0)
        skill = chain.skill(code, at)
        own_mean += state.mean
        own_variance += state.variance
        added += skill.mean
        added_variance += skill.variance
        if state.earlier:
            x = math.log1p(state.earlier)
            added += x * skill.slope
            added_variance += x * x * skill.slope_variance
        states.append(state)

    item = chain.item(answer.item, answer.difficulty, at)
    a = item.discrimination
    theta, theta_variance = mastery.mean + w * own_mean, mastery.variance + w * w * own_variance
    m = a * (theta + w * added - item.mean)
    total = a * a * (theta_variance + item.variance + w * w * added_variance) + m * m * item.log_discrimination_variance
    y = answer.score
    p, r, weight = step(m, total, y, answer.guess)
    if traces is not None:
        traces.append(Trace(answer.id, theta, theta_variance, p, tuple([state.earlier for state in states])))

    r, weight = a * r, a * a * weight
    general = mastery.variance * r
    mastery.mean += general
    mastery.variance = min(mastery.variance + Q_G - mastery.variance * mastery.variance * weight, V_G0)
    mastery.count += 1
    for code, state in zip(answer.skills, states, strict=True):
        own = w * state.variance * r
        state.mean += own
        state.variance += Q_K - w * w * state.variance * state.variance * weight
        state.count += 1
        state.last_at = at
        if y > 0.0 and answer.level > state.shown_level:
            state.shown_level = answer.level
        if movements is not None:
            movements.append(Movement(answer.id, code, general + own, 0.0))


def _gained(mastery: Mastery, code: str, chain: Chain, at: datetime) -> float:
    """What the slope gives for the time between a skill's last sitting and one that begins now, in logits."""
    state = mastery.skills.get(code)
    if state is None or not state.count:
        return 0.0
    return chain.skill(code, at).slope * (math.log1p(state.count) - math.log1p(state.earlier))


def _with_practice(moved: Iterable[Movement], gained: Mapping[str, float]) -> list[Movement]:
    """The movements of a sitting, each skill's gain by practice with the first one of the same direction."""
    left = dict(gained)
    found = []
    for movement in moved:
        practice = left.get(movement.skill, 0.0)
        if practice * movement.by > 0.0:
            del left[movement.skill]
            found.append(movement._replace(by=movement.by + practice, practice=practice))
        else:
            found.append(movement)
    return found


def practised(skill: SkillCalibration, answers: int) -> tuple[float, float]:
    """What a skill's slope adds to a learner's ability after so many answers in earlier sittings: mean and variance."""
    x = math.log1p(answers)
    return x * skill.slope, x * x * skill.slope_variance


def probability(mastery: Mastery, code: str, threshold: float, chain: Chain, at: datetime) -> float:
    """Probability that the learner's success rate on a reference item of the skill is at least `threshold`.

    As of the skill's last sitting if `at` is its instant, so without what may be practised afterwards.
    """
    mean, variance = _reference_ability(mastery, code, chain, at)
    z = (mean - math.log(threshold / (1.0 - threshold))) / math.sqrt(variance)
    return 0.5 * math.erfc(-z / math.sqrt(2.0))


def expected_success(mastery: Mastery, code: str, chain: Chain, at: datetime) -> float:
    """Expected success rate on a reference item of the skill (difficulty 0, no guessing) at an instant, 0 to 1.

    What was learned fades between the skill's last answer and `at` as the filter says. The logistic of a normal
    variable, by MacKay's approximation: the logistic of mean / sqrt(1 + pi V / 8).
    """
    mean, variance = _reference_ability(mastery, code, chain, at, fading=True)
    return logistic(mean / math.sqrt(1.0 + _PI_8 * variance))


def _reference_ability(
    mastery: Mastery, code: str, chain: Chain, at: datetime, *, fading: bool = False
) -> tuple[float, float]:
    """Mean and variance of the ability less the difficulty of a reference item of the skill, in logits."""
    state, skill = mastery.skills[code], chain.skill(code, at)
    own, own_variance, earlier = state.mean, state.variance, state.earlier
    if state.last_at is not None and at > state.last_at:
        earlier = state.count
        if fading:
            lag = math.log1p((at - state.last_at).total_seconds() / _DAY_S / TAU_DAYS)
            own, own_variance = own * math.exp(-RHO * lag), min(own_variance + QT * lag, V_K0)
    gained, gained_variance = practised(skill, earlier)
    return (
        mastery.mean + own + skill.mean + gained,
        mastery.variance + own_variance + skill.variance + gained_variance,
    )


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
