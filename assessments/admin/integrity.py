"""Hints for reviewers. Nobody but a person decides here, and nothing follows from it by itself."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminTextareaWidget

from accounts.admin_scope import StateScopedAdmin, limited_to
from assessments.attempts.models import Attempt
from assessments.integrity import rules, services
from assessments.integrity.models import IntegrityHint, IntegrityRun
from assessments.integrity.words import explanation, one_in
from common import clock
from common.errors import DomainError
from common.read_only import ReadOnly

_DECISIONS = [
    (rules.DISMISSED, "Dismiss: nothing to it"),
    (rules.NOTED, "Note: keep it on record"),
]


class DecisionForm(forms.ModelForm):
    decision = forms.ChoiceField(choices=_DECISIONS, widget=UnfoldAdminRadioSelectWidget)
    why = forms.CharField(
        label="Reason",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="It is kept with your name, and the learners get it with an export of their data: name nobody in it.",
    )

    class Meta:
        model = IntegrityHint
        fields = ()


@admin.register(IntegrityHint)
class IntegrityHintAdmin(StateScopedAdmin, ModelAdmin):
    """The open ones are closed here, once, with a reason. A pair is shown only to staff who may see both learners."""

    state_path = "attempt__learner__member_state"
    form = DecisionForm
    list_display = ("made_at", "what", "quiz", "learners", "by_chance", "hint_state")
    list_filter = ("state", "kind", "quiz")
    list_select_related = ("quiz", "attempt__learner", "other__learner")
    ordering = ("-made_at", "-pk")
    show_full_result_count = False
    readonly_fields = (
        "seen",
        "attempts",
        "quiz",
        "made_at",
        "rule_version",
        "hint_state",
        "decided_by",
        "decided_at",
        "reason",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[IntegrityHint]:
        rows = super().get_queryset(request).select_related("quiz", "attempt__learner", "other__learner", "decided_by")
        state = limited_to(request.user)
        return rows if state is None else rows.filter(Q(other=None) | Q(other__learner__member_state=state))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        found: list[Any] = [(None, {"fields": ("seen", "attempts", ("quiz", "made_at"), "rule_version")})]
        if obj is not None and obj.state != rules.OPEN:
            found.append(("Decided", {"fields": (("hint_state", "decided_at"), "decided_by", "reason")}))
        elif self.has_change_permission(request, obj):
            found.append(("Decide", {"fields": ("decision", "why")}))
        return found

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.state == rules.OPEN)

    @admin.display(description="hint", ordering="kind")
    def what(self, hint: IntegrityHint) -> str:
        facts = hint.facts
        if hint.kind == rules.FAST:
            return f"Fast: {facts['hasty']} of {facts['timed']} answers before reading"
        return f"Alike: {facts['same']} of {facts['common']} answers, {facts['same_wrong']} wrong alike"

    @admin.display(description="by chance once in", ordering="p_value")
    def by_chance(self, hint: IntegrityHint) -> str:
        return one_in(hint.p_value)

    @display(description="state", ordering="state", label={"open": "warning", "dismissed": "info", "noted": "danger"})
    def hint_state(self, hint: IntegrityHint) -> str:
        return hint.state

    @admin.display(description="learners")
    def learners(self, hint: IntegrityHint) -> SafeString:
        return format_html_join(" · ", "<bdi>{}</bdi>", ((attempt.learner.legal_name,) for attempt in _attempts(hint)))

    @admin.display(description="what was seen")
    def seen(self, hint: IntegrityHint) -> SafeString:
        return format_html_join("", "<p>{}</p>", ((sentence,) for sentence in explanation(hint.kind, hint.facts)))

    @admin.display(description="attempts")
    def attempts(self, hint: IntegrityHint) -> SafeString:
        return format_html_join("", "{}", ((self._link(attempt),) for attempt in _attempts(hint)))

    def _link(self, attempt: Attempt) -> SafeString:
        return format_html(
            '<p><a class="text-primary-600 dark:text-primary-500 underline" href="{}"><bdi>{}</bdi>, attempt {}</a></p>',
            reverse("admin:assessments_attempt_change", args=[attempt.pk]),
            attempt.learner.legal_name,
            attempt.number,
        )

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        services.decide(
            hint_id=obj.pk,
            state=form.cleaned_data["decision"],
            reason=form.cleaned_data["why"],
            decided_by=cast(UUID, request.user.pk),
            now=clock.now(),
        )

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except DomainError as error:
            self.message_user(request, str(error.title), messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())


def _attempts(hint: IntegrityHint) -> list[Attempt]:
    return [attempt for attempt in (hint.attempt, hint.other) if attempt is not None]


@admin.register(IntegrityRun)
class IntegrityRunAdmin(ReadOnly, ModelAdmin):
    """How much was compared each night: what a number of hints is to be judged by."""

    list_display = ("until", "attempts", "pairs", "timed", "hints", "rule_version")
    ordering = ("-since",)
    show_full_result_count = False
