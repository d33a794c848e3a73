"""`manage.py reconcile_certificates`: who is entitled and has no certificate, and who has one without entitlement.

Exits with 1 when anything older than five minutes differs. With --repair workers are asked again to award and to issue
what is missing; nothing is issued by this command, and nothing is ever taken away by it.
"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from common import clock
from credentials.certificates import reconciliation


class Command(BaseCommand):
    """Compare certificates with entitlement."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--repair", action="store_true", help="ask workers again for what is missing")

    def handle(self, *args: Any, repair: bool, **options: Any) -> None:
        found = reconciliation.differences(now=clock.now())
        for name, rows in (
            ("earned, not awarded (learner)", [learner for learner, _ in found.earned]),
            ("awarded, not issued (award)", [award for award, _ in found.awarded]),
            ("issued without an award (certificate)", found.unfounded),
            ("awarded on facts that do not meet the criteria (award)", found.unearned),
            ("awarded on evidence that is not what it was (award)", found.altered),
        ):
            self.stdout.write(f"{len(rows):>6}  {name}")
            for row in rows[:20]:
                self.stdout.write(f"        {row}")
        if repair:
            self.stdout.write(f"{reconciliation.repair(found)} events recorded again")
            if not found.issued_not_entitled:
                return
        if found.entitled_not_issued or found.issued_not_entitled:
            raise CommandError("certificates and entitlement differ")
