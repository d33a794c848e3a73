"""`manage.py export_log DIR`: writes the transparency log as files for a CDN; a repeat writes what is new."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from credentials.transparency.errors import NotPublished
from credentials.transparency.export import export


class Command(BaseCommand):
    """Write tiles, entries and the newest checkpoint below a folder."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        try:
            written = export(folder)
        except NotPublished as error:
            raise CommandError("there is no checkpoint yet") from error
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}") from error
        self.stdout.write(f"{written} files written")
