"""Editions: texts, modules and lessons on one page; check list and publishing on another."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, QuerySet, Subquery
from django.forms.models import BaseInlineFormSet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from unfold.admin import StackedInline, TabularInline
from unfold.decorators import action, display
from unfold.forms import PaginationInlineFormSet
from unfold.widgets import UnfoldAdminSelect2MultipleWidget, UnfoldAdminSelectWidget

from common.errors import DomainError
from courses.admin.authoring import (
    AuditedAdmin,
    FrozenMeanwhile,
    InLanguages,
    PartOfEdition,
    SortedForm,
    SortedFormSetMixin,
    edition_of,
    is_draft,
    language_choices,
    renumber,
)
from courses.admin.seen import SEEN_TEMPLATE, SeenForm
from courses.catalogue.models import Edition, EditionText, Lesson, LessonText, Module, ModuleText
from courses.publishing import selectors, services
from courses.skills.models import Framework


class EditionForm(SeenForm):
    default_language = forms.ChoiceField(choices=language_choices, widget=UnfoldAdminSelectWidget)
    languages = forms.MultipleChoiceField(
        choices=language_choices,
        widget=UnfoldAdminSelect2MultipleWidget,
        help_text="Every text must be there in each of these before the edition can be published.",
    )

    class Meta:
        model = Edition
        fields = ("course", "number", "default_language", "languages", "requires_assessment")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # A variant that was loaded from files, such as ms-Arab, stays a choice.
        known = {tag for tag, _name in language_choices()}
        more = [(tag, tag) for tag in (self.instance.languages or []) if tag not in known]
        for name in ("default_language", "languages"):
            if name in self.fields:
                self.fields[name].choices = [*language_choices(), *more]  # type: ignore[attr-defined]


class SortedFormSet(SortedFormSetMixin, PaginationInlineFormSet, BaseInlineFormSet):
    pass


class EditionTextInline(PartOfEdition, InLanguages, StackedInline):
    model = EditionText
    fields = (("language", "status"), "title", "summary")
    extra = 0
    collapsible = True
    verbose_name = "language"
    verbose_name_plural = "titles and summaries (open a row to edit)"


class ModuleTextInline(PartOfEdition, InLanguages, TabularInline):
    model = ModuleText
    fields = ("language", "title", "status")
    extra = 0
    hide_title = True
    classes = ("collapse",)
    verbose_name = "language"
    verbose_name_plural = "titles of the module"


class LessonInline(PartOfEdition, TabularInline):
    model = Lesson
    form = SortedForm
    formset = SortedFormSet
    fields = ("position", "slug", "minutes", "texts")
    readonly_fields = ("texts",)
    ordering_field = "position"
    ordering = ("position", "id")
    extra = 0
    verbose_name = "lesson"
    verbose_name_plural = "lessons"

    @display(description="texts and skills")
    def texts(self, lesson: Lesson) -> str:
        if lesson._state.adding:
            return _("after saving")
        return format_html(
            '<a class="text-primary-600 dark:text-primary-500 underline" href="{}">{}</a>',
            reverse("admin:courses_lesson_change", args=[lesson.pk]),
            _("Open"),
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Lesson]:
        title = LessonText.objects.filter(
            lesson=OuterRef("pk"), language=OuterRef("module__edition__default_language")
        ).values("title")[:1]
        return super().get_queryset(request).select_related("module__edition").annotate(inline_title=Subquery(title))


class ModuleInline(PartOfEdition, StackedInline):
    model = Module
    form = SortedForm
    formset = SortedFormSet
    fields = ("position",)
    ordering_field = "position"
    ordering = ("position", "id")
    extra = 0
    inlines = (LessonInline, ModuleTextInline)
    verbose_name_plural = "modules and their lessons"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Module]:
        title = ModuleText.objects.filter(module=OuterRef("pk"), language=OuterRef("edition__default_language")).values(
            "title"
        )[:1]
        return super().get_queryset(request).select_related("edition").annotate(inline_title=Subquery(title))


@admin.register(Edition)
class EditionAdmin(FrozenMeanwhile, AuditedAdmin):
    """A draft is authored here; a published edition is shown as it was frozen."""

    form = EditionForm
    list_display = ("course", "number", "state", "offered_in", "published_at")
    list_filter = ("status",)
    list_select_related = ("course",)
    search_fields = ("course__slug",)
    fieldsets = (
        (None, {"fields": (("course", "number"), ("state", "framework"), ("published_at", "requires_assessment"))}),
        ("Languages", {"fields": ("default_language", "languages")}),
    )
    readonly_fields = ("state", "framework", "published_at")
    inlines = (EditionTextInline, ModuleInline)
    actions_detail = ("publishing",)
    change_form_before_template = SEEN_TEMPLATE
    warn_unsaved_form = True

    class Media:
        js = ("courses/admin/sort.js", "courses/admin/open.js")

    @display(
        description="status",
        ordering="status",
        label={"draft": "warning", "published": "success", "retired": "info"},
    )
    def state(self, edition: Edition) -> str:
        return edition.status

    @display(description="languages")
    def offered_in(self, edition: Edition) -> str:
        return ", ".join(edition.languages)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and is_draft(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and obj is not None and is_draft(obj)

    def save_model(self, request: HttpRequest, obj: Edition, form: Any, change: bool) -> None:
        if not change:
            obj.framework = Framework.objects.get(current=True)
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        modules = list(Module.objects.filter(edition=form.instance).order_by("position", "id"))
        renumber(modules)
        lessons = list(Lesson.objects.filter(module__in=modules).order_by("position", "id"))
        for module in modules:
            renumber([lesson for lesson in lessons if lesson.module_id == module.pk])

    @action(description="Check and publish", url_path="publishing", icon="publish")
    def publishing(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The check list; a POST publishes, or makes a new edition from a published one, by the services."""
        edition = edition_of(object_id)
        if edition is None:
            raise Http404
        if not self.has_view_permission(request, edition):
            raise PermissionDenied
        if request.method == "POST":
            return self._publish_or_go_on(request, edition)
        return self._show_check_list(request, edition)

    def _publish_or_go_on(self, request: HttpRequest, edition: Edition) -> HttpResponse:
        wanted = request.POST.get("do")
        needed = "courses.add_edition" if wanted == "new_edition" else "courses.change_edition"
        if not request.user.has_perm(needed):
            raise PermissionDenied("Editions are published, and new ones begun, by trainers.")
        shown, actor = edition.pk, str(request.user.pk)
        try:
            if wanted == "publish":
                services.publish(edition_id=edition.pk, actor=actor)
                messages.success(request, _("The edition is published. It can no longer be changed."))
            elif wanted == "new_edition":
                shown = services.new_edition(edition_id=edition.pk, actor=actor)
                messages.success(request, _("This is the draft of the next edition."))
        except DomainError as error:
            messages.error(request, str(error.title))
            return self._show_check_list(request, edition)
        return HttpResponseRedirect(reverse("admin:courses_edition_change", args=[shown]))

    def _show_check_list(self, request: HttpRequest, edition: Edition) -> HttpResponse:
        findings = selectors.check_list(edition.pk)
        return render(
            request,
            "courses/admin/publishing.html",
            {
                **self.admin_site.each_context(request),
                "title": _("Check and publish"),
                "opts": self.opts,
                "edition": edition,
                "blocking": [finding for finding in findings if finding.blocking],
                "advice": [finding for finding in findings if not finding.blocking],
                "may_publish": request.user.has_perm("courses.change_edition"),
                "may_go_on": request.user.has_perm("courses.add_edition"),
            },
        )
