"""Evidence and the mastery that follows from it, with the words the learner reads."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from unfold.admin import ModelAdmin

from accounts.admin_scope import StateScopedAdmin
from common import clock
from learners.admin.read_only import NamesLearner, ReadOnly
from learners.mastery.explanation import explained
from learners.mastery.models import Evidence, LevelChange, SkillState


def _when(instant: datetime) -> str:
    return date_format(timezone.localtime(instant), "DATETIME_FORMAT")


class _OfLearner(NamesLearner, ReadOnly, StateScopedAdmin):
    state_path = "learner__member_state"
    search_fields = ("learner__legal_name", "learner__user__username", "=learner__user__id")

    @admin.display(description="probability", ordering="probability")
    def likely(self, row: Any) -> str:
        return f"{row.probability:.0%}"


@admin.register(Evidence)
class EvidenceAdmin(_OfLearner, ModelAdmin):
    list_display = ("learner_name", "skills", "level", "score", "difficulty", "supervised", "language", "answered_at")
    list_filter = ("learner__member_state", "level", "supervised", "language")
    list_select_related = ("learner",)
    ordering = ("-answered_at", "-pk")


@admin.register(SkillState)
class SkillStateAdmin(_OfLearner, ModelAdmin):
    list_display = ("learner_name", "skill_code", "level", "likely", "count", "last_at", "framework_version")
    list_filter = ("learner__member_state", "level", "skill_code")
    list_select_related = ("learner",)
    ordering = ("-last_at", "-pk")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return (*(field.name for field in SkillState._meta.fields), "evidence_behind")

    @admin.display(description="evidence behind it")
    def evidence_behind(self, state: SkillState) -> SafeString:
        """The sentences that the learner reads at /api/v1/me/skills."""
        document, _ = explained(
            learner_id=state.learner_id, accept_language=get_language() or "en", preferred=[], now=clock.now()
        )
        evidence = [
            answer for item in document["items"] if item["code"] == state.skill_code for answer in item["evidence"]
        ]
        return format_html_join(
            "", "<div>{} · {}</div>", ((_when(answer["answered_at"]), answer["explanation"]) for answer in evidence)
        )


@admin.register(LevelChange)
class LevelChangeAdmin(_OfLearner, ModelAdmin):
    list_display = ("learner_name", "skill_code", "level", "likely", "at", "rule_version")
    list_filter = ("learner__member_state", "level", "skill_code")
    list_select_related = ("learner",)
    ordering = ("-at", "-pk")
