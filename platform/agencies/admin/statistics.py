"""The published statistics, to look at."""

from __future__ import annotations

from django.contrib import admin
from unfold.admin import ModelAdmin

from accounts.admin_scope import StateScopedAdmin
from agencies.models import StatisticCell
from common.read_only import ReadOnly


@admin.register(StatisticCell)
class StatisticCellAdmin(ReadOnly, StateScopedAdmin, ModelAdmin):
    state_path = "member_state"
    list_display = ["member_state", "skill_code", "level", "learners", "refreshed_at"]
    list_filter = ["member_state", "level"]
    list_select_related = ["member_state"]
    search_fields = ["skill_code"]
    ordering = ["member_state", "skill_code", "level"]
