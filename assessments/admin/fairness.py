"""The fairness monitor's reports, with bars that can be compared by eye."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from unfold.admin import ModelAdmin
from unfold.decorators import display

from assessments.admin.group_names import group_names
from assessments.fairness import rules
from assessments.fairness.models import FairnessGroup, FairnessReport
from common.read_only import ReadOnly

_DIMENSIONS = {
    "language": "Language",
    "gender": "Gender",
    "age_band": "Age",
    "device_class": "Device",
    "member_state": "Member state",
}
_MEASURES = {rules.PASS_RATE: "passed", rules.APPEALS_UPHELD: "appeals upheld"}


@dataclass
class Chart:
    """The groups of one dimension, largest first, and the names of those with too few people."""

    title: str
    unit: str
    bars: list[FairnessGroup] = field(default_factory=list)
    insufficient: list[str] = field(default_factory=list)


@dataclass
class Section:
    title: str
    charts: list[Chart]

    @property
    def without(self) -> list[str]:
        """Titles of the charts that have nothing to show."""
        return [chart.title for chart in self.charts if not chart.bars]


def sections(rows: Iterable[Any]) -> list[Section]:
    """Return groups, each with the name it is `called`, as they are shown.

    All quizzes together first, then appeals, then each quiz; in each the dimensions in their order.
    """
    order = list(_DIMENSIONS)

    def sort_key(row: Any) -> tuple[Any, ...]:
        return row.measure != rules.PASS_RATE, row.quiz is not None, str(row.quiz or ""), order.index(row.dimension)

    found: list[Section] = []
    for title, in_section in groupby(sorted(rows, key=sort_key), key=_title):
        charts = []
        for dimension, in_chart in groupby(in_section, key=lambda row: row.dimension):
            listed = list(in_chart)
            sufficient = [row for row in listed if row.verdict != rules.INSUFFICIENT]
            charts.append(
                Chart(
                    _DIMENSIONS[dimension],
                    _MEASURES[listed[0].measure],
                    sorted(sufficient, key=lambda row: (row.verdict != rules.REFERENCE, -(row.people or 0), row.group)),
                    [row.called for row in listed if row.verdict == rules.INSUFFICIENT],
                )
            )
        found.append(Section(title, charts))
    return found


def _title(row: FairnessGroup) -> str:
    if row.measure == rules.APPEALS_UPHELD:
        return "Appeals upheld"
    return f"Quiz {row.quiz}" if row.quiz else "Passed at the first attempt, all quizzes"


@admin.register(FairnessReport)
class FairnessReportAdmin(ReadOnly, ModelAdmin):
    """The newest first; each opens as a page of charts. Reports are kept as they were made."""

    list_display = ("day", "verdict", "quizzes", "comparisons", "appeals_overdue", "rule_version")
    ordering = ("-day",)
    show_full_result_count = False

    @display(description="verdict", label={"alert": "danger", "no alert": "success"})
    def verdict(self, report: FairnessReport) -> tuple[str, str]:
        return (
            ("alert", f"{report.alerts} alert{'s' * (report.alerts != 1)}") if report.alerts else ("no alert", "none")
        )

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        report = self.get_object(request, object_id)
        if report is None:
            raise Http404
        if not self.has_view_permission(request, report):
            raise PermissionDenied
        names = group_names()
        rows = list(report.groups.select_related("quiz__course"))
        for row in rows:
            row.called = names.get((row.dimension, row.group), row.group)
        return render(
            request,
            "assessments/admin/fairness_report.html",
            {
                **self.admin_site.each_context(request),
                "title": f"Fairness report of {report.day}",
                "opts": self.opts,
                "report": report,
                "sections": sections(rows),
                "rule": report.rule,
                "alerts": [row for row in rows if row.verdict == rules.ALERT],
                "dif": report.dif
                and [
                    entry | {"group": names.get((entry["dimension"], entry["group"]), entry["group"])}
                    for entry in report.dif
                ],
            },
        )
