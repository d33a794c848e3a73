"""`manage.py replay_mastery`: runs the mastery filter over an answer log and tells how well it predicted.

The log is a CSV file with the columns learner, item, skills (separated by "~~"), correct (0 to 1) and seconds; guess,
difficulty and probability are optional. Nothing is read from the database or written to it.
"""

from __future__ import annotations

import csv
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from learners.mastery.metrics import Quality
from learners.mastery.replay import Logged, Replay, UnreadableLog, predictions, read, report


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"{text!r} is not a whole number from 1")
    return int(text)


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = -1.0
    if not 0.0 <= rate < 1.0:
        raise ArgumentTypeError(f"{text!r} is not a rate from 0 to below 1")
    return rate


class Command(BaseCommand):
    """Replay an answer log and print AUC, log loss, Brier score and expected calibration error."""

    help = __doc__ or ""
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the answer log that is predicted")
        parser.add_argument("--train", type=Path, help="a log of other learners: items and skills learn from it first")
        parser.add_argument("--predictions", type=Path, metavar="OUT.csv", help="write each prediction to this file")
        parser.add_argument("--guess", type=_rate, default=0.0, help="rate of blind guessing where the log names none")
        parser.add_argument(
            "--refresh", type=_count, default=1, help="answers between two snapshots, uncalibrated items"
        )
        parser.add_argument("--nightly", type=_count, help="the same for all other items (as --refresh)")

    def handle(self, *args: Any, file: Path, train: Path | None, guess: float, **options: Any) -> None:
        replay = Replay(refresh=options["refresh"], nightly=options["nightly"] or options["refresh"])
        try:
            answers = read(file, guess=guess)
            if train is not None:
                for logged in read(train, guess=guess):
                    replay.answered(logged)
                replay.forget_learners()
        except UnreadableLog as error:
            raise CommandError(str(error)) from error
        predicted: Iterable[tuple[Logged, float]] = predictions(replay, answers)
        if options["predictions"] is not None:
            predicted = _written(options["predictions"], predicted)
        try:
            found = report(predicted)
        except OSError as error:
            raise CommandError(f"{options['predictions']}: {error.strerror}") from error
        self.stdout.write(
            f"{found.found.answers} answers, {found.learners} learners, {found.items} items, {found.skills} skills"
        )
        self.stdout.write(_line("filter", found.found))
        if found.reference is not None:
            self.stdout.write(_line("probability", found.reference))


def _line(name: str, measured: Quality) -> str:
    auc = "none" if measured.auc is None else f"{measured.auc:.4f}"
    return (
        f"{name}: AUC {auc}, log loss {measured.log_loss:.4f}, Brier {measured.brier:.4f}, "
        f"expected calibration error {measured.calibration_error:.4f}"
    )


def _written(path: Path, predicted: Iterable[tuple[Logged, float]]) -> Iterator[tuple[Logged, float]]:
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["line", "learner", "item", "correct", "predicted"])
        for answer, prediction in predicted:
            rows.writerow([answer.line, answer.learner, answer.item, f"{answer.score:g}", f"{prediction:.6f}"])
            yield answer, prediction
