"""Blueprints: pools, limits, pass share; checked against the bank."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminTextareaWidget

from assessments.admin.texts import pools_from, pools_text, titles_from, titles_text
from assessments.quizzes import services
from assessments.quizzes.models import Quiz
from assessments.quizzes.rules import Blueprint, faults
from common.errors import DomainError
from courses import public as courses

_FIELDS = {"titles": "titles_lines", "pools": "pools_lines"}


class QuizForm(forms.ModelForm):
    titles_lines = forms.CharField(
        label="titles",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
        help_text="“en: Title”, one language a line.",
    )
    pools_lines = forms.CharField(
        label="pools",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 5}),
        help_text="“AIS-A1 x 3” or “AIS-B1 level 2 x 4”, one a line: so many items whose first skill (and level) is that.",
    )

    class Meta:
        model = Quiz
        fields = ("edition", "slug", "mode", "attempt_limit", "time_limit_s", "pass_share")
        labels = {"time_limit_s": "Time limit (seconds)"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        quiz = kwargs.get("instance")
        if quiz is not None:
            stored = {"titles_lines": titles_text(quiz.titles), "pools_lines": pools_text(quiz.pools)}
            kwargs["initial"] = {**stored, **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)

    def clean_titles_lines(self) -> dict[str, str]:
        return self._read(titles_from, "titles_lines")

    def clean_pools_lines(self) -> list[dict[str, Any]]:
        return self._read(pools_from, "pools_lines")

    def _read(self, reader: Any, name: str) -> Any:
        try:
            return reader(self.cleaned_data[name])
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        edition_id = self.instance.edition_id or getattr(cleaned.get("edition"), "pk", None)
        if self.errors or edition_id is None:
            return cleaned
        self.blueprint = Blueprint(
            cleaned["titles_lines"], cleaned["mode"], cleaned["pools_lines"], cleaned["attempt_limit"],
            cleaned["time_limit_s"], cleaned["pass_share"],
        )  # fmt: skip
        if self.instance.open:
            found = services.check(self.blueprint, edition_id=edition_id)
        else:
            edition = courses.edition(edition_id)
            found = faults(self.blueprint, languages=edition.languages if edition else ())
        for fault in found:
            part, *rest = fault.pointer.strip("/").split("/")
            field = _FIELDS.get(part, part)
            where = f"line {int(rest[0]) + 1}: " if part == "pools" and rest else f"{rest[0]} " if rest else ""
            self.add_error(field if field in self.fields else None, where + fault.message)
        return cleaned


@admin.register(Quiz)
class QuizAdmin(ModelAdmin):
    """A closed quiz may wait for items; opening it, and changing an open one, needs a bank that can fill every pool."""

    form = QuizForm
    list_display = ("slug", "edition", "mode", "attempt_limit", "time_limit_s", "pass_share", "open")
    list_filter = ("edition", "mode", "open")
    list_select_related = ("edition__course",)
    search_fields = ("slug",)
    actions = ("open_to_learners", "close_to_learners", "check_bank")
    show_full_result_count = False
    readonly_fields = ("open", "bank")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.readonly_fields if obj is None else ("edition", "slug", *self.readonly_fields)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        blueprint = ["edition", "slug", "mode"]
        if obj is None or self.has_change_permission(request, obj):
            blueprint += ["titles_lines", "pools_lines"]
        limits = ["attempt_limit", "time_limit_s", "pass_share"]
        return [(None, {"fields": [*blueprint, *limits, *(() if obj is None else ("open", "bank"))]})]

    @admin.display(description="check against the bank")
    def bank(self, quiz: Quiz) -> str:
        found = services.check(services.blueprint_of(quiz), edition_id=quiz.edition_id)
        return format_html_join("", "<p>{}</p>", ((fault,) for fault in found)) or "Every pool can be filled."

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        blueprint = form.blueprint
        services.put_quiz(
            quiz_id=obj.pk,
            edition_id=obj.edition_id,
            slug=obj.slug,
            titles=blueprint.titles,
            mode=blueprint.mode,
            pools=blueprint.pools,
            attempt_limit=blueprint.attempt_limit,
            time_limit_s=blueprint.time_limit_s,
            pass_share=blueprint.pass_share,
            actor=str(request.user.pk),
        )

    @admin.action(description="Open to learners", permissions=["change"])
    def open_to_learners(self, request: HttpRequest, queryset: QuerySet[Quiz]) -> None:
        self._set_open(request, queryset, True)

    @admin.action(description="Close to learners", permissions=["change"])
    def close_to_learners(self, request: HttpRequest, queryset: QuerySet[Quiz]) -> None:
        self._set_open(request, queryset, False)

    def _set_open(self, request: HttpRequest, queryset: QuerySet[Quiz], opened: bool) -> None:
        for quiz in queryset:
            try:
                services.set_open(quiz_id=quiz.pk, opened=opened, actor=str(request.user.pk))
            except DomainError as error:
                self.message_user(request, f"{quiz.slug}: {error.title}. {error.detail}", messages.ERROR)
            else:
                self.message_user(request, f"{quiz.slug} is {'open' if opened else 'closed'}.", messages.SUCCESS)

    @admin.action(description="Check against the bank", permissions=["view"])
    def check_bank(self, request: HttpRequest, queryset: QuerySet[Quiz]) -> None:
        for quiz in queryset:
            found = services.check(services.blueprint_of(quiz), edition_id=quiz.edition_id)
            text = "; ".join(map(str, found)) or "every pool can be filled."
            self.message_user(request, f"{quiz.slug}: {text}", messages.ERROR if found else messages.SUCCESS)
