"""What may be said of an item, from when on, and when a person should look at it. Pure: no Django, no clock, no numpy.

Every bound is a design value of `METHOD`; a change of one needs a new `METHOD`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import log, sqrt
from statistics import median
from typing import Any

METHOD = "items-2"

# Nothing is shown of fewer learners (the register's strict default, docs/decisions/0063).
SMALLEST = 10
# As the consent says (purpose fairness_monitoring).
SMALLEST_OF = {"gender": 30}
# Correlations, thirds and flags: below, a discrimination's standard error is over 0.18.
CORRELATED = 30
# Learners in each of two groups for a test of differential functioning.
PER_GROUP = 200
# Wrong answers that a useful distractor, one that draws a tenth of them, fails to get a share of once in 24 times.
WRONG_FOR_NEVER_CHOSEN = 30

FACILITY_RANGE = (0.2, 0.95)
WEAK = 0.1
SIGNIFICANT = 0.05
# Normal quantiles: two-sided 95 %, one-sided 95 %.
Z, Z_ONE_SIDED = 1.96, 1.645
# A step of the trainer's scale (easy, medium, hard) is one logit.
FAR_OFF = 1.0
ITEMS_TO_COMPARE = 5

# The factor whose groups read different texts of an item.
TRANSLATED = "language"

FLAGS: Mapping[str, str] = {
    "negative_discrimination": "the able answer it wrong",
    "best_choose_distractor": "a distractor attracts the best",
    "differs_between_groups": "not the same for equally able groups",
    "jump_at_correction": "harder or easier since a correction",
    "compare_translations": "not quite the same in two languages",
    "weak_discrimination": "says little about ability",
    "too_hard": "very hard",
    "too_easy": "very easy",
    "guess_rate_low": "guessing works better than stated",
    "difficulty_off": "difficulty other than stated",
    "never_chosen": "a distractor nobody chooses",
}


@dataclass(frozen=True)
class Third:
    """Learners of the lowest, middle or highest third by rest score, and how they scored on the item, 0 to 1."""

    n: int
    right: float


@dataclass(frozen=True)
class Option:
    """How often an option was chosen, over all and in the thirds (None: too few to say). `option` None: left open."""

    option: str | None
    right: bool
    count: int
    share: float
    thirds: tuple[float, float, float] | None


@dataclass(frozen=True)
class ItemFigures:
    """The figures of one item over one set of learners. None and empty mean insufficient data.

    facility, thirds: mean scores, 0 to 1. discrimination: the correlation with the rest score, -1 to 1.
    """

    n: int
    facility: float | None = None
    is_binary: bool = True
    discrimination: float | None = None
    timed: int = 0
    median_seconds: float | None = None
    thirds: tuple[Third, Third, Third] | None = None
    options: tuple[Option, ...] = ()


@dataclass(frozen=True)
class Stated:
    """What the item's author says of it: guess rate, 0 to 1, and difficulty in logits."""

    guess: float
    difficulty: float


@dataclass(frozen=True)
class Difference:
    """A tested difference of an item between a group and the reference; `delta` as ETS counts it."""

    factor: str
    group: str
    reference: str
    delta: float
    ets_class: str


@dataclass(frozen=True)
class Jump:
    """A tested difference of an item since one of its revisions, against those before; `delta` as ETS counts it."""

    revision: int
    delta: float
    ets_class: str


@dataclass(frozen=True)
class Finding:
    """A reason to look at an item: the flag and the figures that raised it."""

    flag: str
    figures: Mapping[str, Any] = field(default_factory=dict)


def shown_groups(counts: Mapping[str, int], *, smallest: int = SMALLEST) -> frozenset[str]:
    """Return the groups of one factor whose figures may be shown: none below `smallest`, none that uncovers another.

    `counts` covers everybody who stands in the total, those of unknown group under "". Whoever is not shown is together
    either nobody or at least `smallest`; otherwise the total less what is shown would be the figures of a few. So the
    smallest of the shown groups is withheld too where it must be (complementary suppression, docs/decisions/0063).
    """
    shown = [group for group, count in counts.items() if group and count >= smallest]
    shown.sort(key=lambda group: (-counts[group], group))
    hidden = sum(counts.values()) - sum(counts[group] for group in shown)
    while shown and 0 < hidden < smallest:
        hidden += counts[shown.pop()]
    return frozenset(shown)


def reference_of(counts: Mapping[str, int]) -> str | None:
    """Return the group the others are compared with: the largest, the first by name among equals; None without any."""
    named = [group for group in counts if group]
    return min(named, key=lambda group: (-counts[group], group)) if named else None


def ets_class(*, delta: float, error: float, q: float) -> str:
    """Return ETS's class of a difference: A negligible, B moderate, C large.

    A: |delta| < 1, or not significantly different from 0. C: |delta| >= 1.5 and significantly greater than 1. Else B.
    Significance at .05; that of "different from 0" by `q`, the p-value corrected for all tests of the run.
    Sources: Zieky (1993), "Practical questions in the use of DIF statistics in item development"; Zwick & Ercikan (1989),
    J. Educ. Meas. 26, 55-66.
    """
    size = abs(delta)
    if size < 1 or q >= SIGNIFICANT:
        return "A"
    return "C" if size >= 1.5 and size - Z_ONE_SIDED * error > 1 else "B"


