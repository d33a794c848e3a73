"""Extra time: granted and revoked by staff of the learner's state, never edited."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from accounts.admin_scope import StateScopedAdmin
from assessments.accommodations import services
from assessments.accommodations.models import Accommodation
from assessments.accommodations.selectors import is_granted
from common import clock
from common.errors import DomainError


class AccommodationForm(forms.ModelForm):
    class Meta:
        model = Accommodation
        fields = ("learner", "quiz", "factor", "extra_s", "reason")
        labels = {"extra_s": "Extra seconds"}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        learner, quiz = cleaned.get("learner"), cleaned.get("quiz")
        if learner and is_granted(learner_id=learner.pk, quiz_id=quiz.pk if quiz else None):
            self.add_error("quiz", "The learner already has extra time here: revoke it first.")
        if cleaned.get("factor") == 1 and not cleaned.get("extra_s"):
            self.add_error("factor", "gives no extra time: write 1.25, or extra seconds")
        return cleaned


@admin.register(Accommodation)
class AccommodationAdmin(StateScopedAdmin, ModelAdmin):
    """Says why in a code only: nothing here is a place for a diagnosis."""

    form = AccommodationForm
    state_path = "learner__member_state"
    list_display = ("learner_name", "quiz", "factor", "extra_s", "reason", "granted_at", "revoked_at")
    list_filter = ("reason", "learner__member_state")
    list_select_related = ("learner", "quiz")
    search_fields = ("learner__legal_name", "=learner__user__id")
    autocomplete_fields = ("learner",)
    ordering = ("-granted_at",)
    show_full_result_count = False
    fields = ("learner", "quiz", "factor", "extra_s", "reason", "granted_by", "granted_at", "revoked_at")
    readonly_fields = ("granted_by", "granted_at", "revoked_at")
    actions = ("revoke",)

    @admin.display(description="learner", ordering="learner__legal_name")
    def learner_name(self, row: Accommodation) -> str:
        return row.learner.legal_name

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return self.has_add_permission(request)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        granted = services.grant(
            accommodation_id=obj.pk,
            learner_id=obj.learner_id,
            quiz_id=obj.quiz_id,
            factor=obj.factor,
            extra_s=obj.extra_s,
            reason=obj.reason,
            actor=str(request.user.pk),
            now=clock.now(),
        )
        obj.granted_at, obj.granted_by = granted.granted_at, granted.granted_by

    @admin.action(description="Revoke", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Accommodation]) -> None:
        for row in queryset:
            try:
                services.revoke(accommodation_id=row.pk, actor=str(request.user.pk), now=clock.now())
            except DomainError as error:
                self.message_user(request, str(error.title), messages.ERROR)
            else:
                self.message_user(request, "The extra time is revoked.", messages.SUCCESS)
