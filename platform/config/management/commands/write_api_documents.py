"""Write the OpenAPI documents' snapshots, docs/api/*.yaml."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from drf_spectacular.drainage import GENERATOR_STATS

from config.api_documents import AUDIENCES, SNAPSHOTS, as_yaml


class Command(BaseCommand):
    help = "Write docs/api/*.yaml from the code; with --check only say whether they are stale. A warning is an error."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="write nothing; fail when a file is stale")

    def handle(self, *args: Any, **options: Any) -> None:
        stale = []
        for audience in AUDIENCES.values():
            text = as_yaml(audience)
            if GENERATOR_STATS:
                GENERATOR_STATS.emit_summary()
                raise CommandError(f"the document for {audience.name} has warnings")
            path = SNAPSHOTS / f"{audience.name}.yaml"
            if not options["check"]:
                path.write_text(text, encoding="utf-8")
                self.stdout.write(f"{path} written")
            elif not path.exists() or path.read_text(encoding="utf-8") != text:
                stale.append(path.name)
        if stale:
            raise CommandError(f"stale in docs/api: {', '.join(stale)}; run make openapi")
