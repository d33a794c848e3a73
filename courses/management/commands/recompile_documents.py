"""manage.py recompile_documents: after a change of the documents' form."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from courses.publishing.models import Edition
from courses.publishing.services import recompile


class Command(BaseCommand):
    help = "Compile the documents of every edition anew; what is as it should be stays."

    def handle(self, *args: Any, **options: Any) -> None:
        for edition in Edition.objects.select_related("course"):
            changed = recompile(edition_id=edition.pk, actor="recompile_documents")
            self.stdout.write(f"{edition}: {changed} documents changed")
