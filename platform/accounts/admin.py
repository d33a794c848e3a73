"""Accounts and roles in the admin."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as BaseGroupAdmin
from django.contrib.auth.admin import UserAdmin as BaseUserAdmin
from django.contrib.auth.models import Group
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from accounts.admin_scope import ScopedChoices, StateScopedAdmin
from accounts.models import User

admin.site.unregister(Group)


@admin.register(User)
class UserAdmin(StateScopedAdmin, BaseUserAdmin, ModelAdmin):
    """Staff and learners' accounts. An account is erased with its data, not deleted here."""

    state_path = "member_state"
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "is_staff", "is_active", "member_state", "date_joined")
    list_filter = ("is_staff", "is_superuser", "is_active", "groups", "member_state")
    list_select_related = ("member_state",)
    search_fields = ("username", "email")
    ordering = ("username",)
    readonly_fields = ("last_login", "date_joined", "tokens_valid_from")
    filter_horizontal = ()
    autocomplete_fields = ("groups",)
    fieldsets = (
        (None, {"fields": ("username", "password", "email")}),
        ("May do", {"fields": ("is_active", "is_staff", "is_superuser", "member_state", "groups")}),
        ("Times", {"fields": ("date_joined", "last_login", "tokens_valid_from")}),
    )
    add_fieldsets = (
        (
            None,
            {"fields": ("username", "email", "is_staff", "member_state", "usable_password", "password1", "password2")},
        ),
    )
    show_full_result_count = False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        # Who may change accounts may not give themselves more than they have.
        more = () if request.user.is_superuser else ("is_superuser", "groups")
        return (*super().get_readonly_fields(request, obj), *more)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Group)
class GroupAdmin(ScopedChoices, BaseGroupAdmin, ModelAdmin):
    """The roles. `load_reference_data` gives the three of the platform their permissions again."""


# allauth's own pages for what accounts keep behind the scenes; nobody works with them, and some show tokens, or the
# secret of a second factor.
for model in (Authenticator, EmailAddress, SocialAccount, SocialApp, SocialToken, UserSession):
    if admin.site.is_registered(model):
        admin.site.unregister(model)
