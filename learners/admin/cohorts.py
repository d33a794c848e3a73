"""Cohorts of a course, and who is in them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from accounts.admin_scope import StateScopedAdmin
from common.admin_links import LinksWhatOpens
from learners.cohorts import services
from learners.cohorts.models import Cohort, CohortMember


@admin.register(Cohort)
class CohortAdmin(LinksWhatOpens, ModelAdmin):
    """Shown to staff of every state, for a cohort may have members of several; the list of members is by state."""

    list_display = ("code", "course", "title")
    list_filter = ("course",)
    list_select_related = ("course",)
    search_fields = ("code", "title")
    fields = ("course", "code", "title")
    show_full_result_count = False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        # Quizzes name a cohort by its code.
        return () if obj is None else ("course", "code")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class CohortMemberForm(forms.ModelForm):
    class Meta:
        model = CohortMember
        fields = ("cohort", "enrolment")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        cohort, enrolment = cleaned.get("cohort"), cleaned.get("enrolment")
        if cohort and enrolment and cohort.course_id != enrolment.course_id:
            self.add_error("enrolment", f"is in another course than the cohort: {enrolment.edition}")
        return cleaned


@admin.register(CohortMember)
class CohortMemberAdmin(StateScopedAdmin, ModelAdmin):
    form = CohortMemberForm
    state_path = "enrolment__learner__member_state"
    list_display = ("learner_name", "cohort", "edition")
    list_filter = ("cohort",)
    list_select_related = ("cohort", "enrolment__learner", "enrolment__edition__course")
    search_fields = ("enrolment__learner__legal_name", "cohort__code", "=enrolment__learner__user__id")
    autocomplete_fields = ("cohort", "enrolment")
    show_full_result_count = False

    @admin.display(description="learner", ordering="enrolment__learner__legal_name")
    def learner_name(self, member: CohortMember) -> str:
        return member.enrolment.learner.legal_name

    @admin.display(description="edition")
    def edition(self, member: CohortMember) -> str:
        return str(member.enrolment.edition)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        stored = services.add_member(cohort_id=obj.cohort_id, enrolment_id=obj.enrolment_id, actor=str(request.user.pk))
        obj.pk = stored.pk

    def delete_model(self, request: HttpRequest, obj: CohortMember) -> None:
        services.remove_member(cohort_id=obj.cohort_id, enrolment_id=obj.enrolment_id, actor=str(request.user.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[CohortMember]) -> None:
        for member in queryset:
            self.delete_model(request, member)
