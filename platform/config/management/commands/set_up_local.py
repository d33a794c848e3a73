import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from config import demo_accounts, reference_data, starter_course
from config.stale_database import explain_if_stale
from member_states import public as member_states


class Command(BaseCommand):
    help = (
        "Everything a local installation starts from, in one process: migrations, reference data, the starter course, "
        "demo staff and one agency client per member state, whose sign-ins are written to a file (0600)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--accounts", type=Path, required=True)

    def handle(self, *args: Any, accounts: Path, **options: Any) -> None:
        if "development" not in (settings.SETTINGS_MODULE or ""):
            raise CommandError("the demo's accounts are for development settings only")
        owner = "owner" if "owner" in settings.DATABASES else "default"
        with explain_if_stale(connections[owner]):
            call_command("migrate", interactive=False, verbosity=0, database=owner)
        reference_data.load()
        starter_course.load()
        clients = [
            demo_accounts.agency_with_client(state, actor="demo")
            for state in sorted(member_states.codes(), reverse=True)
        ]
        found = {"staff": demo_accounts.ensure_staff(state=clients[0]["member_state"]), "agency_clients": clients}
        accounts.touch(mode=0o600)
        accounts.write_text(json.dumps(found, indent=2, ensure_ascii=False))
