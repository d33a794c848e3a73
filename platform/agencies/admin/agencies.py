"""Agencies, with the way to what they pulled."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from agencies import services
from agencies.admin.base import ServiceAdmin, actor
from agencies.models import Agency


@admin.register(Agency)
class AgencyAdmin(ServiceAdmin):
    state_path = "member_state"
    list_display = ["name", "role", "member_state", "active", "pulls"]
    list_filter = ["active", "member_state"]
    list_select_related = ["member_state"]
    search_fields = ["name", "role"]
    ordering = ["member_state", "name"]
    fields = ["name", "role", "member_state", "active"]

    def get_readonly_fields(self, request: HttpRequest, obj: Agency | None = None) -> list[str]:
        # Grants and the feed rest on the state; an agency that moved would be another agency.
        return ["member_state"] if obj else []

    @display(description=_("pulls"))
    def pulls(self, obj: Agency) -> str:
        try:
            url = reverse("admin:privacy_pull_changelist")
        except NoReverseMatch:
            return ""
        return format_html('<a href="{}?agency__id__exact={}">{}</a>', url, obj.pk, _("what it pulled"))

    def save_by_service(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            services.update_agency(agency_id=obj.pk, name=obj.name, role=obj.role, actor=actor(request))
        else:
            obj.pk = services.register_agency(
                name=obj.name, role=obj.role, member_state=obj.member_state_id, actor=actor(request)
            )
        services.set_agency_active(agency_id=obj.pk, active=obj.active, actor=actor(request))
