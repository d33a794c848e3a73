"""`manage.py rotate_issuer_key <issuer>`: begin the yearly change of an issuer's key.

Makes the next key and publishes it ahead in the DID document. Two superusers then approve it in the admin, and a day after it
was published `--switch` has it sign. Run it where the keys are, as the workers' role of the database. It takes nobody's name.
"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from common import clock
from common.errors import DomainError
from credentials.certificates import rotation


class Command(BaseCommand):
    """Prepare the rotation of an issuer's key, or switch to the key that was approved."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("issuer", help="the issuer's short name: regional, jp, th …")
        parser.add_argument("--switch", action="store_true", help="switch to the key that two persons approved")

    def handle(self, *args: Any, issuer: str, switch: bool, **options: Any) -> None:
        try:
            if switch:
                key = rotation.switch(issuer=issuer, now=clock.now())
                self.stdout.write(f"{key} signs from now on; restart nothing: workers read it when they next sign")
                return
            made = rotation.prepare(issuer=issuer, now=clock.now())
        except (DomainError, ImproperlyConfigured) as error:
            raise CommandError(f"{type(error).__name__}: {type(error).__doc__ or error}") from error
        self.stdout.write(
            f"{made.multikey} is published. Two superusers compare it and approve it in the admin (Certificates, Key "
            f"rotations); from {made.planned_from:%Y-%m-%d %H:%M} UTC on: manage.py rotate_issuer_key {issuer} --switch"
        )
