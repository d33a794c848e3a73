"""Learners and their enrolments."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline

from accounts.admin_scope import StateScopedAdmin
from learners.admin.read_only import NamesLearner, ReadOnly
from learners.enrolments.models import Enrolment
from learners.profiles.models import EarlierState, Learner
from learners.progress.models import LessonProgress
from learners.waivers.models import LessonWaiver
from learners.waivers.selectors import explanation
from privacy import public as privacy


@admin.register(Learner)
class LearnerAdmin(ReadOnly, StateScopedAdmin, ModelAdmin):
    state_path = "member_state"
    list_display = ("legal_name", "latin_name", "member_state", "languages", "birth_year", "created_at")
    list_filter = ("member_state",)
    list_select_related = ("member_state",)
    search_fields = ("legal_name", "latin_name", "name_reading", "user__username", "=user__id")
    ordering = ("-created_at",)


@admin.register(EarlierState)
class EarlierStateAdmin(StateScopedAdmin, ModelAdmin):
    """Whose rule of age still holds for whom. Deleted by the state's administrator when the state was named by mistake."""

    state_path = "member_state"
    list_display = ("user", "member_state", "since")
    list_filter = ("member_state",)
    list_select_related = ("user", "member_state")
    search_fields = ("user__username", "=user__id")
    ordering = ("-since",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[EarlierState]) -> Any:
        for row in queryset:
            privacy.audit(
                actor=str(request.user.pk),
                action="profile.earlier_state_forgotten",
                subject_kind="learner",
                subject_id=str(row.user_id),
                state=row.member_state_id,
            )
        return super().log_deletions(request, queryset)


class LessonProgressInline(ReadOnly, TabularInline):
    model = LessonProgress
    verbose_name_plural = "progress by lesson"
    fields = ("lesson", "furthest", "done_at", "updated_at")
    extra = 0


class LessonWaiverInline(ReadOnly, TabularInline):
    model = LessonWaiver
    verbose_name_plural = "lessons that may be skipped since the placement"
    fields = readonly_fields = ("lesson", "grounds", "framework_version", "rule_version", "at")
    extra = 0

    @admin.display(description="because")
    def grounds(self, waiver: LessonWaiver) -> str:
        """The sentence that the learner reads."""
        return explanation(waiver)


@admin.register(Enrolment)
class EnrolmentAdmin(NamesLearner, ReadOnly, StateScopedAdmin, ModelAdmin):
    state_path = "learner__member_state"
    list_display = ("learner_name", "edition", "enrolled_at", "lessons_done_at", "assessment_passed_at", "completed_at")
    list_filter = ("learner__member_state", "edition")
    list_select_related = ("learner", "edition__course")
    search_fields = ("learner__legal_name", "learner__user__username", "=id", "=learner__user__id")
    ordering = ("-enrolled_at",)
    inlines = (LessonProgressInline, LessonWaiverInline)
