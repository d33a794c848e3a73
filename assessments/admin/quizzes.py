"""Blueprints: what is asked, under which limits, when, and who may see what; checked against the bank."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminTextareaWidget

from assessments.admin import blueprint_texts as texts
from assessments.admin.texts import titles_from, titles_text
from assessments.items.kinds import Issue
from assessments.items.kinds.base import words
from assessments.quizzes import services
from assessments.quizzes.models import Quiz
from assessments.quizzes.rules import Blueprint
from assessments.quizzes.selectors import blueprint_of
from common.admin_links import LinksWhatOpens
from common.errors import DomainError

# Text box -> how it is written, how it is read.
_BOXES: dict[str, tuple[Callable[[Quiz], str], Callable[[str], Any]]] = {
    "titles_lines": (lambda quiz: titles_text(quiz.titles), titles_from),
    "pools_lines": (lambda quiz: texts.contents_text(quiz.pools, quiz.sections), texts.contents_from),
    "forms_lines": (lambda quiz: texts.forms_text(quiz.forms), texts.forms_from),
    "minimums_lines": (lambda quiz: texts.minimums_text(quiz.skill_minimums), texts.minimums_from),
    "ordered_lines": (lambda quiz: ", ".join(quiz.options_in_order), lambda text: words(text.replace("\n", ","))),
    "prerequisites_lines": (lambda quiz: texts.prerequisites_text(quiz.prerequisites), texts.prerequisites_from),
    "windows_lines": (lambda quiz: texts.windows_text(quiz.windows), texts.windows_from),
}
_BOX_OF = {
    "titles": "titles_lines",
    "pools": "pools_lines",
    "sections": "pools_lines",
    "forms": "forms_lines",
    "skill_minimums": "minimums_lines",
    "options_in_order": "ordered_lines",
    "prerequisites": "prerequisites_lines",
    "windows": "windows_lines",
}
_PLAIN = (
    "mode",
    "certified_level",
    "max_exposure",
    "attempt_limit",
    "cool_down_s",
    "time_limit_s",
    "cut_at_close",
    "pass_share",
    "shuffle_items",
    "shuffle_options",
    "review_what",
    "review_when",
)


def _box(label: str, help_text: str, *, rows: int = 3, required: bool = False) -> forms.CharField:
    widget = UnfoldAdminTextareaWidget(attrs={"rows": rows})
    return forms.CharField(label=label, widget=widget, help_text=help_text, required=required)


class QuizForm(forms.ModelForm):
    titles_lines = _box("titles", "“en: Title”, one language a line.", rows=4, required=True)
    pools_lines = _box(
        "pools and sections",
        f"{texts.POOL_HELP}, one a line: so many items whose first skill, level and difficulty are that. For sections, "
        "put “section en: Basics | ja: 基礎” above the pools of each, and “in order” or “at least 50 %” below it.",
        rows=6,
    )
    forms_lines = _box(
        "fixed forms", "Instead of pools: “A: item-code, item-code”, one form a line. Learners get them in turn."
    )
    minimums_lines = _box("minimum by skill", "For passing, beside the pass share: “AIS-A1: 50 %”, one a line.")
    ordered_lines = _box("options stay in order", "Codes of items whose options are not shuffled.", rows=2)
    prerequisites_lines = _box(
        "prerequisites", "“quiz slug”, “lessons” or “skill AIS-A1 level 2”, one a line; all of them."
    )
    windows_lines = _box(
        "windows",
        f"{texts.WINDOW_HELP}: local times, one window a line. A cohort's windows take the place of the others for it.",
    )

    class Meta:
        model = Quiz
        fields = ("course", "slug", *_PLAIN)
        labels = {
            "time_limit_s": "Time limit (seconds)",
            "cool_down_s": "Cool-down (seconds)",
            "review_what": "Learners see afterwards",
            "review_when": "They see it",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        quiz = kwargs.get("instance")
        if quiz is not None:
            stored = {name: write(quiz) for name, (write, _) in _BOXES.items()}
            kwargs["initial"] = {**stored, **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name, (_, read) in _BOXES.items():
            if name in cleaned:
                try:
                    cleaned[name] = read(cleaned[name])
                except ValueError as error:
                    self.add_error(name, str(error))
        course_id = self.instance.course_id or getattr(cleaned.get("course"), "pk", None)
        if self.errors or course_id is None:
            return cleaned
        pools, sections = cleaned["pools_lines"]
        self.blueprint = Blueprint(
            titles=cleaned["titles_lines"],
            pools=pools,
            sections=sections,
            forms=cleaned["forms_lines"],
            skill_minimums=cleaned["minimums_lines"],
            options_in_order=cleaned["ordered_lines"],
            prerequisites=cleaned["prerequisites_lines"],
            windows=cleaned["windows_lines"],
            **{name: cleaned[name] for name in _PLAIN},
        )
        slug = self.instance.slug or cleaned.get("slug", "")
        found = (
            services.check(self.blueprint, course_id=course_id, slug=slug)
            if self.instance.open
            else services.own_issues(self.blueprint, course_id=course_id)
        )
        for issue in found:
            self._show(issue)
        return cleaned

    def _show(self, issue: Issue) -> None:
        part, *rest = issue.pointer.strip("/").split("/")
        field = _BOX_OF.get(part, part)
        if part in ("pools", "sections"):
            where = texts.place_of(issue.pointer)
        elif part in ("forms", "prerequisites", "windows") and rest:
            where = f"line {int(rest[0]) + 1}: "
        else:
            where = f"{rest[0]} " if rest else ""
        self.add_error(field if field in self.fields else None, where + issue.message)


@admin.register(Quiz)
class QuizAdmin(LinksWhatOpens, ModelAdmin):
    """A closed quiz may wait for items; opening it, and changing an open one, needs a bank that can fill every pool.

    A change is a draft until the quiz is offered as it is now, or the next edition of its course is published.
    """

    form = QuizForm
    list_display = ("slug", "course", "mode", "attempt_limit", "time_limit_s", "pass_share", "open")
    list_filter = ("course", "mode", "open")
    list_select_related = ("course",)
    search_fields = ("slug",)
    actions = ("offer_as_it_is", "open_to_learners", "close_to_learners", "check_bank")
    show_full_result_count = False
    readonly_fields = ("open", "bank")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.readonly_fields if obj is None else ("course", "slug", *self.readonly_fields)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        writes = obj is None or self.has_change_permission(request, obj)

        def boxes(*names: str) -> list[str]:
            return list(names) if writes else []

        state = () if obj is None else ("open", "bank")
        return [
            (None, {"fields": ["course", "slug", "mode", *boxes("titles_lines"), *state]}),
            (
                "What is asked",
                {
                    "fields": [
                        *boxes("pools_lines", "forms_lines"),
                        "shuffle_items",
                        "shuffle_options",
                        *boxes("ordered_lines"),
                        "certified_level",
                        "max_exposure",
                    ]
                },
            ),
            ("Passing", {"fields": ["pass_share", *boxes("minimums_lines")]}),
            (
                "Attempts and times",
                {
                    "fields": [
                        "attempt_limit",
                        "cool_down_s",
                        "time_limit_s",
                        *boxes("prerequisites_lines", "windows_lines"),
                        "cut_at_close",
                    ]
                },
            ),
            ("Afterwards", {"fields": ["review_what", "review_when"]}),
        ]

    @admin.display(description="check against the bank")
    def bank(self, quiz: Quiz) -> str:
        found = services.check(blueprint_of(quiz), course_id=quiz.course_id, slug=quiz.slug)
        return format_html_join("", "<p>{}</p>", ((issue,) for issue in found)) or "Every pool can be filled."

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        services.put_quiz(
            quiz_id=obj.pk,
            course_id=obj.course_id,
            slug=obj.slug,
            blueprint=form.blueprint,
            actor=str(request.user.pk),
        )

    @admin.action(description="Offer as it is now", permissions=["change"])
    def offer_as_it_is(self, request: HttpRequest, queryset: QuerySet[Quiz]) -> None:
        for quiz in queryset:
            try:
                pinned = services.offer_now(quiz_id=quiz.pk, actor=str(request.user.pk))
            except DomainError as error:
                self.message_user(request, f"{quiz.slug}: {error.title}. {error.detail}", messages.ERROR)
            else:
                text = f"{quiz.slug}: new attempts take version {pinned.version.number}."
                self.message_user(request, text, messages.SUCCESS)

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
            found = services.check(blueprint_of(quiz), course_id=quiz.course_id, slug=quiz.slug)
            text = "; ".join(map(str, found)) or "every pool can be filled."
            self.message_user(request, f"{quiz.slug}: {text}", messages.ERROR if found else messages.SUCCESS)
