"""Awards and certificates: to look at; a reviewer says what becomes of one. Nothing here issues."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin

from accounts.admin_scope import StateScopedAdmin, limited_to
from common import clock
from common.ids import new_id
from credentials.admin.searching import FindsByCode
from credentials.admin.steps import (
    CORRECT,
    REINSTATE,
    REVOKE,
    REVOKE_MANY,
    SUSPEND,
    Step,
    confirmed,
    is_reviewer,
    person,
)
from credentials.certificates import bulk_revocation, corrections, status_changes
from credentials.certificates.models import Award, Certificate
from learners.admin.read_only import NamesLearner, ReadOnly

# Each is a field of the form; Django takes a thousand.
MAX_ROWS_IN_FORM = 900


@admin.register(Award)
class AwardAdmin(NamesLearner, ReadOnly, StateScopedAdmin, ModelAdmin):
    state_path = "learner__member_state"
    list_display = ("learner_name", "version", "decided_at")
    list_filter = ("learner__member_state", "achievement")
    list_select_related = ("learner", "version__achievement")
    search_fields = ("learner__legal_name", "=id", "=learner__user__id")
    ordering = ("-decided_at",)


@admin.register(Certificate)
class CertificateAdmin(FindsByCode, NamesLearner, ReadOnly, StateScopedAdmin, ModelAdmin):
    state_path = "learner__member_state"
    list_display = ("learner_name", "achievement", "status", "valid_until", "issued_at", "page")
    list_filter = ("status", "learner__member_state", "award__achievement")
    list_select_related = ("learner", "award__version__achievement")
    search_fields = ("learner__legal_name", "=public_code", "=id", "=learner__user__id")
    ordering = ("-issued_at",)
    actions = ("suspend", "reinstate", "revoke", "correct", "revoke_many")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        shown, document = self.get_fields(request, obj), "credential"
        return [
            (None, {"fields": [*(name for name in shown if name != document), "page"]}),
            ("The signed document", {"fields": [document], "classes": ["collapse"]}),
        ]

    @admin.display(description="achievement")
    def achievement(self, certificate: Certificate) -> str:
        return str(certificate.award.version)

    @admin.display(description="page")
    def page(self, certificate: Certificate) -> SafeString:
        return format_html('<a href="/verify/{}">verify</a>', certificate.public_code)

    def has_review_permission(self, request: HttpRequest) -> bool:
        """Whether this person changes what becomes of certificates."""
        return is_reviewer(request)

    @admin.action(description="Suspend one certificate", permissions=["review"])
    def suspend(self, request: HttpRequest, queryset: QuerySet[Certificate]) -> HttpResponse | None:
        return self._one(request, queryset, SUSPEND, status_changes.suspend)

    @admin.action(description="Reinstate one certificate", permissions=["review"])
    def reinstate(self, request: HttpRequest, queryset: QuerySet[Certificate]) -> HttpResponse | None:
        return self._one(request, queryset, REINSTATE, status_changes.reinstate)

    @admin.action(description="Revoke one certificate", permissions=["review"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Certificate]) -> HttpResponse | None:
        return self._one(request, queryset, REVOKE, status_changes.revoke)

    @admin.action(description="Ask for another name on one certificate", permissions=["review"])
    def correct(self, request: HttpRequest, queryset: QuerySet[Certificate]) -> HttpResponse | None:
        def ask(*, certificate_id: UUID, actor: str, reason: str, legal_name: str, now: datetime) -> None:
            corrections.request_correction(
                correction_id=new_id(),
                certificate_id=certificate_id,
                legal_name=legal_name,
                reason=reason,
                asked_by=UUID(actor),
                now=now,
            )

        return self._one(request, queryset, CORRECT, ask)

    def _one(
        self, request: HttpRequest, queryset: QuerySet[Certificate], step: Step, act: Callable[..., None]
    ) -> HttpResponse | None:
        chosen = list(queryset.select_related("learner", "award__version__achievement")[:2])
        if len(chosen) != 1:
            self.message_user(request, "Choose exactly one certificate.", messages.ERROR)
            return None
        return confirmed(
            self,
            request,
            step,
            chosen,
            lambda given: act(certificate_id=chosen[0].pk, actor=str(request.user.pk), now=clock.now(), **given),
        )

    @admin.action(description="Ask for the revocation of all that are chosen", permissions=["review"])
    def revoke_many(self, request: HttpRequest, queryset: QuerySet[Certificate]) -> HttpResponse | None:
        ids = list(queryset.order_by("pk").values_list("pk", flat=True)[: MAX_ROWS_IN_FORM + 1])
        if not 1 < len(ids) <= MAX_ROWS_IN_FORM:
            self.message_user(request, f"Choose 2 to {MAX_ROWS_IN_FORM} certificates.", messages.ERROR)
            return None
        shown = list(queryset.select_related("learner", "award__version__achievement").order_by("pk")[:20])
        return confirmed(
            self,
            request,
            REVOKE_MANY,
            shown,
            lambda given: bulk_revocation.request(
                certificate_ids=ids, requested_by=person(request), state=limited_to(request.user), **given
            ),
            chosen=ids,
        )
