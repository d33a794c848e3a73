"""`manage.py rebuild_mastery`: computes mastery from the evidence alone and tells where the stored one differed."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from learners.mastery.selectors import with_mastery
from learners.mastery.services import rebuild

_AT_A_TIME = 200


class Command(BaseCommand):
    """Rebuild mastery from the evidence and report drift; ends with an error when there was any."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--learner", type=UUID, help="this learner only")
        parser.add_argument("--check", action="store_true", help="report drift and leave it as it is")

    def handle(self, *args: Any, learner: UUID | None = None, check: bool = False, **options: Any) -> None:
        learners = drifted = 0
        after: UUID | None = None
        while ids := [learner] if learner is not None else with_mastery(after=after, limit=_AT_A_TIME):
            for drift in rebuild(learner_ids=ids, write=not check):
                drifted += 1
                self.stdout.write(f"{drift.learner_id}: {', '.join(drift.parts)}")
            learners += len(ids)
            if learner is not None:
                break
            after = ids[-1]
        summary = f"{learners} learners, {drifted} with drift"
        if drifted:
            raise CommandError(summary + ("" if check else ", now rebuilt"))
        self.stdout.write(summary)
