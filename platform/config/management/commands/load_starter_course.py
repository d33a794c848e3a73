from typing import Any

from django.core.management.base import BaseCommand

from config import reference_data, starter_course


class Command(BaseCommand):
    help = "Load the reference data, the register's agencies, and the starter course. May run again."

    def handle(self, *args: Any, **options: Any) -> None:
        reference_data.load()
        edition_id = starter_course.load()
        self.stdout.write(f"starter course loaded: edition {edition_id}")
