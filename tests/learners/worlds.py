"""Worlds in which the truth is known: learners, their tests, and what practice teaches them. For claims about levels.

Learners are drawn from the filter's own prior: a general ability and one for each skill, items of a difficulty around the
stated one, skills of an offset. What differs between worlds is what the filter does not know: what happens between tests,
how strong the population is, how sharply items separate. Tests teach nothing in any of them: nobody is told what was right.
Everything that judges is the product's own (`rules.extend`, `certification.extend`, `calibration.learn`); it sees answers only.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from learners.mastery import certification, rules
from learners.mastery.calibration import Observation
from learners.mastery.certification import Certification, cut_of
from learners.mastery.replay import NewestSnapshot
from learners.mastery.rules import Answer, Mastery, Scale, Scales, Trace, logistic
from learners.mastery.snapshots import UNSEEN_SKILL, V_B0

SKILLS = ("A", "B", "C", "D")
THRESHOLDS = {1: 0.5, 2: 0.65, 3: 0.8}
SCALES = Scales([Scale("w", THRESHOLDS, dict.fromkeys(SKILLS, (1, 6)), max_jump=1)])
START = datetime(2026, 1, 1, tzinfo=UTC)
# A practice teaches this many logits for its first question and 1/(1 + n) of it for the next: what tutors' logs show on average.
TUTORING = {True: 0.58, False: 0.32}


@dataclass(frozen=True)
class World:
    """What happens to learners.

    Args:
        tests, questions: how many tests of how many questions each learner takes, the skills in turn.
        practice: what a question practised between tests teaches, as a share of what tutoring teaches; as many questions are
            practised as a test has.
        weaker: logits that the population is below the prior.
        discrimination_sd: of the logarithm of items' true discriminations.
        per_skill: items a skill in the bank. guesses: rates of blind guessing, item after item.
        days: between two tests.
    offset_sd: of the skills' offsets around the mean of their prior; the prior's own is sqrt(V_D0).
    waves: in how many groups the learners come, one after the other; a snapshot is published after each test of a wave.
    """

    tests: int = 5
    questions: int = 8
    practice: float = 0.0
    weaker: float = 0.0
    discrimination_sd: float = 0.0
    per_skill: int = 40
    guesses: tuple[float, ...] = (0.0, 0.25)
    days: float = 1.0
    offset_sd: float = 0.0
    waves: int = 1


@dataclass(frozen=True)
class Item:
    """An item as it truly is."""

    name: str
    skill: str
    difficulty: float
    guess: float
    discrimination: float

    def success(self, ability: float) -> float:
        """Probability of a right answer at an ability, the skill's offset included."""
        known = logistic(self.discrimination * (ability - self.difficulty))
        return self.guess + (1.0 - self.guess) * known


@dataclass
class Learner:
    """A learner as they truly are (`ability` by skill, general ability and offset included), and as they are judged."""

    ability: dict[str, float]
    mastery: Mastery = field(default_factory=Mastery)
    practised: dict[str, int] = field(default_factory=dict)
    met: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Given:
    """A level that was given: with which probability, and whether the learner's ability was truly above its cut then."""

    probability: float
    is_true: bool


@dataclass(frozen=True)
class Outcome:
    """What came of a world: levels given to the second half of the learners, and what was learned of the bank."""

    given: Sequence[Given]
    bank: Sequence[Item]
    snapshot: NewestSnapshot

    @property
    def true_share(self) -> float:
        """Share of the levels given that are true."""
        return sum(level.is_true for level in self.given) / len(self.given)

    @property
    def stated(self) -> float:
        """The probability that was stated for them, on average."""
        return sum(level.probability for level in self.given) / len(self.given)

    @property
    def bias(self) -> float:
        """Mean of learned less true difficulty, in logits, over items that were answered."""
        errors = [
            self.snapshot.items[item.name, 1].mean - item.difficulty
            for item in self.bank
            if (item.name, 1) in self.snapshot.items
        ]
        return sum(errors) / len(errors)

    @property
    def slope(self) -> float:
        """The mean slope learned."""
        return sum(skill.slope for skill in self.snapshot.skills.values()) / len(self.snapshot.skills)


def bank_of(world: World, draw: random.Random) -> list[Item]:
    """The items of a world, drawn as the filter expects them: around a stated difficulty of 0."""
    return [
        Item(
            f"{skill}{number}",
            skill,
            draw.gauss(0.0, math.sqrt(V_B0)),
            world.guesses[number % len(world.guesses)],
            math.exp(draw.gauss(0.0, world.discrimination_sd)),
        )
        for skill in SKILLS
        for number in range(world.per_skill)
    ]


