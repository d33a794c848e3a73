"""Attempts, to look at: nobody edits what a learner did or how the server graded it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline

from accounts.admin_scope import StateScopedAdmin
from assessments.attempts.models import Attempt, AttemptItem
from common.read_only import ReadOnly


class AttemptItemInline(ReadOnly, TabularInline):
    """What was asked, answered and given for it. The key is not here: it is on the revision's page, for who may."""

    model = AttemptItem
    fields = readonly_fields = ("position", "item", "response", "score")
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[AttemptItem]:
        rows: QuerySet[AttemptItem] = super().get_queryset(request)
        return rows.select_related("revision__item")

    @admin.display()
    def item(self, row: AttemptItem) -> str:
        return str(row.revision)


@admin.register(Attempt)
class AttemptAdmin(ReadOnly, StateScopedAdmin, ModelAdmin):
    """The seed is not shown: from it, the items of a live attempt could be computed."""

    state_path = "learner__member_state"
    list_display = ("learner_name", "quiz", "number", "language", "started_at", "submitted_at", "score", "passed")
    list_filter = ("quiz", "passed", "closed_by_clock", "expired", "learner__member_state")
    list_select_related = ("quiz", "learner")
    search_fields = ("learner__legal_name", "learner__user__username", "=id", "=learner__user__id")
    date_hierarchy = None
    show_full_result_count = False
    inlines = (AttemptItemInline,)
    fields = readonly_fields = (
        "id",
        "learner_name",
        "quiz",
        "number",
        "language",
        "started_at",
        "due_at",
        "submitted_at",
        "closed_by_clock",
        "expired",
        "score",
        "passed",
        "rule_version",
        "framework_version",
    )

    @admin.display(description="learner", ordering="learner__legal_name")
    def learner_name(self, attempt: Attempt) -> str:
        return attempt.learner.legal_name

    def get_inline_instances(self, request: HttpRequest, obj: Any = None) -> Any:
        # A live attempt's items stay between the learner and the server.
        return [] if obj is None or obj.submitted_at is None else super().get_inline_instances(request, obj)
