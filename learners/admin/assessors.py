"""The assessors' queue, and one case with its rubric: an assessor judges it alone."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from unfold.admin import ModelAdmin
from unfold.decorators import action
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from accounts.admin_scope import StateScopedAdmin
from accounts.public import ASSESSOR
from common import clock
from common.errors import DomainError
from common.ids import new_id
from courses import public as courses
from learners.admin.read_only import NamesLearner, ReadOnly
from learners.assessors import rubrics, selectors, services
from learners.assessors.models import LevelAssessment

_ANSWERS = (("", "—"), ("yes", "Yes, give the level"), ("no", "No, do not give it"))


class VerdictForm(forms.Form):
    """An assessor's points for each criterion, the recommendation that follows from them, and the reason in words."""

    verdict_id = forms.UUIDField(widget=forms.HiddenInput)
    recommended = forms.ChoiceField(
        choices=_ANSWERS,
        label="Should the level be given?",
        help_text="Yes needs every criterion to be shown; no needs one that is not.",
        widget=UnfoldAdminSelectWidget,
    )
    reason = forms.CharField(
        max_length=4000,
        label="Reason",
        help_text="The learner reads it, without your name.",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 6}),
    )

    def __init__(self, case: LevelAssessment, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asked = rubrics.criterion_texts(case.skill_code, case.level)
        points = [("", "—"), *((str(at), f"{at} · {meaning}") for at, meaning in enumerate(rubrics.rubric().points))]
        for question in self.asked:
            name = self._name(question.code)
            # What is asked is read out with the field that answers it.
            widget = UnfoldAdminSelectWidget(attrs={"aria-describedby": f"id_{name}_question"})
            self.fields[name] = forms.ChoiceField(choices=points, label=question.name, widget=widget)

    @staticmethod
    def _name(code: str) -> str:
        return f"points_{code}"

    def criteria(self) -> list[tuple[rubrics.CriterionText, forms.BoundField]]:
        return [(question, self[self._name(question.code)]) for question in self.asked]

    def points(self) -> dict[str, int]:
        return {question.code: int(self.cleaned_data[self._name(question.code)]) for question in self.asked}


@admin.register(LevelAssessment)
class LevelAssessmentAdmin(NamesLearner, ReadOnly, StateScopedAdmin, ModelAdmin):
    state_path = "learner__member_state"
    list_display = ("learner_name", "skill_code", "level", "state", "outcome", "judged", "opened_at", "to_judge")
    list_filter = ("state", "level", "learner__member_state", "skill_code", "outcome")
    list_select_related = ("learner",)
    search_fields = ("learner__legal_name", "learner__user__username", "=id", "=learner__user__id")
    # Open ones first ("decided", "open", "withdrawn"), the oldest of them on top.
    ordering = ("closed_at", "opened_at", "pk")
    exclude = ("evidence",)
    actions_detail = ("judge",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[LevelAssessment]:
        return super().get_queryset(request).annotate(verdicts_given=Count("verdicts"))

    def get_sortable_by(self, request: HttpRequest) -> tuple[str, ...]:
        return ("skill_code", "level", "state", "opened_at")

    @admin.display(description="assessors")
    def judged(self, case: Any) -> str:
        return f"{case.verdicts_given} of {rubrics.rubric().agreeing[case.level]}"

    @admin.display(description="work")
    def to_judge(self, case: LevelAssessment) -> str:
        return format_html(
            '<a class="text-primary-600 dark:text-primary-500 underline" href="{}">Look at it</a>',
            reverse("admin:learners_levelassessment_judge", args=[case.pk]),
        )

    def may_judge(self, request: HttpRequest) -> bool:
        """Whether this person is an assessor, by role; what a case says about them is the service's."""
        user = request.user
        return bool(user.is_active and (user.is_superuser or user.groups.filter(name=ASSESSOR).exists()))

    @action(description="Look at the work", url_path="judge", icon="grading")
    def judge(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The work, the rubric, and for an assessor the form; a POST is a verdict."""
        case = self.get_object(request, object_id)
        if case is None:
            raise Http404
        if not self.has_view_permission(request, case):
            raise PermissionDenied
        if request.method == "POST" and not self.may_judge(request):
            raise PermissionDenied("A verdict is given by assessors.")
        form = VerdictForm(
            case, request.POST if request.method == "POST" else None, initial={"verdict_id": str(new_id())}
        )
        if form.is_valid() and self._judged(request, case, form):
            return HttpResponseRedirect(reverse("admin:learners_levelassessment_changelist"))
        return self._shown(request, case, form)

    def _judged(self, request: HttpRequest, case: LevelAssessment, form: VerdictForm) -> bool:
        try:
            after = services.give_verdict(
                verdict_id=form.cleaned_data["verdict_id"],
                assessment_id=case.pk,
                assessor_id=_who(request),
                recommended=form.cleaned_data["recommended"] == "yes",
                points=form.points(),
                reason=form.cleaned_data["reason"],
                now=clock.now(),
            )
        except DomainError as error:
            form.add_error(None, str(error.title))
            return False
        messages_by_outcome = {
            None: "Your verdict is kept. Other assessors have to look at this case too.",
            LevelAssessment.Outcome.GIVEN: "Your verdict is kept. The level is given.",
            LevelAssessment.Outcome.REFUSED: "Your verdict is kept. The level is refused, with the reasons given.",
        }
        self.message_user(request, messages_by_outcome[after.outcome], messages.SUCCESS)  # type: ignore[index]
        return True

    def _shown(self, request: HttpRequest, case: LevelAssessment, form: VerdictForm) -> HttpResponse:
        verdicts = selectors.verdicts_for_staff(case, assessor_id=_who(request))
        own = any(verdict.assessor == _who(request) for verdict in verdicts)
        skill = courses.framework().skills.get(case.skill_code)
        is_open = case.state == LevelAssessment.State.OPEN
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": "A case for assessors",
            "opts": self.opts,
            "case": case,
            "skill": skill,
            "level_name": courses.framework().level_names[case.level]["en"],
            "agreeing": rubrics.rubric().agreeing[case.level],
            "form": form,
            "may_judge": self.may_judge(request) and is_open and not own and case.learner_id != _who(request),
            "is_own_case": case.learner_id == _who(request),
            "has_judged": own and is_open,
            "verdicts": [
                (verdict, [(name, verdict.points.get(code)) for code, name in _names(form)]) for verdict in verdicts
            ],
        }
        return TemplateResponse(request, "admin/learners/judge_case.html", context)


def _names(form: VerdictForm) -> list[tuple[str, str]]:
    return [(question.code, question.name) for question in form.asked]


def _who(request: HttpRequest) -> UUID:
    pk = request.user.pk
    assert pk is not None
    return pk
