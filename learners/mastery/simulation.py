"""Answer logs of learners who do not exist, from a model that is known: what a filter can be measured against. Pure.

The model is of the filter's family and not the filter itself. A learner has a general ability, which wanders from sitting
to sitting, and one for each skill, which wanders from answer to answer. Practice raises a skill by a step that gets smaller
with each answer (the power law of practice), of a size of the learner's own; time without an answer takes it back towards
the general ability by a power of the days (the power law of forgetting). Items have a difficulty, and those of choice a
guess rate:

    P(right) = c + (1-c) s(ability + mean over the item's skills of skill - difficulty)

Learners come in sittings of ten questions, days apart. The same arguments give the same log, byte for byte.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass

COLUMNS = ("learner", "item", "skills", "correct", "seconds", "guess", "difficulty", "probability")

SKILLS = 6
PER_SITTING = 10
ABILITY_SD, SKILL_SD, DIFFICULTY_SD = 0.96, 0.81, 1.07
# Where an average learner stands with an average item: a success rate of two in three.
OFFSET = 0.7
# Share of items about two skills, and of items of choice with their guess rates.
TWO_SKILLS = 0.15
CHOICE = {0.0: 0.5, 0.25: 0.35, 0.5: 0.15}
# Step after a right answer to a skill's first item; its spread between learners (of the logarithm); a wrong one's share.
STEP, STEP_SPREAD, WRONG = 0.58, 0.4, 0.55
FORGETTING = 0.16
# Standard deviations of what general ability and a skill wander by, per sitting and per answer.
WANDER_GENERAL, WANDER_SKILL = 0.15, 0.1
DAYS_BETWEEN = 3.0


@dataclass(frozen=True, slots=True)
class Simulated:
    """One answer; `probability` is the model's own of its being right, with all that only the model knows."""

    learner: str
    item: str
    skills: tuple[str, ...]
    correct: bool
    seconds: int
    guess: float
    difficulty: float
    probability: float

    def row(self) -> tuple[str, ...]:
        """The answer as a row of an answer log, in the order of `COLUMNS`."""
        return (
            self.learner,
            self.item,
            "~~".join(self.skills),
            str(int(self.correct)),
            str(self.seconds),
            f"{self.guess:g}",
            f"{self.difficulty:g}",
            f"{self.probability:.6f}",
        )


@dataclass(frozen=True, slots=True)
class Item:
    """An item of the model; `stated` is what its author took its difficulty for: easy -1, medium 0 or hard +1."""

    name: str
    skills: tuple[int, ...]
    difficulty: float
    guess: float
    stated: float


def items(count: int, *, seed: int) -> list[Item]:
    """The bank of the model with this seed."""
    draw = random.Random(f"items {seed}")  # noqa: S311 a simulation, not a secret
    bank = []
    for number in range(count):
        skills = {number % SKILLS}
        if draw.random() < TWO_SKILLS:
            skills.add(draw.randrange(SKILLS))
        difficulty = draw.gauss(0.0, DIFFICULTY_SD)
        (guess,) = draw.choices(list(CHOICE), list(CHOICE.values()))
        opinion = difficulty + draw.gauss(0.0, 0.8)
        stated = -1.0 if opinion < -0.6 else 1.0 if opinion > 0.6 else 0.0
        bank.append(Item(f"i{number}", tuple(sorted(skills)), difficulty, guess, stated))
    return bank


def answers(*, learners: int, items_count: int, sittings: int, seed: int, group: int = 0) -> Iterator[Simulated]:
    """The answers of all learners, in the order of their instants.

    Args:
        group: other learners for the same bank of items; for a log to train on beside one to predict.
    """
    bank = items(items_count, seed=seed)
    logs: list[Simulated] = []
    for number in range(learners):
        draw = random.Random(f"learner {seed} {group} {number}")  # noqa: S311 a simulation, not a secret
        logs.extend(_learner(f"g{group}l{number}", bank, sittings, draw))
    logs.sort(key=lambda answer: (answer.seconds, answer.learner))
    return iter(logs)


def _learner(name: str, bank: list[Item], sittings: int, draw: random.Random) -> Iterator[Simulated]:
    ability = OFFSET + draw.gauss(0.0, ABILITY_SD)
    skill = [draw.gauss(0.0, SKILL_SD) for _ in range(SKILLS)]
    practised = [0] * SKILLS
    last: list[float | None] = [None] * SKILLS
    step = STEP * math.exp(draw.gauss(0.0, STEP_SPREAD))
    at = draw.uniform(0.0, 30.0)
    for _ in range(sittings):
        ability += draw.gauss(0.0, WANDER_GENERAL)
        for item in draw.sample(bank, PER_SITTING):
            for k in item.skills:
                before = last[k]
                if before is not None:
                    skill[k] *= (1.0 + at - before) ** -FORGETTING
            level = ability + sum(skill[k] for k in item.skills) / len(item.skills)
            probability = item.guess + (1.0 - item.guess) / (1.0 + math.exp(item.difficulty - level))
            correct = draw.random() < probability
            yield Simulated(
                name,
                item.name,
                tuple(f"k{k}" for k in item.skills),
                correct,
                round(at * 86400),
                item.guess,
                item.stated,
                probability,
            )
            for k in item.skills:
                skill[k] += step * (1.0 if correct else WRONG) / (1 + practised[k]) + draw.gauss(0.0, WANDER_SKILL)
                practised[k] += 1
                last[k] = at
            at += draw.uniform(20.0, 120.0) / 86400.0
        at += draw.expovariate(1.0 / DAYS_BETWEEN)
