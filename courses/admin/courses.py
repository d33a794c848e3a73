"""Courses."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import TabularInline

from common.read_only import ReadOnly
from courses.admin.authoring import AuditedAdmin
from courses.catalogue.models import Course, Edition


class EditionsOfCourse(ReadOnly, TabularInline):
    """The editions, newest first; each is edited on its own page."""

    model = Edition
    fields = ("number", "status", "languages", "published_at")
    readonly_fields = fields
    ordering = ("-number",)
    show_change_link = True
    extra = 0

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("courses.view_edition") or request.user.has_perm("courses.change_edition")


@admin.register(Course)
class CourseAdmin(AuditedAdmin):
    """A course over all its editions. Its slug stands in published documents, so that it stays once there are any."""

    list_display = ("slug", "licence", "attribution")
    search_fields = ("slug",)
    fields = ("slug", "licence", "attribution")
    inlines = (EditionsOfCourse,)

    def get_readonly_fields(self, request: HttpRequest, obj: Course | None = None) -> tuple[str, ...]:
        published = obj is not None and obj.editions.exclude(status=Edition.Status.DRAFT).exists()
        return ("slug",) if published else ()
