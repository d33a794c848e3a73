"""`manage.py log_certificates`: puts certificates that were issued before the transparency log began into it."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from credentials.transparency.services import log_unlogged


class Command(BaseCommand):
    """Log what is not logged; they count as logged late, which is the truth."""

    help = __doc__ or ""

    def handle(self, *args: Any, **options: Any) -> None:
        total = 0
        while found := log_unlogged():
            total += found
        self.stdout.write(f"{total} certificates logged")
