"""`manage.py simulate_answers`: writes an answer log of learners who do not exist, for replay_mastery.

Beside the columns of an answer log it has the generating model's own probability of each answer's being right. The same
arguments give the same file, byte for byte.
"""

from __future__ import annotations

import csv
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from learners.mastery.simulation import COLUMNS, PER_SITTING, answers


class Command(BaseCommand):
    """Write a simulated answer log."""

    help = __doc__ or ""
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="OUT.csv")
        parser.add_argument("--learners", type=int, default=200)
        parser.add_argument("--items", type=int, default=120)
        parser.add_argument("--sittings", type=int, default=20, help=f"of {PER_SITTING} questions, for each learner")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--group", type=int, default=0, help="another number: other learners, the same items")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        if options["items"] < PER_SITTING or options["learners"] < 1 or options["sittings"] < 1:
            raise CommandError(f"at least {PER_SITTING} items, one learner and one sitting are needed")
        simulated = answers(
            learners=options["learners"],
            items_count=options["items"],
            sittings=options["sittings"],
            seed=options["seed"],
            group=options["group"],
        )
        try:
            with file.open("w", encoding="utf-8", newline="") as out:
                rows = csv.writer(out, lineterminator="\n")
                rows.writerow(COLUMNS)
                rows.writerows(answer.row() for answer in simulated)
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from error
        self.stdout.write(f"{options['learners'] * options['sittings'] * PER_SITTING} answers in {file}")
