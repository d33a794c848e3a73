"""What two persons decide about certificates, and who issues them: corrections, bulk revocations, issuers, keys, lists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import ModelForm, ValidationError
from django.http import HttpRequest, HttpResponse
from unfold.admin import ModelAdmin

from accounts import public as accounts
from accounts.admin_scope import StateScopedAdmin
from common import clock
from common.admin_links import LinksWhatOpens
from credentials.admin.searching import FindsByCode
from credentials.admin.steps import (
    APPROVE_CORRECTION,
    APPROVE_KEY,
    APPROVE_REVOCATIONS,
    REFUSE_CORRECTION,
    Step,
    confirmed,
    is_reviewer,
    person,
)
from credentials.certificates import bulk_revocation, corrections, issuers, rotation
from credentials.certificates.lifecycle_models import BulkRevocation, CertificateCorrection, KeyRotation
from credentials.certificates.models import Issuer, IssuerKey, StatusList
from learners.admin.read_only import NamesLearner, ReadOnly


@admin.register(CertificateCorrection)
class CertificateCorrectionAdmin(FindsByCode, NamesLearner, ReadOnly, StateScopedAdmin, ModelAdmin):
    state_path = "learner__member_state"
    list_display = ("learner_name", "legal_name", "reason", "asked_at", "approved", "decided_at")
    list_filter = ("approved", "learner__member_state")
    list_select_related = ("learner",)
    search_fields = ("learner__legal_name", "legal_name", "=certificate__public_code", "=id")
    ordering = ("-asked_at",)
    actions = ("approve", "refuse")

    def has_review_permission(self, request: HttpRequest) -> bool:
        return is_reviewer(request)

    @admin.action(description="Approve one correction", permissions=["review"])
    def approve(self, request: HttpRequest, queryset: QuerySet[CertificateCorrection]) -> HttpResponse | None:
        return self._decide(request, queryset, APPROVE_CORRECTION, approved=True)

    @admin.action(description="Refuse one correction", permissions=["review"])
    def refuse(self, request: HttpRequest, queryset: QuerySet[CertificateCorrection]) -> HttpResponse | None:
        return self._decide(request, queryset, REFUSE_CORRECTION, approved=False)

    def _decide(
        self, request: HttpRequest, queryset: QuerySet[CertificateCorrection], step: Step, *, approved: bool
    ) -> HttpResponse | None:
        rows = list(queryset.select_related("learner")[:2])
        if len(rows) != 1:
            self.message_user(request, "Choose exactly one correction.", messages.ERROR)
            return None
        return confirmed(
            self,
            request,
            step,
            rows,
            lambda _: corrections.decide(
                correction_id=rows[0].pk, approved=approved, decided_by=person(request), now=clock.now()
            ),
        )


@admin.register(BulkRevocation)
class BulkRevocationAdmin(ReadOnly, StateScopedAdmin, ModelAdmin):
    """Whoever is limited to a state sees, and approves, what was asked for within that state."""

    state_path = "member_state"
    list_display = ("requested_at", "reason", "how_many", "member_state", "approved_at", "done_at", "revoked")
    list_filter = ("member_state",)
    ordering = ("-requested_at",)
    actions = ("approve",)

    @admin.display(description="certificates")
    def how_many(self, asked: BulkRevocation) -> int:
        return len(asked.certificates)

    def has_review_permission(self, request: HttpRequest) -> bool:
        return is_reviewer(request)

    @admin.action(description="Approve one request", permissions=["review"])
    def approve(self, request: HttpRequest, queryset: QuerySet[BulkRevocation]) -> HttpResponse | None:
        rows = list(queryset[:2])
        if len(rows) != 1:
            self.message_user(request, "Choose exactly one request.", messages.ERROR)
            return None
        return confirmed(
            self,
            request,
            APPROVE_REVOCATIONS,
            rows,
            lambda _: bulk_revocation.approve(revocation_id=rows[0].pk, approved_by=person(request), now=clock.now()),
        )


class IssuerForm(ModelForm):
    def clean_active(self) -> bool:
        active = bool(self.cleaned_data["active"])
        if self.instance.pk == Issuer.REGIONAL and not active:
            raise ValidationError("The regional issuer is that of everybody who has no other.")
        return active


@admin.register(Issuer)
class IssuerAdmin(LinksWhatOpens, ModelAdmin):
    """Superusers give an issuer another name, or close it; none is made or deleted here."""

    form = IssuerForm
    list_display = ("slug", "name", "member_state", "active")
    list_select_related = ("member_state",)
    readonly_fields = ("slug", "member_state")
    ordering = ("slug",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)

    def save_model(self, request: HttpRequest, obj: Issuer, form: Any, change: bool) -> None:
        issuers.change(slug=obj.pk, name=obj.name, active=obj.active, actor=str(request.user.pk))


@admin.register(IssuerKey)
class IssuerKeyAdmin(ReadOnly, ModelAdmin):
    list_display = ("id", "valid_from", "valid_until")


@admin.register(KeyRotation)
class KeyRotationAdmin(ReadOnly, ModelAdmin):
    """Two superusers approve an issuer's next key, each with their password; nothing else is changed here."""

    list_display = ("issuer", "multikey", "prepared_at", "planned_from", "approvals_so_far", "approved_at")
    list_select_related = ("issuer",)
    ordering = ("-prepared_at",)
    actions = ("approve",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[KeyRotation]:
        rotations: QuerySet[KeyRotation] = super().get_queryset(request)
        return rotations.prefetch_related("approvals")

    @admin.display(description="approved by")
    def approvals_so_far(self, prepared: KeyRotation) -> str:
        return ", ".join(str(approval.approved_by) for approval in prepared.approvals.all()) or "nobody yet"

    def has_approve_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)

    @admin.action(description="Approve one next key", permissions=["approve"])
    def approve(self, request: HttpRequest, queryset: QuerySet[KeyRotation]) -> HttpResponse | None:
        rows = list(queryset[:2])
        if len(rows) != 1:
            self.message_user(request, "Choose exactly one key.", messages.ERROR)
            return None

        def act(given: Mapping[str, Any]) -> None:
            # Counted like signing in: a browser that somebody left open is no way to try passwords.
            if not accounts.confirm_password(request, given["password"]).right:
                raise rotation.NotConfirmed()
            rotation.approve(rotation_id=rows[0].pk, approved_by=person(request), now=clock.now())

        return confirmed(self, request, APPROVE_KEY, rows, act)


@admin.register(StatusList)
class StatusListAdmin(ReadOnly, ModelAdmin):
    list_display = ("issuer", "number", "used", "published_at")
    list_filter = ("issuer",)
    list_select_related = ("issuer",)
    ordering = ("issuer", "-number")
    # The secret shows which index is whose, and what is long is read at its public address.
    exclude = ("secret", "revocation", "suspension")
