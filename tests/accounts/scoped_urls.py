"""An admin of two models that belong to states, to try the scope on whatever the product's own admins are."""

from typing import Any

from django.contrib.auth.models import Group
from django.http import HttpRequest
from django.urls import path
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import RelatedDropdownFilter

from accounts.admin import UserAdmin
from accounts.admin_scope import StateScopedAdmin
from accounts.models import User
from accounts.staff.site import StaffAdminSite
from agencies.models import Agency, Grant
from member_states.admin import MemberStateAdmin
from member_states.models import MemberState


class SmallSite(StaffAdminSite):
    """The product's side bar leads to pages that this admin does not have."""

    def get_sidebar_list(self, request: HttpRequest) -> list[dict[str, Any]]:
        return []


site = SmallSite(name="admin")


class AgencyAdmin(StateScopedAdmin, ModelAdmin):
    state_path = "member_state"
    search_fields = ("name",)
    ordering = ("name",)
    list_filter = ("member_state",)


class GrantAdmin(StateScopedAdmin, ModelAdmin):
    state_path = "agency__member_state"
    list_filter = ("agency", ("agency__member_state", RelatedDropdownFilter))
    autocomplete_fields = ("agency",)
    search_fields = ("agency__name",)


site.register(Agency, AgencyAdmin)
site.register(Grant, GrantAdmin)
site.register(MemberState, MemberStateAdmin)
site.register(User, UserAdmin)
site.register(Group, ModelAdmin)

urlpatterns = [path("admin/", site.urls)]
