"""The transparency log: to look at. It is written by workers, and by nobody here."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline

from credentials.transparency.models import LogCheckpoint, LogCosignature, LogFork, WitnessedLog
from learners.admin.read_only import ReadOnly


class LogCosignatureInline(ReadOnly, TabularInline):
    model = LogCosignature
    fields = ("witness", "signed_at", "line")
    extra = 0


@admin.register(LogCheckpoint)
class LogCheckpointAdmin(ReadOnly, ModelAdmin):
    list_display = ("size", "published_at", "cosignatures")
    ordering = ("-size",)
    inlines = (LogCosignatureInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[LogCheckpoint]:
        found: QuerySet[LogCheckpoint] = super().get_queryset(request)
        return found.annotate(witnessed=Count("cosignatures"))

    @admin.display(description="cosignatures")
    def cosignatures(self, checkpoint: Any) -> int:
        return int(checkpoint.witnessed)


@admin.register(WitnessedLog)
class WitnessedLogAdmin(ReadOnly, ModelAdmin):
    list_display = ("origin", "size", "cosigned_at", "witness")
    ordering = ("origin",)


@admin.register(LogFork)
class LogForkAdmin(ReadOnly, ModelAdmin):
    list_display = ("origin", "size", "seen_at")
    ordering = ("-seen_at",)
