"""Certified mastery: a test of its own beside the filter, with a bound on how often it is wrong. Pure.

For a skill and a level with the cut tau (the logit of the level's threshold) every answer multiplies an e-value:

    E = prod P(y | tau + MARGIN) / P(y | tau),     P(right | theta) = c + (1-c) s(theta - b)

with s the logistic function, c the item's rate of blind guessing and b its difficulty; the item's discrimination is
taken as 1. Whoever is at the cut or below it has an E that is expected never to grow, whichever item comes next and
whenever the test is ended; so it ever reaches 1/ALPHA with a probability of at most ALPHA (Ville's inequality). A
learner may therefore try as long as they like, and items may be chosen by what happened so far. Sources: Ville,
"Etude critique de la notion de collectif" (1939); Wald, "Sequential tests of statistical hypotheses" (1945);
Gruenwald, de Heide and Koolen, "Safe testing" (2024).

Why it holds, answer by answer. Let q be the true probability of a right answer, p = P(right | tau) and p1 = P(right |
tau + MARGIN), both as computed. The expected factor is

    q p1/p + (1-q) (1-p1)/(1-p) = 1 + (q - p) (p1 - p) / (p (1-p))

and p1 > p, so it is at most 1 exactly when q <= p. That is so

- for every ability up to the cut, since P grows with theta;
- for a difficulty that is set too low, since P falls with b: too low is safe, too high is not. A difficulty that is not
  quite known is therefore lowered by CAUTION of its standard deviations. One is enough for the average over a normal
  error of up to 1.08 logits, the most that the filter starts with: s(x + sd) is then above the mean of s(x + sd z);
- for partial credit, where only full marks are right: q <= E[score], and that is what P describes;
- but not for a guess rate that is set too low: c = 0 for an item of choice breaks the bound;
- nor, item by item, for a discrimination other than 1, on one side of the item's difficulty: there the bound was shown by
  simulation (docs/decisions/0034), for spreads of up to .5 of its logarithm.

Taken alone, a wrong answer's factor falls with b for any c, and a right one's for c = 0. For c > 0 a right answer to an
item far too hard is most probably a guess and its factor goes to 1, so there it may rise as b is lowered; the expected
factor is what the bound needs, and that one is never above 1.

Levels are certified from the lowest up: one needs its own E and those of all computed levels below it to have reached
1/ALPHA. So the probability of any false level in a skill is at most ALPHA, and not ALPHA for each. Between skills nothing
is divided: it is ALPHA for each skill.

Every item shown must be taken in, also when the sitting was left or ran out of time: as an answer with score 0. Whoever
could walk away from a sitting that goes badly would show good ones only, and the bound would not hold.

What it does not cover: items whose difficulty is learned from few or unlike learners, guess rates that are wrong, answers
that are not the learner's own, and abilities that fall again. A certificate says that the ability was there.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from itertools import groupby
from operator import attrgetter

from learners.mastery.rules import Answer, Scales, computable, logistic
from learners.mastery.snapshots import Chain

RULE = "certified-mastery-1"
ALPHA = 0.05
# Logits above the cut, where the test has most power.
MARGIN = 0.7
# Standard deviations by which a difficulty is lowered.
CAUTION = 1.0

NEEDED = -math.log(ALPHA)


@dataclass(slots=True)
class LevelTest:
    """The test of one level of one skill: log of E so far, answers that counted, and when E first reached 1/ALPHA.

    `log_e` and `count` stay as they were at that instant: what came later is no part of the proof. `framework` is the
    version whose threshold is tested; "" before the first answer.
    """

    log_e: float = 0.0
    count: int = 0
    reached_at: datetime | None = None
    framework: str = ""


@dataclass(slots=True)
class Certification:
    """All tests of one learner. `items` are those that counted: each counts once, whatever its revision."""

    last_at: datetime | None = None
    items: set[str] = field(default_factory=set)
    skills: dict[str, dict[int, LevelTest]] = field(default_factory=dict)

    def level(self, code: str) -> int:
        """Highest level certified in a skill, 0 for none."""
        certified = 0
        tests = self.skills.get(code, {})
        for level in sorted(tests):
            if tests[level].reached_at is None:
                break
            certified = level
        return certified


@dataclass(frozen=True, slots=True)
class Certified:
    """A level of a skill was certified: by the sitting of which instant, with which log of E after how many answers."""

    skill: str
    level: int
    at: datetime
    log_e: float
    count: int


def factor(*, right: bool, cut: float, difficulty: float, guess: float) -> float:
    """Log of what one answer multiplies E by.

    Args:
        cut, difficulty: in logits; the difficulty already lowered where it is not quite known.
        guess: rate of blind guessing, in [0, 1).
    """
    at_cut, above = cut - difficulty, cut + MARGIN - difficulty
    if right:
        known, needed = (1.0 - guess) * logistic(above), (1.0 - guess) * logistic(at_cut)
        # Both probabilities vanish far below the item; their ratio does not.
        return math.log((guess + known) / (guess + needed)) if guess + needed > 1e-300 else MARGIN
    return _log_logistic(-above) - _log_logistic(-at_cut)


def _log_logistic(x: float) -> float:
    return -math.log1p(math.exp(-x)) if x > -30.0 else x - math.log1p(math.exp(x))


def cut_of(threshold: float) -> float:
    """The ability in logits whose success rate on a reference item (difficulty 0, no guessing) is `threshold`."""
    return math.log(threshold / (1.0 - threshold))


def counts(answer: Answer) -> bool:
    """Whether an answer may count: asked in an assessment or a certification, of a new item, and about one skill."""
    return answer.certifying and len(answer.skills) == 1


def extend(certification: Certification, answers: Sequence[Answer], scales: Scales, chain: Chain) -> list[Certified]:
    """Take in answers in their order (changes `certification` in place); return what was certified, in order.

    A sitting, the answers of one instant, is judged when it is over, as levels are: the order of its questions was
    drawn by lot. Judging less often only lowers the chance of a false certificate. The answers may be all of a
    learner's evidence: those that do not count change nothing.

    Where a later version of the framework moves a level's threshold, the test of that level begins anew with the first
    answer that names it, for E says nothing of another cut; so the bound holds for each version's threshold. A level
    that was certified before stays certified.

    Raises:
        ValueError: the answers are not in order, or not later than all that `certification` holds.
    """
    certified: list[Certified] = []
    for at, sitting in groupby(answers, key=attrgetter("at")):
        if certification.last_at is not None and at <= certification.last_at:
            raise ValueError("evidence must come in order")
        certification.last_at = at
        level_before: dict[str, int] = {}
        for answer in sitting:
            if not answer.certifying or not counts(answer):
                continue
            item = answer.item[0]
            if item in certification.items:
                continue
            (code,) = answer.skills
            levels = computable(scales.of(answer.framework), code)
            if not levels:
                continue
            certification.items.add(item)
            if code not in level_before:
                level_before[code] = certification.level(code)
            tests = certification.skills.setdefault(code, {})
            parameters = chain.item(answer.item, answer.difficulty, at)
            difficulty = parameters.mean - CAUTION * math.sqrt(parameters.variance)
            for level in levels:
                testing = tests.get(level)
                if testing is None:
                    testing = tests[level] = LevelTest()
                threshold = _threshold(testing, level, answer, scales)
                if threshold is not None:
                    testing.count += 1
                    testing.log_e += _factor(answer.score >= 1.0, threshold, difficulty, answer.guess)
        for code, before in sorted(level_before.items()):
            tests = certification.skills[code]
            for testing in tests.values():
                if testing.reached_at is None and testing.log_e >= NEEDED:
                    testing.reached_at = at
            certified.extend(_newly(code, tests, before, certification.level(code), at))
    return certified


def _threshold(testing: LevelTest, level: int, answer: Answer, scales: Scales) -> float | None:
    """The threshold that an answer tests, from which `testing` goes on; None where it tests nothing any more."""
    if testing.reached_at is not None:
        return None
    scale = scales.newer(testing.framework, answer.framework)
    threshold = scale.thresholds.get(level)
    if testing.framework != scale.version:
        if testing.framework and scales.of(testing.framework).thresholds.get(level) != threshold:
            testing.log_e, testing.count = 0.0, 0
        testing.framework = scale.version
    return threshold


def keep(certification: Certification, earlier: Certification) -> None:
    """Keep what was certified before a review corrected evidence (changes `certification` in place).

    The proof was complete then; whether it was valid is for a person to say.
    """
    for code, tests in earlier.skills.items():
        for level, testing in tests.items():
            here = certification.skills.get(code, {}).get(level)
            if testing.reached_at is not None and (here is None or here.reached_at is None):
                kept = LevelTest(testing.log_e, testing.count, testing.reached_at, testing.framework)
                certification.skills.setdefault(code, {})[level] = kept


@lru_cache(maxsize=32768)
def _factor(right: bool, threshold: float, difficulty: float, guess: float) -> float:
    """`factor`, cached: the answers to an item are judged by the same few numbers until its next snapshot."""
    return factor(right=right, cut=cut_of(threshold), difficulty=difficulty, guess=guess)


def _newly(code: str, tests: Mapping[int, LevelTest], before: int, now: int, at: datetime) -> list[Certified]:
    return [
        Certified(code, level, at, testing.log_e, testing.count)
        for level, testing in sorted(tests.items())
        if before < level <= now
    ]
