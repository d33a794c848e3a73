"""`manage.py rotate_issuer_key <issuer>`: the yearly change of an issuer's key, by two persons.

One prepares the next key, which is published ahead; a day later another approves it, and it signs at once. Run it where
the keys are, as the workers' role of the database.
"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from common import clock
from common.errors import DomainError
from credentials.certificates import rotation


class Command(BaseCommand):
    """Prepare or approve the rotation of an issuer's key."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("issuer", help="the issuer's short name: regional, jp, th …")
        parser.add_argument("--by", required=True, metavar="USERNAME", help="who does it: a superuser's account")
        parser.add_argument("--approve", action="store_true", help="switch to the key that another person prepared")

    def handle(self, *args: Any, issuer: str, by: str, approve: bool, **options: Any) -> None:
        person = get_user_model().objects.filter(username=by, is_active=True, is_superuser=True).first()
        if person is None:
            raise CommandError(f"{by} is no active superuser")
        try:
            if approve:
                key = rotation.approve(issuer=issuer, approved_by=person.pk, now=clock.now())
                self.stdout.write(f"{key} signs from now on; restart nothing: workers read it when they next sign")
            else:
                made = rotation.prepare(issuer=issuer, prepared_by=person.pk, now=clock.now())
                self.stdout.write(
                    f"{made.multikey} is published. Another person approves it from {made.planned_from:%Y-%m-%d %H:%M} UTC "
                    f"on: manage.py rotate_issuer_key {issuer} --approve --by …"
                )
        except (DomainError, ImproperlyConfigured) as error:
            raise CommandError(f"{type(error).__name__}: {type(error).__doc__ or error}") from error
