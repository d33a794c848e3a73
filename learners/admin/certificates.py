"""Achievements, awards and certificates: to look at; a reviewer may revoke one. Nothing here issues."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminTextareaWidget

from accounts.admin_scope import StateScopedAdmin
from accounts.roles import REVIEWER
from common import clock
from common.errors import DomainError
from learners.admin.read_only import NamesLearner, ReadOnly
from learners.certificates import life
from learners.certificates.models import Achievement, Award, Certificate, IssuerKey


class RevocationForm(forms.Form):
    """Why a certificate is revoked; kept with it and shown to staff only."""

    reason = forms.CharField(max_length=200, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}))


@admin.register(Achievement)
class AchievementAdmin(ReadOnly, ModelAdmin):
    list_display = ("slug", "version", "edition", "active")
    list_filter = ("active",)
    list_select_related = ("edition__course",)
    search_fields = ("slug",)


@admin.register(Award)
class AwardAdmin(NamesLearner, ReadOnly, StateScopedAdmin, ModelAdmin):
    state_path = "learner__member_state"
    list_display = ("learner_name", "achievement", "decided_at")
    list_filter = ("learner__member_state", "achievement")
    list_select_related = ("learner", "achievement")
    search_fields = ("learner__legal_name", "=id", "=learner__user__id")
    ordering = ("-decided_at",)


@admin.register(IssuerKey)
class IssuerKeyAdmin(ReadOnly, ModelAdmin):
    list_display = ("id", "valid_from", "valid_until")


@admin.register(Certificate)
class CertificateAdmin(NamesLearner, ReadOnly, StateScopedAdmin, ModelAdmin):
    state_path = "learner__member_state"
    list_display = ("learner_name", "achievement", "status", "valid_until", "issued_at", "page")
    list_filter = ("status", "learner__member_state", "award__achievement")
    list_select_related = ("learner", "award__achievement")
    search_fields = ("learner__legal_name", "=public_code", "=id", "=learner__user__id")
    ordering = ("-issued_at",)
    actions = ("revoke",)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        shown, document = self.get_fields(request, obj), "credential"
        return [
            (None, {"fields": [*(name for name in shown if name != document), "page"]}),
            ("The signed document", {"fields": [document], "classes": ["collapse"]}),
        ]

    @admin.display(description="achievement")
    def achievement(self, certificate: Certificate) -> str:
        return str(certificate.award.achievement)

    @admin.display(description="page")
    def page(self, certificate: Certificate) -> SafeString:
        return format_html('<a href="/verify/{}">verify</a>', certificate.public_code)

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Whether this person revokes: reviewers and superusers, by their role and not by a permission to edit."""
        user = request.user
        return bool(user.is_active and (user.is_superuser or user.groups.filter(name=REVIEWER).exists()))

    @admin.action(description="Revoke one certificate", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Certificate]) -> HttpResponse | None:
        chosen = list(queryset.select_related("learner", "award__achievement")[:2])
        if len(chosen) != 1:
            self.message_user(request, "Choose exactly one certificate.", messages.ERROR)
            return None
        form = RevocationForm(request.POST if "reason" in request.POST else None)
        if form.is_valid():
            try:
                life.revoke(
                    certificate_id=chosen[0].pk,
                    actor=str(request.user.pk),
                    reason=form.cleaned_data["reason"],
                    now=clock.now(),
                )
            except DomainError as error:
                self.message_user(request, str(error.title), messages.ERROR)
            else:
                self.message_user(request, "The certificate is revoked.", messages.SUCCESS)
            return None
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": "Revoke a certificate",
            "opts": self.model._meta,
            "certificate": chosen[0],
            "form": form,
            "action_checkbox_name": ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "admin/learners/revoke_certificate.html", context)
