"""Item analysis: which questions measure, which mislead, and whom. To look at; a job makes the reports."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import F, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from unfold.admin import ModelAdmin
from unfold.decorators import action, display

from assessments.admin.analysis_page import page_of
from assessments.admin.items import KeysStayInside
from assessments.analysis import charts, export, selectors, words
from assessments.analysis.models import FormStatistic, ItemStatistic
from assessments.analysis.rules import FACILITY_RANGE, FLAGS
from common.read_only import ReadOnly
from courses import public as courses

STYLE = "assessments/admin/analysis_style.html"


def svg(text: str) -> SafeString:
    return mark_safe(text)  # noqa: S308 (made by assessments.analysis.charts, which escapes every text)


def _csv(name: str, rows: Iterator[export.Row]) -> HttpResponse:
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    csv.writer(answer).writerows(rows)
    return answer


class FlagFilter(admin.SimpleListFilter):
    title, parameter_name = "reason to look at it", "flag"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("any", "any reason"), ("none", "none"), *FLAGS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ItemStatistic]) -> QuerySet[ItemStatistic]:
        flag = self.value()
        if flag in FLAGS:
            return queryset.filter(flags__contains=[flag])
        if flag in ("any", "none"):
            return queryset.filter(flags__len__gt=0) if flag == "any" else queryset.filter(flags=[])
        return queryset


class NewestReport(KeysStayInside, ReadOnly, ModelAdmin):
    """Rows of the newest report of each course; shown, never edited, and not to who must see no key."""

    show_full_result_count = False
    list_before_template = STYLE
    newest: Callable[[], QuerySet[Any]]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        if not request.user.is_superuser:
            # It shows items with their keys, as their banks do.
            rows = rows.filter(run__course__in=courses.drafts_of(request.user).values("pk"))
        # A page of an older report stays readable by its address.
        statistic = request.resolver_match is not None and "object_id" in request.resolver_match.kwargs
        return rows if statistic else rows.filter(pk__in=type(self).newest().values("pk"))

    def _download(self, request: HttpRequest, name: str, rows: Iterator[export.Row]) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return _csv(name, rows)


@admin.register(ItemStatistic)
class ItemStatisticAdmin(NewestReport):
    """Items, those with reasons to look at them first."""

    newest = staticmethod(selectors.newest_items)
    list_display = ("item", "reasons", "right", "by_third", "correlation", "answered")
    list_filter = (FlagFilter, "run__course", "revision__kind")
    search_fields = ("revision__item__code", "revision__skills")
    actions_list = ("download_items", "download_groups")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ItemStatistic]:
        rows: QuerySet[ItemStatistic] = super().get_queryset(request)
        rows = rows.select_related("revision__item", "run__course")
        return rows.annotate(reason_count=F("flags__len"))

    def get_ordering(self, request: HttpRequest) -> Any:
        return (F("reason_count").desc(), F("discrimination").asc(nulls_last=True), "pk")

    @admin.display(description="item", ordering="revision__item__code")
    def item(self, row: ItemStatistic) -> str:
        numbers = row.joined or [row.revision.number]
        named = ", ".join(map(str, numbers))
        return f"{row.revision.item.code} (revision{'s' if len(numbers) > 1 else ''} {named})"

    @admin.display(description="reason")
    def reasons(self, row: ItemStatistic) -> SafeString | str:
        if not row.flags:
            return "–"
        # The gravest; a card on a phone has room for no list.
        more = f" (and {len(row.flags) - 1} more)" if len(row.flags) > 1 else ""
        return format_html("<span><b>{}</b>{}</span>", FLAGS.get(row.flags[0], row.flags[0]), more)

    @admin.display(description="right", ordering="facility")
    def right(self, row: ItemStatistic) -> SafeString | str:
        if row.facility is None:
            return words.INSUFFICIENT
        low, high = FACILITY_RANGE
        drawn = charts.bar(row.facility, title=f"{words.percent(row.facility)} right", low=low, high=high)
        return format_html("{} {}", words.percent(row.facility), svg(drawn))

    @admin.display(description="by third")
    def by_third(self, row: ItemStatistic) -> SafeString | str:
        if not row.thirds:
            return words.INSUFFICIENT
        shares = [third["right"] for third in row.thirds]
        percentages = ", ".join(map(words.percent, shares))
        return svg(charts.columns(shares, title=f"right in the lowest, middle and highest third: {percentages}"))

    @admin.display(description="discrimination", ordering="discrimination")
    def correlation(self, row: ItemStatistic) -> str:
        return words.INSUFFICIENT if row.discrimination is None else f"{row.discrimination:.2f}"

    @display(description="learners", ordering="n")
    def answered(self, row: ItemStatistic) -> str:
        return str(row.n) if row.n else "under 10"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        if request.method not in ("GET", "HEAD") or not self.has_view_permission(request, row):
            raise PermissionDenied
        if row is None:
            raise Http404
        context = {
            **self.admin_site.each_context(request),
            "title": str(row.revision),
            "opts": self.opts,
            "style": STYLE,
            "back": reverse("admin:assessments_itemstatistic_changelist"),
            **page_of(row),
        }
        return render(request, "assessments/admin/item_statistic.html", context)

    @action(description="Items as CSV", url_path="items.csv", icon="download")
    def download_items(self, request: HttpRequest) -> HttpResponse:
        return self._download(request, "item-statistics", export.items())

    @action(description="Groups as CSV", url_path="groups.csv", icon="download")
    def download_groups(self, request: HttpRequest) -> HttpResponse:
        return self._download(request, "item-statistics-by-group", export.groups())


@admin.register(FormStatistic)
class FormStatisticAdmin(NewestReport):
    """How far a quiz's scores can be relied on, over all learners and by group."""

    newest = staticmethod(selectors.newest_forms)
    list_display = ("taken", "who", "coefficient", "margin", "average", "attempts")
    fields = readonly_fields = (
        "taken",
        "who",
        "attempts",
        "coefficient",
        "margin",
        "average",
        "spread",
        "reported",
        "explained",
    )
    list_filter = ("run__course", "factor")
    list_select_related = ("quiz", "run__course")
    ordering = ("quiz", "factor", "group")
    actions_list = ("download_forms",)

    @admin.display(description="quiz", ordering="quiz__slug")
    def taken(self, row: FormStatistic) -> str:
        return f"{row.quiz.slug}: {row.items} items{', drawn' if row.is_drawn else ''}"

    @admin.display(description="learners")
    def who(self, row: FormStatistic) -> str:
        return f"{words.FACTORS.get(row.factor, row.factor)}: {row.group}" if row.factor else "all"

    @admin.display(description="reliability", ordering="reliability")
    def coefficient(self, row: FormStatistic) -> SafeString | str:
        if row.reliability is None:
            return words.REASONS.get(row.reason, words.INSUFFICIENT)
        name = "KR-20" if row.is_binary else "Cronbach's alpha"
        drawn = charts.bar(row.reliability, title=f"reliability {row.reliability:.2f} of 1")
        return format_html(
            "{} {} {}", f"{row.reliability:.2f}", name + (", drawn forms" if row.is_drawn else ""), svg(drawn)
        )

    @admin.display(description="standard error", ordering="error")
    def margin(self, row: FormStatistic) -> str:
        if row.error is None:
            return words.INSUFFICIENT
        return f"± {100 * row.error:.0f} of 100"

    @admin.display(description="mean score", ordering="mean")
    def average(self, row: FormStatistic) -> str:
        return words.INSUFFICIENT if row.mean is None else words.percent(row.mean)

    @admin.display(description="attempts", ordering="n")
    def attempts(self, row: FormStatistic) -> str:
        return str(row.n)

    @admin.display(description="standard deviation of scores")
    def spread(self, row: FormStatistic) -> str:
        return words.INSUFFICIENT if row.deviation is None else f"{100 * row.deviation:.0f} of 100"

    @admin.display(description="report")
    def reported(self, row: FormStatistic) -> str:
        return f"{row.run.course}, {row.run.day:%Y-%m-%d}"

    @admin.display(description="what it means")
    def explained(self, row: FormStatistic) -> str:
        return words.reliability(row.reliability, row.error, is_drawn=row.is_drawn)

    @action(description="Reliability as CSV", url_path="forms.csv", icon="download")
    def download_forms(self, request: HttpRequest) -> HttpResponse:
        return self._download(request, "reliability", export.forms())
