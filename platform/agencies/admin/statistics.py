"""The published statistics, to look at."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from accounts.admin_scope import StateScopedAdmin
from agencies.models import StatisticCell


@admin.register(StatisticCell)
class StatisticCellAdmin(StateScopedAdmin, ModelAdmin):
    state_path = "member_state"
    list_display = ["member_state", "skill_code", "level", "learners", "refreshed_at"]
    list_filter = ["member_state", "level"]
    list_select_related = ["member_state"]
    search_fields = ["skill_code"]
    ordering = ["member_state", "skill_code", "level"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
