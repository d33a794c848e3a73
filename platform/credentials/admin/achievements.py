"""Achievements of courses and their versions: drafts are written here, and authorities approve for their own learners."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.admin import ModelAdmin, TabularInline

from common import clock
from common.admin_links import LinksWhatOpens
from credentials.admin.steps import APPROVE_VERSION, CLOSE, END_APPROVAL, PROPOSE, TAKE_BACK, Step, confirmed, person
from credentials.certificates import approvals
from credentials.certificates.loading import MAX_VALIDITY_DAYS, AchievementInvalid, clean_criteria, clean_texts
from credentials.certificates.models import Achievement, AchievementVersion, Approval
from learners.admin.read_only import ReadOnly
from privacy import public as privacy

_APPROVE = "credentials.approve_achievementversion"


def authority_of(request: HttpRequest) -> str | None:
    """The authority that this person approves for: their member state's, or the region's without one; None for nobody.

    Only platform administrators decide for the region.
    """
    user = request.user
    if not user.is_active or not user.has_perm(_APPROVE):
        return None
    state = getattr(user, "member_state_id", None)
    if state:
        return str(state)
    return approvals.REGIONAL if user.is_superuser else None


class _VersionInline(ReadOnly, TabularInline):
    model = AchievementVersion
    fields = readonly_fields = ("number", "state", "proposed_at", "validity_days")
    ordering = ("-number",)
    show_change_link = True
    extra = 0


class _ApprovalInline(ReadOnly, TabularInline):
    model = Approval
    fields = readonly_fields = ("authority", "approved_at", "approved_by", "ended_at", "ended_by")
    ordering = ("-approved_at",)
    extra = 0


@admin.register(Achievement)
class AchievementAdmin(LinksWhatOpens, ModelAdmin):
    """What can be certified. Its course and its name stand for good: certificates and appeals lead to it."""

    list_display = ("slug", "course")
    list_filter = ("course",)
    list_select_related = ("course",)
    search_fields = ("slug", "course__slug")
    inlines = (_VersionInline,)
    autocomplete_fields = ("course",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        privacy.audit(
            actor=str(request.user.pk),
            action="achievement.made",
            subject_kind="achievement",
            subject_id=str(obj.pk),
        )
        return super().log_addition(request, obj, message)


class _VersionForm(forms.ModelForm):
    class Meta:
        model = AchievementVersion
        fields = ("achievement", "criteria", "texts", "validity_days")

    def clean_criteria(self) -> Any:
        return _cleaned(clean_criteria, self.cleaned_data["criteria"])

    def clean_texts(self) -> Any:
        return _cleaned(clean_texts, self.cleaned_data["texts"])

    def clean_validity_days(self) -> int | None:
        days: int | None = self.cleaned_data["validity_days"]
        if days is not None and not 1 <= days <= MAX_VALIDITY_DAYS:
            raise forms.ValidationError(f"A number from 1 to {MAX_VALIDITY_DAYS}.")
        return days


def _cleaned(clean: Callable[[Any], Any], value: Any) -> Any:
    try:
        return clean(value)
    except AchievementInvalid as error:
        raise forms.ValidationError(str(error)) from error


@admin.register(AchievementVersion)
class AchievementVersionAdmin(LinksWhatOpens, ModelAdmin):
    """Drafts are changed here; what becomes of a version is said by actions. A person approves for the own authority alone."""

    form = _VersionForm
    list_display = ("achievement", "number", "state", "approved_by_authorities")
    list_filter = ("state", "achievement")
    list_select_related = ("achievement__course",)
    search_fields = ("achievement__slug", "achievement__course__slug")
    ordering = ("achievement__slug", "-number")
    readonly_fields = ("number", "state", "proposed_by", "proposed_at")
    autocomplete_fields = ("achievement",)
    inlines = (_ApprovalInline,)
    actions = ("propose", "take_back", "close", "approve", "end_approval")

    def get_queryset(self, request: HttpRequest) -> QuerySet[AchievementVersion]:
        return super().get_queryset(request).prefetch_related("approvals")

    @admin.display(description="approved by")
    def approved_by_authorities(self, version: AchievementVersion) -> str:
        return ", ".join(sorted(entry.authority for entry in version.approvals.all() if entry.ended_at is None)) or "–"

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        # A version stays its achievement's.
        return (*self.readonly_fields, *(["achievement"] if obj is not None else []))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = super().has_change_permission(request, obj)
        return allowed and (obj is None or obj.state == AchievementVersion.State.DRAFT)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_write_permission(self, request: HttpRequest) -> bool:
        """Whether this person writes versions, and says that one is ready."""
        return bool(super().has_change_permission(request))

    def has_decide_permission(self, request: HttpRequest) -> bool:
        """Whether this person approves versions for an authority."""
        return authority_of(request) is not None

    def save_model(self, request: HttpRequest, obj: AchievementVersion, form: Any, change: bool) -> None:
        if not change:
            approvals.number_draft(obj)
            obj.save(force_insert=True)
            return
        # Somebody may have proposed it meanwhile, from another window.
        drafts = AchievementVersion.objects.filter(pk=obj.pk, state=AchievementVersion.State.DRAFT)
        if not drafts.update(criteria=obj.criteria, texts=obj.texts, validity_days=obj.validity_days):
            raise PermissionDenied("This version was proposed meanwhile: take it back to change it.")

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        self._audit(request, "drafted", obj)
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        self._audit(request, "changed", obj)
        return super().log_change(request, obj, message)

    def _audit(self, request: HttpRequest, what: str, version: AchievementVersion) -> None:
        privacy.audit(
            actor=str(request.user.pk),
            action=f"achievement_version.{what}",
            subject_kind="achievement_version",
            subject_id=str(version.pk),
        )

    @admin.action(description="Propose one version", permissions=["write"])
    def propose(self, request: HttpRequest, queryset: QuerySet[AchievementVersion]) -> HttpResponse | None:
        return self._step(
            request,
            queryset,
            PROPOSE,
            lambda version: approvals.propose(version_id=version.pk, by=person(request), now=clock.now()),
        )

    @admin.action(description="Make one proposed version a draft again", permissions=["write"])
    def take_back(self, request: HttpRequest, queryset: QuerySet[AchievementVersion]) -> HttpResponse | None:
        return self._step(
            request,
            queryset,
            TAKE_BACK,
            lambda version: approvals.take_back(version_id=version.pk, by=person(request)),
        )

    @admin.action(description="Close one version", permissions=["write"])
    def close(self, request: HttpRequest, queryset: QuerySet[AchievementVersion]) -> HttpResponse | None:
        return self._step(
            request, queryset, CLOSE, lambda version: approvals.close(version_id=version.pk, by=person(request))
        )

    @admin.action(description="Approve one version for your authority", permissions=["decide"])
    def approve(self, request: HttpRequest, queryset: QuerySet[AchievementVersion]) -> HttpResponse | None:
        return self._step(
            request,
            queryset,
            APPROVE_VERSION,
            lambda version: approvals.approve(
                version_id=version.pk, authority=self._authority(request), by=person(request), now=clock.now()
            ),
        )

    @admin.action(description="End your authority's approval of one version", permissions=["decide"])
    def end_approval(self, request: HttpRequest, queryset: QuerySet[AchievementVersion]) -> HttpResponse | None:
        return self._step(
            request,
            queryset,
            END_APPROVAL,
            lambda version: approvals.end_approval(
                version_id=version.pk, authority=self._authority(request), by=person(request), now=clock.now()
            ),
        )

    def _authority(self, request: HttpRequest) -> str:
        """Never from what was sent: nobody approves for another authority."""
        authority = authority_of(request)
        if authority is None:
            raise PermissionDenied("You approve for no authority.")
        return authority

    def _step(
        self,
        request: HttpRequest,
        queryset: QuerySet[AchievementVersion],
        step: Step,
        act: Callable[[AchievementVersion], object],
    ) -> HttpResponse | None:
        chosen = list(queryset.select_related("achievement")[:2])
        if len(chosen) != 1:
            self.message_user(request, "Choose exactly one version.", messages.ERROR)
            return None
        return confirmed(self, request, step, chosen, lambda _: act(chosen[0]))
