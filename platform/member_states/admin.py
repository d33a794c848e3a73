"""The register to look at. It is changed by its file, never here."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline

from common.read_only import ReadOnly
from member_states.models import Instrument, MemberState, PolicyDefault, Rule, Source, StateLanguage


class LanguageInline(ReadOnly, TabularInline):
    model = StateLanguage
    fields = ("position", "tag", "script", "role", "direction", "population_percent")
    extra = 0


class RuleInline(ReadOnly, TabularInline):
    """The rules in force, each with its source and confidence."""

    model = Rule
    fields = ("key", "standing", "value", "unit", "note", "sources", "confidence", "checked_on", "valid_from")
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[Rule]:
        rows: QuerySet[Rule] = super().get_queryset(request)
        return rows.filter(valid_to=None)


@admin.register(MemberState)
class MemberStateAdmin(ReadOnly, ModelAdmin):
    list_display = ("code", "name", "asean", "tags", "confidence", "register_as_of")
    list_filter = ("asean", "confidence")
    search_fields = ("code", "name")
    inlines = (LanguageInline, RuleInline)
    fieldsets = (
        (
            None,
            {"fields": (("code", "alpha3", "numeric"), "name", ("asean", "since"), ("register_as_of", "confidence"))},
        ),
        (None, {"fields": ("time_zones", "calendars", "first_day_of_week", ("calling_code", "currency"), "sources")}),
        ("Facts as registered", {"classes": ("collapse",), "fields": ("facts",)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[MemberState]:
        rows: QuerySet[MemberState] = super().get_queryset(request)
        return rows.prefetch_related("languages")

    @admin.display(description="languages")
    def tags(self, state: MemberState) -> str:
        return ", ".join(language.tag for language in state.languages.all())


class InForceFilter(admin.SimpleListFilter):
    """Rules in force, unless the past is asked for."""

    title = "in force"
    parameter_name = "in_force"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("closed", "closed"), ("all", "all")]

    def choices(self, changelist: Any) -> Any:
        yield {**next(super().choices(changelist)), "display": "in force"}
        yield from list(super().choices(changelist))[1:]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Rule]) -> QuerySet[Rule]:
        match self.value():
            case "all":
                return queryset
            case "closed":
                return queryset.filter(valid_to__isnull=False)
            case _:
                return queryset.filter(valid_to=None)


@admin.register(Rule)
class RuleAdmin(ReadOnly, ModelAdmin):
    """Every point of every state's law; the filter finds what is not established."""

    list_display = ("state", "key", "standing", "value", "unit", "confidence", "source_keys", "checked_on")
    list_filter = ("standing", "confidence", InForceFilter, "state", "key")
    search_fields = ("key", "note", "state__name")
    list_select_related = ("state",)

    @admin.display(description="sources")
    def source_keys(self, rule: Rule) -> str:
        return ", ".join(rule.sources)


@admin.register(Source)
class SourceAdmin(ReadOnly, ModelAdmin):
    list_display = ("key", "title", "kind", "document_seen")
    list_filter = ("document_seen", "kind")
    search_fields = ("key", "title")


@admin.register(Instrument)
class InstrumentAdmin(ReadOnly, ModelAdmin):
    list_display = ("title", "binding", "confidence")
    list_filter = ("binding", "confidence")


@admin.register(PolicyDefault)
class PolicyDefaultAdmin(ReadOnly, ModelAdmin):
    list_display = ("key", "value")
