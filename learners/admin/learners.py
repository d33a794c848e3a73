"""Learners and their enrolments."""

from __future__ import annotations

from django.contrib import admin
from unfold.admin import ModelAdmin, TabularInline

from accounts.admin_scope import StateScopedAdmin
from learners.admin.read_only import NamesLearner, ReadOnly
from learners.enrolments.models import Enrolment
from learners.profiles.models import Learner
from learners.progress.models import LessonProgress
from learners.waivers.models import LessonWaiver
from learners.waivers.selectors import explanation


@admin.register(Learner)
class LearnerAdmin(ReadOnly, StateScopedAdmin, ModelAdmin):
    state_path = "member_state"
    list_display = ("legal_name", "latin_name", "member_state", "languages", "birth_year", "created_at")
    list_filter = ("member_state",)
    list_select_related = ("member_state",)
    search_fields = ("legal_name", "latin_name", "name_reading", "user__username", "=user__id")
    ordering = ("-created_at",)


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
