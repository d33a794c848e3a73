"""Agencies' machines. A secret is shown once, on the page that answers its making, and kept nowhere."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminTextInputWidget

from agencies import services
from agencies.admin.base import ServiceAdmin, actor
from agencies.models import ApiClient


class ApiClientForm(forms.ModelForm):
    name = forms.CharField(
        max_length=200, widget=UnfoldAdminTextInputWidget, help_text=_("Which machine or team this is.")
    )

    class Meta:
        model = ApiClient
        fields = ["agency", "active"]


@admin.register(ApiClient)
class ApiClientAdmin(ServiceAdmin):
    state_path = "agency__member_state"
    list_display = ["client_id", "name", "agency", "active"]
    list_filter = ["active", "agency__member_state"]
    list_select_related = ["application", "agency"]
    search_fields = ["agency__name", "application__name", "application__client_id"]
    autocomplete_fields = ["agency"]
    ordering = ["agency__name", "application__name"]
    actions = ["renew_secret"]

    def get_form(self, request: HttpRequest, obj: ApiClient | None = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is None:
            kwargs["form"] = ApiClientForm
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fields(self, request: HttpRequest, obj: ApiClient | None = None) -> list[str]:
        return ["client_id", "name", "agency", "active"] if obj else ["agency", "name"]

    def get_readonly_fields(self, request: HttpRequest, obj: ApiClient | None = None) -> list[str]:
        return ["client_id", "name", "agency"] if obj else []

    @display(description=_("client id"), ordering="application__client_id")
    def client_id(self, obj: ApiClient) -> str:
        return str(obj.application.client_id)

    @display(description=_("name"), ordering="application__name")
    def name(self, obj: ApiClient) -> str:
        return str(obj.application.name)

    def save_by_service(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            services.set_client_active(application_id=obj.pk, active=obj.active, actor=actor(request))
            return
        new = services.register_client(agency_id=obj.agency_id, name=form.cleaned_data["name"], actor=actor(request))
        obj.pk = ApiClient.objects.values_list("pk", flat=True).get(application__client_id=new.client_id)
        request.new_client = new  # type: ignore[attr-defined]

    def response_add(self, request: HttpRequest, obj: ApiClient, post_url_continue: str | None = None) -> HttpResponse:
        return self._show_once(request, request.new_client)  # type: ignore[attr-defined]

    @action(description=_("New secret (the old one ends at once)"), permissions=["change"])
    def renew_secret(self, request: HttpRequest, queryset: QuerySet[ApiClient]) -> HttpResponse | None:
        chosen = list(queryset.values_list("pk", flat=True)[:2])
        if len(chosen) != 1:
            self.message_user(request, _("Choose one client."), messages.WARNING)
            return None
        return self._show_once(request, services.renew_secret(application_id=chosen[0], actor=actor(request)))

    def _show_once(self, request: HttpRequest, new: services.NewClient) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": _("Hand these over now"),
            "new": new,
            "opts": self.model._meta,
        }
        answer = TemplateResponse(request, "admin/agencies/client_secret.html", context)
        answer["Cache-Control"] = "no-store"
        return answer
