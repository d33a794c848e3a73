"""Learners and their enrolments."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, cast
from uuid import UUID

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import action
from unfold.widgets import UnfoldAdminTextInputWidget, UnfoldBooleanWidget

from accounts import public as accounts
from accounts.admin_scope import StateScopedAdmin
from common import clock
from common.errors import DomainError
from learners.admin.read_only import NamesLearner, ReadOnly
from learners.enrolments.models import Enrolment
from learners.profiles.models import EarlierState, Learner
from learners.profiles.services import hand_over_recovery_code
from learners.progress.models import LessonProgress
from learners.waivers.models import LessonWaiver
from learners.waivers.selectors import explanation
from privacy import public as privacy


class RecoveryCodeForm(forms.Form):
    """What is asked of who hands a code over: that they know whom to, and that they are who they seem."""

    checked = forms.BooleanField(
        label="The learner is here in person, and I have checked who they are.", widget=UnfoldBooleanWidget
    )
    code = forms.CharField(
        label="Code of your own second factor",
        max_length=32,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "one-time-code"}),
    )


@admin.register(Learner)
class LearnerAdmin(ReadOnly, StateScopedAdmin, ModelAdmin):
    state_path = "member_state"
    list_display = ("legal_name", "latin_name", "member_state", "languages", "birth_year", "created_at")
    list_filter = ("member_state",)
    list_select_related = ("member_state",)
    search_fields = ("legal_name", "latin_name", "name_reading", "user__username", "=user__id")
    ordering = ("-created_at",)
    actions_detail = ("recovery_code",)

    def has_recover_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("learners.recover_learner")

    @action(description="Hand over a recovery code", url_path="recovery-code", icon="key", permissions=("recover",))
    def recovery_code(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show a one-time code to hand over, after the person's own second factor; a password is never shown or set."""
        learner = self.get_object(request, object_id)
        if learner is None:
            raise Http404
        if not self.has_view_permission(request, learner) or not self.has_recover_permission(request):
            raise PermissionDenied("Recovery codes are handed over by administrators of the learner's state.")
        if not accounts.has_second_factor(request.user):
            raise accounts.SecondFactorNeeded("A recovery code is handed over with a code of your own second factor.")
        form = RecoveryCodeForm(request.POST or None)
        handed_over, wait_s = None, 0
        if form.is_valid():
            tried = accounts.confirm_second_factor(request, form.cleaned_data["code"])
            wait_s = tried.wait_s
            if wait_s:
                form.add_error("code", f"Too many wrong codes. Try again in {wait_s} seconds.")
            elif not tried.right:
                form.add_error("code", "This code is not right.")
            else:
                try:
                    handed_over = hand_over_recovery_code(
                        learner_id=learner.pk, actor_id=cast(UUID, request.user.pk), now=clock.now()
                    )
                except DomainError as error:
                    raise PermissionDenied(
                        "No recovery code is made for this account: it belongs to a member of staff, or is not active."
                    ) from error
        return TemplateResponse(
            request,
            "admin/learners/recovery_code.html",
            {
                **self.admin_site.each_context(request),
                "title": "Hand over a recovery code",
                "opts": self.opts,
                "learner": learner,
                "form": form,
                "handed_over": handed_over,
            },
            status=HTTPStatus.TOO_MANY_REQUESTS if wait_s else HTTPStatus.OK,
            headers={"Retry-After": str(wait_s)} if wait_s else None,  # the admin lets nothing be stored
        )


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
    fields = ("lesson", "furthest", "done_at", "language", "updated_at")
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
