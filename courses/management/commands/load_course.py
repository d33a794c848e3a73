"""manage.py load_course FOLDER … [--publish]: load courses from files."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from common.errors import DomainError
from courses.exchange.loading import CourseFileError, load_course
from courses.publishing.services import NotReady, publish_draft


class Command(BaseCommand):
    help = "Make the drafts of courses say what folders with a course.toml say; published editions stay as they are."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
        parser.add_argument(
            "--publish", action="store_true", help="publish each draft afterwards, if it differs from what is published"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        for folder in options["folders"]:
            try:
                course_id = load_course(folder)
                told = f"course {course_id}"
                if options["publish"]:
                    told += f", edition {publish_draft(course_id=course_id, actor='load_course')}"
            except CourseFileError as error:
                raise CommandError(str(error)) from error
            except NotReady as error:
                raise CommandError("\n".join(str(finding.message) for finding in error.findings)) from error
            except DomainError as error:
                raise CommandError(str(error.title)) from error
            self.stdout.write(f"{folder.name}: {told}")
