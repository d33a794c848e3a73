"""Running the product's own filter over any answer log, to measure it against what is published. Pure, no database.

A log is a CSV file with a header. Columns, in any order; others are ignored:

    learner, item   names
    skills          one or more names separated by "~~"
    correct         score in [0, 1]
    seconds         instant of the answer; any number at least 0 that grows with time (a log without times: a counter)
    guess           optional: rate of blind guessing of the item in [0, 1)
    difficulty      optional: as stated by the item's author, in logits; 0 where missing
    probability     optional: another model's probability of success, measured beside ours

Answers are taken in the order of `seconds`; equal ones as they stand in the file. The prediction for an answer is made
before its score is known: from the learner's earlier answers, and from the parameters of items and skills as of the
last snapshot published before it.
"""

from __future__ import annotations

import csv
import math
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from learners.mastery import calibration, rules
from learners.mastery.calibration import CALIBRATED_FROM, Observation
from learners.mastery.metrics import Quality, quality
from learners.mastery.rules import Answer, Mastery, Scale, Scales, Trace
from learners.mastery.snapshots import (
    UNSEEN_SKILL,
    Chain,
    ItemCalibration,
    ItemKey,
    SkillCalibration,
    stated_difficulty,
)

NEEDED = ("learner", "item", "skills", "correct", "seconds")
SEPARATOR = "~~"
# Beyond it an instant has no date: the end of the year 9999.
_MAX_SECONDS = 253_402_300_000
_START = datetime(1970, 1, 1, tzinfo=UTC)
_NO_LEVELS = Scales([Scale("replay", {}, {}, 0)])


class UnreadableLog(ValueError):
    """A log that cannot be replayed; the text names file, line and cause."""


@dataclass(frozen=True, slots=True)
class Logged:
    """One answer of a log; `line` is its line in the file, from 1 for the header."""

    line: int
    learner: str
    item: str
    skills: tuple[str, ...]
    score: float
    seconds: float
    guess: float
    difficulty: float
    probability: float | None


def read(path: Path, *, guess: float = 0.0) -> list[Logged]:
    """Return the answers of a log in the order in which they are replayed.

    Args:
        guess: for files without that column, and where it is empty.

    Raises:
        UnreadableLog: no such file, no CSV, a column that misses, or a value that cannot be.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in NEEDED if name not in (reader.fieldnames or ())]
            if missing:
                raise UnreadableLog(f"{path}, line 1: no column {', '.join(missing)}")
            answers = [_logged(path, reader.line_num, row, guess) for row in reader]
    except UnicodeDecodeError as error:
        raise UnreadableLog(f"{path}: not UTF-8") from error
    except csv.Error as error:
        raise UnreadableLog(f"{path}: no CSV: {error}") from error
    except OSError as error:
        raise UnreadableLog(f"{path}: {error.strerror}") from error
    if not answers:
        raise UnreadableLog(f"{path}: no answers")
    answers.sort(key=lambda answer: answer.seconds)
    return answers


def _logged(path: Path, line: int, row: dict[str, str | None], guess: float) -> Logged:
    def text(name: str) -> str:
        value = (row[name] or "").strip()
        if not value:
            raise UnreadableLog(f"{path}, line {line}: {name} is empty")
        return value

    def number(name: str, least: float, most: float, default: float | None = None) -> float:
        value = (row.get(name) or "").strip()
        if not value and default is not None:
            return default
        try:
            found = float(value)
        except ValueError:
            found = math.nan
        if not least <= found <= most:
            raise UnreadableLog(f"{path}, line {line}: {name} is {value!r}, not a number from {least:g} to {most:g}")
        return found

    skills = tuple(sorted({skill.strip() for skill in text("skills").split(SEPARATOR)} - {""}))
    if not skills:
        raise UnreadableLog(f"{path}, line {line}: skills is empty")
    return Logged(
        line,
        text("learner"),
        text("item"),
        skills,
        number("correct", 0.0, 1.0),
        number("seconds", 0.0, _MAX_SECONDS),
        number("guess", 0.0, 0.99, guess),
        number("difficulty", -20.0, 20.0, 0.0),
        number("probability", 0.0, 1.0) if (row.get("probability") or "").strip() else None,
    )


class NewestSnapshot(Chain):
    """The newest snapshot alone, which changes as one is published: for whoever never looks back."""

    def __init__(self) -> None:
        super().__init__()
        self.items: dict[ItemKey, ItemCalibration] = {}
        self.skills: dict[str, SkillCalibration] = {}

    def item(self, key: ItemKey, stated: float, instant: datetime) -> ItemCalibration:
        return self.items.get(key) or stated_difficulty(stated)

    def skill(self, code: str, instant: datetime) -> SkillCalibration:
        return self.skills.get(code) or UNSEEN_SKILL

    def publish(self, observations: Iterable[Observation]) -> None:
        """Learn from observations in their order, and publish what follows."""
        items, skills = calibration.learn(observations, items=self.items, skills=self.skills)
        self.items.update(items)
        self.skills.update(skills)


@dataclass(slots=True)
class _Learner:
    """A learner's mastery and the instant of the last answer."""

    mastery: Mastery = field(default_factory=Mastery)
    at: datetime = _START


