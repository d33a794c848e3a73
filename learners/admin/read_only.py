"""What staff look at and never edit: it is the learner's own doing, or follows from evidence."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from common import read_only


class NamesLearner:
    """For admins of rows with a `learner`: their name, with the way to their page for whoever may see that.

    A learner's own text form is an id, so that no name gets into logs.
    """

    @admin.display(description="learner", ordering="learner__legal_name")
    def learner_name(self, row: Any) -> str:
        return str(row.learner.legal_name)

    @admin.display(description="learner")
    def learner_link(self, row: Any) -> str:
        return format_html(
            '<a class="text-primary-600 dark:text-primary-500 underline" href="{}"><bdi>{}</bdi></a>',
            reverse("admin:learners_learner_change", args=[row.learner_id]),
            row.learner.legal_name,
        )

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        shown = "learner_link" if request.user.has_perm("learners.view_learner") else "learner_name"
        return [shown if name == "learner" else name for name in super().get_fields(request, obj)]  # type: ignore[misc]


class ReadOnly(read_only.ReadOnly):
    """For admins and inlines; mixed in first. Nothing is counted: these tables are large."""

    show_full_result_count = False
