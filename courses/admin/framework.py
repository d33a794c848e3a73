"""The skills framework, to be read: a loaded version never changes."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline

from common.read_only import ReadOnly
from courses.skills.models import Framework, FrameworkLabel, Skill, SkillArea, SkillLevel, SkillStatement


class _OfFramework(ReadOnly, TabularInline):
    extra = 0
    tab = True
    hide_title = True

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("courses.view_framework")


class LevelInline(_OfFramework):
    model = SkillLevel
    fields = ("level", "name", "description", "evidence", "automated_award")


class AreaInline(_OfFramework):
    model = SkillArea
    fields = ("code", "name", "description")


class LabelInline(_OfFramework):
    model = FrameworkLabel
    fields = ("kind", "key", "language", "text", "machine_drafted")


@admin.register(Framework)
class FrameworkAdmin(ReadOnly, ModelAdmin):
    """Versions of the framework; the thresholds are design values of each version."""

    list_display = ("code", "version", "current", "language")
    fields = ("code", "version", "current", "licence", "notice", "thresholds", "award_rules", "tracks", "digest")
    inlines = (LevelInline, AreaInline, LabelInline)


class StatementInline(ReadOnly, TabularInline):
    model = SkillStatement
    fields = ("level", "statement")
    extra = 0
    hide_title = True

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("courses.view_skill")


@admin.register(Skill)
class SkillAdmin(ReadOnly, ModelAdmin):
    """The skills with what a person can do at each level."""

    list_display = ("code", "name", "area", "min_level", "max_level", "framework")
    list_filter = ("framework", "area")
    list_select_related = ("area", "framework")
    search_fields = ("code", "name", "description")
    inlines = (StatementInline,)
