"""The reviewers' queue, and one appeal on one page; what is done here is done by the services, errors are messages."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.filters import SimpleListFilter
from django.core.exceptions import PermissionDenied
from django.db.models import F, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from accounts.admin_scope import StateScopedAdmin, limited_to
from accounts.public import REVIEWER, STATE_ADMINISTRATOR
from assessments.admin import appeal_page
from assessments.admin.appeal_page import DecisionForm
from assessments.appeals import reviewing, selectors
from assessments.appeals.involved import involved_in
from assessments.appeals.models import Appeal, Reviewer
from assessments.appeals.subjects import disputed, subject_of
from assessments.files.selectors import headers
from common import clock
from common.errors import DomainError, NotFound
from common.read_only import ReadOnly


class StateFilter(SimpleListFilter):
    """What is open unless asked otherwise: the queue."""

    title, parameter_name = "state", "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("overdue", "Overdue"),
            ("unassigned", "Without a reviewer"),
            ("mine", "Mine"),
            ("decided", "Decided"),
            ("withdrawn", "Withdrawn"),
            ("all", "All"),
        ]

    def choices(self, changelist: Any) -> Any:
        first, *rest = super().choices(changelist)
        return [{**first, "display": "Open"}, *rest]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Appeal]) -> QuerySet[Appeal]:
        still_open = queryset.filter(closed_at=None)
        match self.value():
            case "overdue":
                return still_open.filter(due_at__lt=clock.now())
            case "unassigned":
                return still_open.filter(reviewer=None)
            case "mine":
                return still_open.filter(reviewer_id=request.user.pk)
            case "decided":
                return queryset.filter(closed_at__isnull=False, withdrawn=False)
            case "withdrawn":
                return queryset.filter(withdrawn=True)
            case "all":
                return queryset
        return still_open


class ClaimForm(forms.Form):
    public_name = forms.CharField(
        max_length=200,
        label="Your name, as the learner is told it",
        widget=UnfoldAdminTextInputWidget,
        help_text="Kept for all your reviews. The name you sign in with is told to nobody.",
    )


def _has_role(request: HttpRequest, role: str) -> bool:
    user = request.user
    return bool(user.is_active and (user.is_superuser or user.groups.filter(name=role).exists()))


@admin.register(Appeal)
class AppealAdmin(ReadOnly, StateScopedAdmin, ModelAdmin):
    """Due soonest first. A page shows all that is needed to decide; who may do what there follows from role and law."""

    state_path = "learner__member_state"
    list_display = ("about", "learner_name", "due", "reviewer_name", "state")
    list_display_links = ("about",)
    list_filter = (StateFilter, "kind", "learner__member_state")
    list_select_related = ("learner", "reviewer", "decision")
    search_fields = ("learner__legal_name", "learner__user__username", "=id", "=learner__user__id")
    show_full_result_count = False

    def get_ordering(self, request: HttpRequest) -> Any:
        return (F("closed_at").desc(nulls_first=True), "due_at", "pk")

    @admin.display(description="about")
    def about(self, appeal: Appeal) -> SafeString:
        title = appeal_page.title_of(appeal)
        return format_html('<span class="text-primary-600 dark:text-primary-500 underline">{}</span>', title)

    @admin.display(description="learner", ordering="learner__legal_name")
    def learner_name(self, appeal: Appeal) -> str:
        return appeal.learner.legal_name

    @admin.display(description="due", ordering="due_at")
    def due(self, appeal: Appeal) -> str:
        return appeal_page.in_zone(appeal.due_at, appeal.due_time_zone)

    @admin.display(description="reviewer", ordering="reviewer__public_name")
    def reviewer_name(self, appeal: Appeal) -> str:
        return appeal.reviewer.public_name if appeal.reviewer else "nobody yet"

    @display(
        description="state",
        label={
            "overdue": "danger",
            "open": "info",
            "upheld": "success",
            "partly upheld": "success",
            "dismissed": "warning",
        },
    )
    def state(self, appeal: Appeal) -> str:
        return _state(appeal)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """One appeal; a POST claims, releases, assigns or decides it."""
        appeal = self.get_object(request, object_id)
        if appeal is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_permission(request, appeal):
            raise PermissionDenied
        form = None
        if request.method == "POST":
            form = self._decision_form(request, appeal, request.POST)
            if self._do(request, appeal, form):
                return HttpResponseRedirect(reverse("admin:assessments_appeal_change", args=[appeal.pk]))
            appeal = self.get_object(request, object_id)
        return TemplateResponse(request, "assessments/admin/appeal.html", self._context(request, appeal, form))

    def get_urls(self) -> list[URLPattern]:
        file = path(
            "<uuid:appeal_id>/files/<uuid:file_id>/",
            self.admin_site.admin_view(self.file_view),
            name="assessments_appeal_file",
        )
        return [file, *super().get_urls()]

    def file_view(self, request: HttpRequest, appeal_id: UUID, file_id: UUID) -> HttpResponse:
        """A file that an answer on the appeal's page came with; to be saved, never shown."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        appeal = self.get_object(request, str(appeal_id))
        if appeal is None or not self.has_view_permission(request, appeal):
            raise Http404
        try:
            file = appeal_page.file(appeal, file_id)
        except NotFound as error:
            raise Http404 from error
        return HttpResponse(file.body, content_type=file.media_type, headers=headers(file))

    def _do(self, request: HttpRequest, appeal: Appeal, form: DecisionForm | None) -> bool:
        """Carry out what the button says; whether it was done."""
        wanted, user_id, now = request.POST.get("do"), UUID(str(request.user.pk)), clock.now()
        needed = STATE_ADMINISTRATOR if wanted == "assign" else REVIEWER
        if not _has_role(request, needed):
            raise PermissionDenied(f"This is for people in the role “{needed}”.")
        try:
            match wanted:
                case "claim":
                    name = request.POST.get("public_name", "")[:200]
                    reviewing.claim(appeal_id=appeal.pk, reviewer_id=user_id, public_name=name, now=now)
                    message = "You review this appeal. The learner is told your name."
                case "release":
                    reviewing.release(appeal_id=appeal.pk, reviewer_id=user_id, now=now)
                    message = "You have handed the appeal back."
                case "assign":
                    chosen = {
                        str(eligible_reviewer.pk): eligible_reviewer.pk
                        for eligible_reviewer in selectors.eligible_reviewers(appeal)
                    }
                    reviewer_id = chosen.get(request.POST.get("reviewer", ""))
                    if reviewer_id is None:
                        messages.error(request, "Choose one of the reviewers.")
                        return False
                    reviewing.assign(appeal_id=appeal.pk, reviewer_id=reviewer_id, actor=user_id, now=now)
                    message = "The reviewer is assigned."
                case "decide" if form is not None:
                    if not form.is_valid():
                        messages.error(request, "Nothing was decided: see below.")
                        return False
                    reviewing.decide(
                        appeal_id=appeal.pk,
                        reviewer_id=user_id,
                        outcome=form.cleaned_data["outcome"],
                        reason=form.cleaned_data["reason"],
                        remedy=form.remedy(),
                        now=now,
                    )
                    message = "The appeal is decided. The learner is told the outcome and your reason."
                case _:
                    messages.error(request, "This appeal is closed, or that cannot be done with it.")
                    return False
        except DomainError as error:
            messages.error(request, f"{error.title}. {error.detail}".strip())
            return False
        messages.success(request, message)
        return True

    def _decision_form(self, request: HttpRequest, appeal: Appeal, data: Any = None) -> DecisionForm | None:
        """The form of who reviews the open appeal; None for everybody else."""
        if appeal.closed_at is not None or appeal.reviewer_id != request.user.pk:
            return None
        try:
            bounds = disputed(learner_id=appeal.learner_id, subject=subject_of(appeal)).bounds
        except DomainError:
            # What was disputed was settled meanwhile, such as by an award: there is nothing left to change.
            bounds = appeal_page.Bounds()
        return DecisionForm(bounds, data if data and data.get("do") == "decide" else None)

    def _context(self, request: HttpRequest, appeal: Appeal, form: DecisionForm | None) -> dict[str, Any]:
        form = form or self._decision_form(request, appeal)
        skills, moved = appeal_page.explanation(appeal)
        is_open, decision = appeal.closed_at is None, getattr(appeal, "decision", None)
        reviews, administers = _has_role(request, REVIEWER), _has_role(request, STATE_ADMINISTRATOR)
        with_keys = limited_to(request.user) is None and request.user.has_perm("assessments.view_itemrevision")
        may_claim = is_open and appeal.reviewer is None and reviews
        return {
            **self.admin_site.each_context(request),
            "title": appeal_page.title_of(appeal),
            "opts": self.opts,
            "appeal": appeal,
            "state": _state(appeal),
            "due": appeal_page.in_zone(appeal.due_at, appeal.due_time_zone),
            "opened": appeal_page.in_zone(appeal.opened_at, appeal.due_time_zone),
            "due_rule": appeal_page.due_rule_of(appeal),
            "result": appeal_page.result_of(appeal),
            "skills": skills,
            "answers": appeal_page.answers(appeal, moved, form=form, with_keys=with_keys),
            "steps": appeal_page.steps(appeal),
            "decision": decision,
            "decided": appeal_page.in_zone(decision.decided_at, appeal.due_time_zone) if decision else "",
            "form": form,
            "framework": appeal_page.framework_note(),
            "may_claim": may_claim and request.user.pk not in involved_in(appeal),
            "is_involved": may_claim and request.user.pk in involved_in(appeal),
            "claim_form": None if Reviewer.objects.filter(pk=request.user.pk).exists() else ClaimForm(),
            "assign_form": self._assign_form(appeal) if is_open and administers else None,
            "is_mine": is_open and appeal.reviewer_id == request.user.pk,
        }

    def _assign_form(self, appeal: Appeal) -> forms.Form:
        named = [
            (str(eligible_reviewer.pk), eligible_reviewer.public_name)
            for eligible_reviewer in selectors.eligible_reviewers(appeal)
        ]
        chosen = forms.ChoiceField(choices=[("", "choose…"), *named], label="Reviewer", widget=UnfoldAdminSelectWidget)
        form: forms.Form = type("AssignForm", (forms.Form,), {"reviewer": chosen})()
        return form


def _state(appeal: Appeal) -> str:
    decision = getattr(appeal, "decision", None)
    if decision is not None:
        return str(decision.get_outcome_display())
    if appeal.withdrawn:
        return "withdrawn"
    return "overdue" if clock.now() > appeal.due_at else "open"


@admin.register(Reviewer)
class ReviewerAdmin(StateScopedAdmin, ModelAdmin):
    """The names that learners are told; a reviewer's first claim asks for it, administrators correct it."""

    state_path = "user__member_state"
    list_display = ("public_name", "user")
    list_select_related = ("user",)
    search_fields = ("public_name", "user__username")
    autocomplete_fields = ("user",)
    fields = ("user", "public_name")
    show_full_result_count = False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return () if obj is None else ("user",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        reviewing.name(user_id=obj.user_id, public_name=obj.public_name, actor=UUID(str(request.user.pk)))
