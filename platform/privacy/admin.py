"""Proof to look at: nothing here can be changed. What an agency pulled is for administrators of its own state too; the other
rows about learners are for superusers, as no state stands in them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline

from accounts.admin_scope import StateScopedAdmin, limited_to
from common.admin_links import LinksWhatOpens
from common.read_only import ReadOnly
from member_states import public as member_states
from privacy.models import AuditEntry, ConsentRecord, Disclosure, Pull, Purpose, PurposeText, PurposeTextReview
from privacy.purposes.services import record_review


class _SuperusersOnly(ReadOnly):
    show_full_result_count = False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)


class PurposeTextInline(ReadOnly, TabularInline):
    model = PurposeText
    fields = ("version", "language", "title", "body", "machine_drafted")
    extra = 0


@admin.register(Purpose)
class PurposeAdmin(ReadOnly, ModelAdmin):
    list_display = ("code", "per_agency", "needed_to_learn")
    inlines = (PurposeTextInline,)


@admin.register(PurposeTextReview)
class PurposeTextReviewAdmin(LinksWhatOpens, ModelAdmin):
    """Where it is recorded that a person has read a text. A state's administrator records it for the state's languages."""

    list_display = ("text", "reviewer", "recorded_by", "recorded_at")
    list_select_related = ("text", "recorded_by")
    fields = ("text", "reviewer")
    ordering = ("-recorded_at",)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **more: Any) -> Any:
        if db_field.name == "text":
            texts = PurposeText.objects.filter(machine_drafted=True, review=None)
            state = limited_to(request.user)
            if state is not None:
                texts = texts.filter(language__in=member_states.languages(state) if state else ())
            more["queryset"] = texts.order_by("purpose", "language", "-version")
        return super().formfield_for_foreignkey(db_field, request, **more)

    def save_model(self, request: HttpRequest, obj: PurposeTextReview, form: Any, change: bool) -> None:
        record_review(obj, recorded_by=cast(UUID, request.user.pk))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(ConsentRecord)
class ConsentRecordAdmin(_SuperusersOnly, ModelAdmin):
    list_display = ("recorded_at", "user", "purpose", "agency", "given", "text_version", "text_language", "channel")
    list_filter = ("purpose", "given", "text_language")
    list_select_related = ("user", "purpose", "agency")
    search_fields = ("user__username", "=record_id")
    ordering = ("-ordinal",)


class _OfTheState(ReadOnly, StateScopedAdmin, ModelAdmin):
    """For superusers, and for administrators of a state its own rows; nobody else, whatever permissions they have."""

    show_full_result_count = False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        is_limited = limited_to(request.user) is not None
        return bool(request.user.is_superuser or (is_limited and super().has_view_permission(request, obj)))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)


@admin.register(Pull)
class PullAdmin(_OfTheState):
    state_path = "agency__member_state"
    list_display = ("at", "agency", "client_id", "purpose", "operation", "row_count")
    list_filter = ("operation", "purpose")
    list_select_related = ("agency", "purpose")
    ordering = ("-id",)


@admin.register(Disclosure)
class DisclosureAdmin(_OfTheState):
    state_path = "pull__agency__member_state"
    list_display = ("at", "agency", "operation", "user")
    list_select_related = ("user", "pull__agency")
    search_fields = ("user__username",)
    ordering = ("-id",)

    @admin.display(description="at")
    def at(self, disclosure: Disclosure) -> datetime:
        return disclosure.pull.at

    @admin.display(description="agency")
    def agency(self, disclosure: Disclosure) -> str:
        return str(disclosure.pull.agency)

    @admin.display(description="operation")
    def operation(self, disclosure: Disclosure) -> str:
        return disclosure.pull.operation


@admin.register(AuditEntry)
class AuditEntryAdmin(_SuperusersOnly, ModelAdmin):
    list_display = ("at", "actor", "action", "subject_kind", "subject_id")
    list_filter = ("action", "subject_kind")
    search_fields = ("=actor", "=subject_id", "=request_id")
    ordering = ("-id",)
