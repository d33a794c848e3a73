"""`manage.py readiness`: what /readyz is made of, for whoever operates the installation; exit 1 when nothing can be served."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand

from config.health import readiness


class Command(BaseCommand):
    """Show whether requests can be served, and how each part does."""

    help = __doc__ or ""

    def handle(self, *args: Any, **options: Any) -> None:
        found = readiness()
        self.stdout.write(json.dumps({"status": found.status, **found.parts}, indent=2))
        if not found.is_ready:
            raise SystemExit(1)
