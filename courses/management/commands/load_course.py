"""manage.py load_course FOLDER … [--publish]: load courses from files."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from common.errors import DomainError
from courses.catalogue.files import CourseFileError
from courses.catalogue.loading import load_course
from courses.publishing.services import NotReady, publish


class Command(BaseCommand):
    help = "Load courses from folders with a course.toml; drafts are brought up to the files, published editions stay."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
        parser.add_argument("--publish", action="store_true", help="publish each edition afterwards")

    def handle(self, *args: Any, **options: Any) -> None:
        for folder in options["folders"]:
            try:
                edition_id = load_course(folder)
                if options["publish"]:
                    publish(edition_id=edition_id, actor="load_course")
            except CourseFileError as error:
                raise CommandError(str(error)) from error
            except NotReady as error:
                raise CommandError("\n".join(str(finding.message) for finding in error.findings)) from error
            except DomainError as error:
                raise CommandError(str(error.title)) from error
            self.stdout.write(f"{folder.name}: edition {edition_id}")
