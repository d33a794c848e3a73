"""`manage.py request_cosignatures`: asks the witnesses (LOG_WITNESSES) to cosign the log's newest checkpoint.

May run at any time. Beat sends the same; the command is for installations whose workers have no way out.
"""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from credentials.transparency.cosigning import WitnessResult, request_cosignatures


class Command(BaseCommand):
    """Push the newest checkpoint to the witnesses; ends with an error when one did not cosign it."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--every", type=float, metavar="SECONDS", help="go on for ever, with this pause")

    def handle(self, *args: Any, every: float | None = None, **options: Any) -> None:
        answers = self._once()
        while every is not None:
            time.sleep(every)
            answers = self._once()
        if failed := [answer for answer in answers if answer.problem]:
            raise CommandError(f"{len(failed)} of {len(answers)} witnesses did not cosign")

    def _once(self) -> list[WitnessResult]:
        answers = request_cosignatures()
        for answer in answers:
            self.stdout.write(f"{answer.witness}: {answer.problem or 'cosigned'}")
        return answers
