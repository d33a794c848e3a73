from typing import Any

from django.core.management.base import BaseCommand

from config import reference_data


class Command(BaseCommand):
    help = "Load the member-state register, the skills framework, the purposes and the staff roles. May run again."

    def handle(self, *args: Any, **options: Any) -> None:
        reference_data.load()
        self.stdout.write("reference data loaded")