def is_worth_a_look(factor: str, ets_class: str) -> bool:
    """Return whether a difference is a hint to a person: class C, and between languages class B as well.

    A translation most often costs half a logit to .8, which is B; and what is to be done, comparing two texts, is cheap.
    """
    return ets_class == "C" or (ets_class == "B" and factor == TRANSLATED)


def observed_difficulty(facility: float, *, n: int, guess: float) -> tuple[float, float]:
    """Return the difficulty in logits for a learner of mean ability, and its standard error.

    The facility is corrected for guessing, (p - c)/(1 - c), and kept off 0 and 1 by half an answer.
    """
    least = 0.5 / n
    p = min(max(facility, guess + least * (1 - guess)), 1 - least)
    known = (p - guess) / (1 - guess)
    # d logit(known) / dp = 1 / ((1 - guess) known (1 - known)); the standard error by the delta method.
    slope = 1 / ((1 - guess) * known * (1 - known))
    return log((1 - known) / known), slope * sqrt(p * (1 - p) / n)


def difficulties_beside_each_other(
    observed: Sequence[tuple[float, float] | None], stated: Sequence[float]
) -> list[float | None]:
    """Return each observed difficulty on the trainers' scale, or None.

    Facilities tell difficulty only beside the learners' ability; so the scale is moved until the median item is as its
    author says. With fewer than five items nothing can be said.
    """
    shifts = [pair[0] - said for pair, said in zip(observed, stated, strict=True) if pair is not None]
    if len(shifts) < ITEMS_TO_COMPARE:
        return [None] * len(observed)
    shift = median(shifts)
    return [None if pair is None else pair[0] - shift for pair in observed]


def findings(
    figures: ItemFigures,
    stated: Stated,
    *,
    difficulty: float | None,
    differences: Sequence[Difference] = (),
    jumps: Sequence[Jump] = (),
) -> list[Finding]:
    """Return why a person should look at an item, the gravest first; nothing below `CORRELATED` learners.

    A flag is a hint to a person, never a verdict: an item may be hard because it should be.
    """
    if figures.n < CORRELATED or figures.facility is None:
        return []
    found = [
        *_about_discrimination(figures),
        *_about_facility(figures.facility),
        *_about_guessing(figures, stated),
        *_about_distractors(figures),
        *(
            Finding(
                "differs_between_groups" if difference.ets_class == "C" else "compare_translations",
                {
                    "factor": difference.factor,
                    "group": difference.group,
                    "reference": difference.reference,
                    "delta": difference.delta,
                },
            )
            for difference in differences
            if is_worth_a_look(difference.factor, difference.ets_class)
        ),
        # Half a logit is a jump: a correction that was said to change nothing should change nothing.
        *(
            Finding("jump_at_correction", {"revision": jump.revision, "delta": jump.delta})
            for jump in jumps
            if jump.ets_class in ("B", "C")
        ),
    ]
    if difficulty is not None:
        _, error = observed_difficulty(figures.facility, n=figures.n, guess=stated.guess)
        if abs(difficulty - stated.difficulty) - Z_ONE_SIDED * error > FAR_OFF:
            found.append(Finding("difficulty_off", {"observed": difficulty, "stated": stated.difficulty}))
    order = list(FLAGS)
    return sorted(found, key=lambda row: order.index(row.flag))


def _about_discrimination(figures: ItemFigures) -> list[Finding]:
    r = figures.discrimination
    if r is None or r >= WEAK:
        return []
    return [Finding("negative_discrimination" if r < 0 else "weak_discrimination", {"discrimination": r})]


def _about_facility(facility: float) -> list[Finding]:
    low, high = FACILITY_RANGE
    if facility < low:
        return [Finding("too_hard", {"facility": facility})]
    return [Finding("too_easy", {"facility": facility})] if facility > high else []


def _about_guessing(figures: ItemFigures, stated: Stated) -> list[Finding]:
    """The lowest third does better than the stated guess rate, and the middle third no better than the lowest.

    The second condition separates guessing from knowing: where success rises from the lowest to the middle third, even the
    lowest know something, and any easy item would be flagged. A flat bottom is the guess rate.
    """
    if not figures.is_binary or figures.thirds is None:
        return []
    low, middle, _ = figures.thirds
    error = sqrt(max(low.right * (1 - low.right), stated.guess * (1 - stated.guess)) / low.n)
    if low.right - Z * error > stated.guess and middle.right - low.right < 0.05:
        return [Finding("guess_rate_low", {"stated": stated.guess, "lowest_third": low.right})]
    return []


def _about_distractors(figures: ItemFigures) -> list[Finding]:
    found = []
    distractors = [option for option in figures.options if option.option is not None and not option.right]
    wrong = round(figures.n * (1 - figures.facility)) if figures.facility is not None and figures.is_binary else 0
    for distractor in distractors:
        if distractor.count == 0 and wrong >= WRONG_FOR_NEVER_CHOSEN:
            found.append(Finding("never_chosen", {"option": distractor.option, "wrong": wrong}))
        if figures.thirds is None or distractor.thirds is None:
            continue
        (low_n, high_n), (low, high) = (
            (figures.thirds[0].n, figures.thirds[2].n),
            (distractor.thirds[0], distractor.thirds[2]),
        )
        error = sqrt(low * (1 - low) / low_n + high * (1 - high) / high_n)
        if high >= 0.1 and high - low > Z * error:
            found.append(
                Finding("best_choose_distractor", {"option": distractor.option, "highest": high, "lowest": low})
            )
    return found
