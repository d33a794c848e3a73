"""What people decided about levels, and what is frozen meanwhile: to look at."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from accounts.admin_scope import StateScopedAdmin
from learners.admin.read_only import NamesLearner, ReadOnly
from learners.decisions.models import LevelDecision, LevelFreeze


class _OfLearner(NamesLearner, ReadOnly, StateScopedAdmin):
    state_path = "learner__member_state"
    search_fields = ("learner__legal_name", "learner__user__username", "=learner__user__id", "=id")


@admin.register(LevelDecision)
class LevelDecisionAdmin(_OfLearner, ModelAdmin):
    list_display = ("learner_name", "skill_code", "level", "computed_level", "cause", "decided_at")
    list_filter = ("learner__member_state", "cause", "level", "skill_code")
    list_select_related = ("learner",)
    ordering = ("-decided_at", "-pk")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["people" if name == "decided_by" else name for name in super().get_fields(request, obj)]

    @admin.display(description="decided by")
    def people(self, decision: LevelDecision) -> str:
        """User names; the id of an account that is gone."""
        names = dict(get_user_model().objects.filter(pk__in=decision.decided_by).values_list("pk", "username"))
        return ", ".join(names.get(user_id, str(user_id)) for user_id in decision.decided_by)


@admin.register(LevelFreeze)
class LevelFreezeAdmin(_OfLearner, ModelAdmin):
    list_display = ("learner_name", "skill_code", "level", "reason", "frozen_at", "released_at")
    list_filter = ("learner__member_state", ("released_at", admin.EmptyFieldListFilter), "skill_code")
    list_select_related = ("learner",)
    ordering = ("-frozen_at", "-pk")
