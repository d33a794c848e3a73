"""Grants: given whole, later only ended. One on another state's statistics waits until that state's administrator approves."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from accounts.admin_scope import limited_to
from agencies import services
from agencies.admin.base import ServiceAdmin, actor
from agencies.grants import rules
from agencies.models import Grant
from common import clock
from common.errors import DomainError

_GIVEN = ["agency", "member_state", "purpose", "scope", "legal_basis", "valid_from"]
_APPROVAL = ["approval", "approved_by"]


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
    list_display = ["agency", "member_state", "scope", "purpose", "valid_from", "valid_to", "approval"]
    list_filter = ["scope", "member_state"]
    list_select_related = ["agency", "member_state", "purpose"]
    search_fields = ["agency__name"]
    autocomplete_fields = ["agency"]
    ordering = ["agency__name", "member_state", "-valid_from"]
    fields = [*_GIVEN, "valid_to", *_APPROVAL]
    actions = ["approve", "withdraw_approval"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Grant]:
        state = limited_to(request.user)
        if state is None:
            return super().get_queryset(request)
        # Also what others were granted of the own state: its administrator decides about that.
        return admin.ModelAdmin.get_queryset(self, request).filter(
            Q(agency__member_state=state) | Q(member_state=state, scope=rules.AGGREGATE)
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Grant | None = None) -> list[str]:
        # What was granted stays on record; other terms are another grant.
        return [*_GIVEN, *_APPROVAL] if obj else _APPROVAL

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        # Of an agency that is not the own state's there is something to approve and nothing to change.
        state = limited_to(request.user)
        is_foreign = isinstance(obj, Grant) and state is not None and obj.agency.member_state_id != state
        return not is_foreign and super().has_change_permission(request, obj)

    def has_approve_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("agencies.approve_grant"))

    @display(description=_("approval"))
    def approval(self, obj: Grant) -> str:
        if not rules.needs_approval(
            agency_state=obj.agency.member_state_id, member_state=obj.member_state_id, scope=obj.scope
        ):
            return str(_("not needed"))
        return obj.approved_at.date().isoformat() if obj.approved_at else str(_("waits for the state's administrator"))

    @action(description=_("Approve, for the own state"), permissions=["approve"])
    def approve(self, request: HttpRequest, queryset: QuerySet[Grant]) -> None:
        self._decide(request, queryset, partial(services.approve_grant, by=request.user, now=clock.now()))

    @action(description=_("Take the approval back"), permissions=["approve"])
    def withdraw_approval(self, request: HttpRequest, queryset: QuerySet[Grant]) -> None:
        self._decide(request, queryset, partial(services.withdraw_approval, by=request.user))

    def _decide(self, request: HttpRequest, queryset: QuerySet[Grant], decide: Callable[..., None]) -> None:
        for grant in queryset:
            try:
                decide(grant_id=grant.pk)
            except DomainError as error:
                self.message_user(request, f"{grant}: {error.detail or error.title}", messages.ERROR)
            else:
                self.message_user(request, f"{grant}: {_('done')}", messages.SUCCESS)

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
