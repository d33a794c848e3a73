"""Write the record of processing, docs/personal-data.md."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.field_register import as_markdown, problems

PAGE = settings.BASE_DIR / "docs" / "personal-data.md"


class Command(BaseCommand):
    help = "Write docs/personal-data.md from the declarations beside the models; with --check only say whether it is stale."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="write nothing; fail when the page is stale")

    def handle(self, *args: Any, **options: Any) -> None:
        if said := problems():
            raise CommandError("the register of fields is not complete:\n" + "\n".join(said))
        text = as_markdown()
        if not options["check"]:
            PAGE.write_text(text, encoding="utf-8")
            self.stdout.write(f"{PAGE} written")
        elif not PAGE.exists() or PAGE.read_text(encoding="utf-8") != text:
            raise CommandError(f"{PAGE} is stale: run `make openapi`")
