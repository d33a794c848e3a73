"""Grants: given whole, later only ended."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from agencies import services
from agencies.admin.base import ServiceAdmin, actor
from agencies.grants import rules
from agencies.models import Grant

_GIVEN = ["agency", "member_state", "purpose", "scope", "legal_basis", "valid_from"]


class GrantForm(forms.ModelForm):
    class Meta:
        model = Grant
        fields = [*_GIVEN, "valid_to"]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        complete = all(name in given for name in self.fields)
        if self.instance.pk is None and complete:
            reason = rules.refusal(
                agency_state=given["agency"].member_state_id,
                member_state=given["member_state"].pk,
                scope=given["scope"],
                legal_basis=given["legal_basis"],
                valid_from=given["valid_from"],
                valid_to=given["valid_to"],
            )
            if reason is not None:
                raise forms.ValidationError(services.REFUSALS[reason], code=reason)
        return given


@admin.register(Grant)
class GrantAdmin(ServiceAdmin):
    state_path = "agency__member_state"
    form = GrantForm
    list_display = ["agency", "member_state", "scope", "purpose", "valid_from", "valid_to"]
    list_filter = ["scope", "member_state"]
    list_select_related = ["agency", "member_state", "purpose"]
    search_fields = ["agency__name"]
    autocomplete_fields = ["agency"]
    ordering = ["agency__name", "member_state", "-valid_from"]
    fields = [*_GIVEN, "valid_to"]

    def get_readonly_fields(self, request: HttpRequest, obj: Grant | None = None) -> list[str]:
        # What was granted stays on record; other terms are another grant.
        return _GIVEN if obj else []

    def save_by_service(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            services.end_grant(grant_id=obj.pk, valid_to=obj.valid_to, actor=actor(request))
            return
        obj.pk = services.give_grant(
            agency_id=obj.agency_id,
            member_state=obj.member_state_id,
            purpose=obj.purpose_id,
            scope=obj.scope,
            legal_basis=obj.legal_basis,
            valid_from=obj.valid_from,
            valid_to=obj.valid_to,
            actor=actor(request),
        )
