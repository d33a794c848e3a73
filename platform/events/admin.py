"""Dead letters: seen and retried by a person."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from common.admin_links import LinksWhatOpens
from events import services
from events.models import Delivery


@admin.register(Delivery)
class DeliveryAdmin(LinksWhatOpens, ModelAdmin):
    """What consumers still owe; a dead delivery can be retried, none can be edited or made."""

    list_display = ("id", "consumer", "kind", "tries", "dead", "short_cause", "available_at")
    list_filter = ("dead", "consumer")
    list_select_related = ("event",)
    readonly_fields = ("event", "consumer", "tries", "dead", "cause", "available_at", "kind", "version", "payload")
    actions = ("retry",)
    show_full_result_count = False

    @admin.display(description="kind")
    def kind(self, delivery: Delivery) -> str:
        return delivery.event.kind

    @admin.display(description="version")
    def version(self, delivery: Delivery) -> int:
        return delivery.event.version

    @admin.display(description="payload")
    def payload(self, delivery: Delivery) -> Any:
        return delivery.event.payload

    @admin.display(description="cause")
    def short_cause(self, delivery: Delivery) -> str:
        return delivery.cause[:120]

    @admin.action(description="Retry dead deliveries", permissions=["change"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        count = services.retry(delivery_ids=list(queryset.values_list("id", flat=True)))
        self.message_user(request, f"{count} deliveries will be tried again.", messages.SUCCESS)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