def play(world: World, *, learners: int, seed: int) -> Outcome:
    """Let learners take their tests, which items and skills learn from; levels given to the second half are kept."""
    draw = random.Random(f"world {seed}")
    bank = bank_of(world, draw)
    skill_offsets = {skill: UNSEEN_SKILL.mean + draw.gauss(0.0, world.offset_sd) for skill in SKILLS}
    snapshot = NewestSnapshot()
    given: list[Given] = []
    at = START
    size = math.ceil(learners / world.waves)
    for first in range(0, learners, size):
        wave = [_born(world, skill_offsets, draw) for _ in range(min(size, learners - first))]
        for _ in range(world.tests):
            at += timedelta(days=world.days)
            seen: list[Observation] = []
            for number, learner in enumerate(wave, start=first):
                found = take(learner, _asked(world, bank, learner, draw), at, snapshot, draw, seen)
                if number >= learners // 2:
                    given += found
            snapshot.publish(seen)
            for learner in wave:
                practise(world, learner, draw)
    return Outcome(given, bank, snapshot)


def _born(world: World, skill_offsets: dict[str, float], draw: random.Random) -> Learner:
    general = draw.gauss(-world.weaker, math.sqrt(rules.V_G0))
    return Learner({skill: general + draw.gauss(0.0, math.sqrt(rules.V_K0)) + skill_offsets[skill] for skill in SKILLS})


def _asked(world: World, bank: Iterable[Item], learner: Learner, draw: random.Random) -> list[Item]:
    """The questions of a test: as many of each skill, none that the learner has met."""
    asked = []
    for skill in SKILLS:
        new = [item for item in bank if item.skill == skill and item.name not in learner.met]
        asked += draw.sample(new, world.questions // len(SKILLS))
    learner.met.update(item.name for item in asked)
    draw.shuffle(asked)
    return asked


def take(
    learner: Learner,
    asked: Sequence[Item],
    at: datetime,
    snapshot: NewestSnapshot,
    draw: random.Random,
    seen: list[Observation],
) -> list[Given]:
    """Let a learner answer a test, and judge it; what items learn from is added to `seen`."""
    answers = [
        _answer(f"{number}", item, draw.random() < item.success(learner.ability[item.skill]), at)
        for number, item in enumerate(asked)
    ]
    traces: list[Trace] = []
    reached = rules.extend(learner.mastery, answers, SCALES, snapshot, traces=traces)
    seen += [
        Observation(
            answer.id,
            answer.item,
            0.0,
            answer.skills,
            answer.score,
            answer.guess,
            trace.theta,
            trace.theta_variance,
            trace.earlier,
        )
        for answer, trace in zip(answers, traces, strict=True)
    ]
    return [
        Given(change.probability, learner.ability[change.skill] >= cut_of(THRESHOLDS[change.level]))
        for change in reached
    ]


def practise(world: World, learner: Learner, draw: random.Random) -> None:
    """Let a learner practise as many questions as a test has: they are told what was right, and it is no evidence."""
    if not world.practice:
        return
    for skill in SKILLS:
        for _ in range(world.questions // len(SKILLS)):
            is_right = draw.random() < logistic(learner.ability[skill] - draw.gauss(0.0, math.sqrt(V_B0)))
            n = learner.practised.get(skill, 0)
            learner.ability[skill] += world.practice * TUTORING[is_right] / (1 + n)
            learner.practised[skill] = n + 1


def _answer(identifier: str, item: Item, right: bool, at: datetime) -> Answer:
    return Answer(identifier, (item.name, 1), (item.skill,), 3, float(right), item.guess, 0.0, at, "w", certifying=True)


Order = Callable[[list[Item], random.Random], None]


def by_lot(items: list[Item], draw: random.Random) -> None:
    """Items as they come."""
    draw.shuffle(items)


def most_flattering(items: list[Item], draw: random.Random) -> None:
    """First what somebody at the cut of level 2 gains most by, knowing the items as they truly are, which nobody does."""
    cut = cut_of(THRESHOLDS[2])

    def gain(item: Item) -> float:
        chance = item.success(cut)
        return sum(
            weight * certification.factor(right=right, cut=cut, difficulty=item.difficulty, guess=item.guess)
            for right, weight in ((True, chance), (False, 1 - chance))
        )

    items.sort(key=gain, reverse=True)


def falsely_certified(
    outcome: Outcome, *, learners: int, seed: int, answers: int = 60, per_sitting: int = 4, order: Order = by_lot
) -> float:
    """Share of learners exactly at the cut of level 2 who are certified it within so many answers; a quarter in each skill."""
    draw = random.Random(f"certified {seed}")
    cut = cut_of(THRESHOLDS[2])
    certified = 0
    for number in range(learners):
        skill = SKILLS[number % len(SKILLS)]
        tests, items = Certification(), [item for item in outcome.bank if item.skill == skill]
        order(items, draw)
        for first in range(0, answers, per_sitting):
            at = START + timedelta(days=10_000 + first)
            sitting = [
                _answer(item.name, item, draw.random() < item.success(cut), at)
                for item in items[first : min(first + per_sitting, answers)]
            ]
            certification.extend(tests, sitting, SCALES, outcome.snapshot)
        certified += tests.level(skill) >= 2
    return certified / learners