class Replay:
    """The product's filter and calibrator over one stream of answers.

    refresh: answers between two snapshots that learn from answers to uncalibrated items (fewer than 30 answers).
    nightly: answers between two snapshots that learn from all the others. The product publishes the first within
        seconds and the second each night; a log may have no nights.
    """

    def __init__(self, *, refresh: int = 1, nightly: int = 1) -> None:
        self._refresh, self._nightly = refresh, nightly
        self._published = NewestSnapshot()
        self._learners: dict[str, _Learner] = {}
        self._uncalibrated: list[Observation] = []
        self._others: list[Observation] = []
        self._count = 0

    def answered(self, logged: Logged) -> float:
        """Absorb an answer; return the probability of success that was predicted before it, 0 to 1."""
        self._count += 1
        learner = self._learners.get(logged.learner)
        if learner is None:
            learner = self._learners[logged.learner] = _Learner()
        # The filter wants every sitting later than the one before; a log of whole seconds has ties.
        at = max(_START + timedelta(seconds=logged.seconds), learner.at + timedelta(microseconds=1))
        learner.at = at
        key = (logged.item, 1)
        answer = Answer(
            str(self._count), key, logged.skills, 1, logged.score, logged.guess, logged.difficulty, at, "replay"
        )
        traces: list[Trace] = []
        is_uncalibrated = self._published.item(key, logged.difficulty, at).count < CALIBRATED_FROM
        rules.extend(learner.mastery, (answer,), _NO_LEVELS, self._published, traces=traces)
        (trace,) = traces
        (self._uncalibrated if is_uncalibrated else self._others).append(
            Observation(
                answer.id,
                key,
                logged.difficulty,
                logged.skills,
                logged.score,
                logged.guess,
                trace.theta,
                trace.theta_variance,
                trace.earlier,
            )
        )
        if self._count % self._refresh == 0:
            self._uncalibrated = self._learned(self._uncalibrated)
        if self._count % self._nightly == 0:
            self._others = self._learned(self._others)
        return trace.expected

    def publish(self) -> None:
        """Publish a snapshot that has learned from every answer so far."""
        self._uncalibrated = self._learned(self._uncalibrated)
        self._others = self._learned(self._others)

    def forget_learners(self) -> None:
        """Go on with unknown learners; the parameters of items and skills stay."""
        self.publish()
        self._learners.clear()

    def _learned(self, observations: list[Observation]) -> list[Observation]:
        """Publish what follows from the observations; return the empty list that replaces them."""
        if observations:
            self._published.publish(observations)
        return []


@dataclass(frozen=True, slots=True)
class Report:
    """What a replay found. `reference` measures the log's own column `probability`, on the same answers."""

    learners: int
    items: int
    skills: int
    found: Quality
    reference: Quality | None


def predictions(replay: Replay, answers: Iterable[Logged]) -> Iterator[tuple[Logged, float]]:
    """Absorb answers one after the other, each with what was predicted before it."""
    for answer in answers:
        yield answer, replay.answered(answer)


def report(predicted: Iterable[tuple[Logged, float]]) -> Report:
    """Measure predictions as they come."""
    scores, ours, theirs = array("d"), array("d"), array("d")
    learners: set[str] = set()
    items: set[str] = set()
    skills: set[str] = set()
    for answer, prediction in predicted:
        scores.append(answer.score)
        ours.append(prediction)
        learners.add(answer.learner)
        items.add(answer.item)
        skills.update(answer.skills)
        if answer.probability is not None:
            theirs.append(answer.probability)
    return Report(
        len(learners),
        len(items),
        len(skills),
        quality(scores, ours),
        quality(scores, theirs) if len(theirs) == len(scores) else None,
    )
