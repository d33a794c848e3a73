"""The cards of the scoring rules, to be read."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from unfold.admin import ModelAdmin

from assessments.cards.loading import cards
from assessments.cards.models import ScoringRuleCard
from common.read_only import ReadOnly


@admin.register(ScoringRuleCard)
class ScoringRuleCardAdmin(ReadOnly, ModelAdmin):
    """One page with every card; there are no rows, and so no pages of rows."""

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        shown = [
            {
                "card": card,
                "title": card.title["en"],
                "summary": card.summary["en"],
                "appeal": card.appeal["en"],
                "lists": [
                    ("What it uses", card.inputs),
                    ("What it does not use", card.not_used),
                    ("What it decides", card.decides),
                    ("What it does not decide", card.does_not_decide),
                    ("What was shown, and in which worlds", card.claims),
                    ("Known limits", card.limits),
                    ("Sources", card.sources),
                ],
                "languages": ", ".join(card.languages),
            }
            for card in cards().values()
        ]
        return render(
            request,
            "assessments/admin/scoring_rules.html",
            {
                **self.admin_site.each_context(request),
                "title": "Scoring rules",
                "opts": self.opts,
                "cards": shown,
            },
        )

    def get_urls(self) -> list[Any]:
        return [url for url in super().get_urls() if url.name == "assessments_scoringrulecard_changelist"]
