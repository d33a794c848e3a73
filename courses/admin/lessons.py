"""Lessons: texts per language, skills, and a preview as learners will see it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from unfold.admin import StackedInline, TabularInline
from unfold.decorators import action
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from courses.admin.authoring import AuditedAdmin, FrozenMeanwhile, InLanguages, PartOfEdition, edition_of, is_draft
from courses.admin.seen import SEEN_TEMPLATE, SeenForm
from courses.catalogue.models import Lesson, LessonSkill, LessonText, Module
from courses.catalogue.selectors import edition_content
from courses.publishing.compiling import lesson_document
from courses.publishing.selectors import names_of
from courses.skills.models import Skill


class LessonTextInline(PartOfEdition, InLanguages, StackedInline):
    model = LessonText
    fields = (("language", "status"), "title", "body")
    extra = 0
    collapsible = True
    verbose_name = "language"
    verbose_name_plural = "texts (open a row to edit)"

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "body":
            kwargs["widget"] = UnfoldAdminTextareaWidget(attrs={"rows": 24})
            return db_field.formfield(**kwargs)
        return super().formfield_for_dbfield(db_field, request, **kwargs)


class LessonSkillInline(PartOfEdition, TabularInline):
    model = LessonSkill
    fields = ("skill", "level")
    extra = 0
    hide_title = True
    verbose_name = "skill"
    verbose_name_plural = "skills taught"

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        self._edition = edition_of(obj)
        return super().get_formset(request, obj, **kwargs)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        edition = getattr(self, "_edition", None)
        skills = Skill.objects.filter(framework=edition.framework_id) if edition else Skill.objects.none()
        return forms.ModelChoiceField(queryset=skills, widget=UnfoldAdminSelectWidget)


@admin.register(Lesson)
class LessonAdmin(FrozenMeanwhile, AuditedAdmin):
    """Reached from its edition, where lessons are added and sorted."""

    form = SeenForm
    fields = (("module", "slug"), "minutes")
    inlines = (LessonTextInline, LessonSkillInline)
    actions_detail = ("edition_page", "preview")
    change_form_before_template = SEEN_TEMPLATE
    warn_unsaved_form = True

    class Media:
        js = ("courses/admin/open.js",)

    def get_model_perms(self, request: HttpRequest) -> dict[str, bool]:
        return {}

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("courses.view_edition") or request.user.has_perm("courses.change_edition")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("courses.change_edition") and is_draft(obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        edition = edition_of(obj)
        if edition is not None and "module" in form.base_fields:
            field = form.base_fields["module"]
            field.queryset = Module.objects.filter(edition=edition)
            field.empty_label = None
            titles = dict(
                field.queryset.filter(texts__language=edition.default_language).values_list("pk", "texts__title")
            )
            field.label_from_instance = lambda module: titles.get(module.pk) or str(module)
            for name in ("can_add_related", "can_change_related", "can_delete_related", "can_view_related"):
                setattr(field.widget, name, False)
        return form

    def save_model(self, request: HttpRequest, obj: Lesson, form: Any, change: bool) -> None:
        if "module" in form.changed_data:
            last = Lesson.objects.filter(module=obj.module_id).order_by("-position").first()
            obj.position = last.position + 1 if last else 0
        super().save_model(request, obj, form, change)

    @action(description="Edition", url_path="edition", icon="arrow_back")
    def edition_page(self, request: HttpRequest, object_id: str) -> HttpResponse:
        edition = edition_of(self._lesson(request, object_id))
        assert edition is not None
        return HttpResponseRedirect(reverse("admin:courses_edition_change", args=[edition.pk]))

    @action(description="Preview", url_path="preview", icon="visibility")
    def preview(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The saved lesson as a learner will see it, by the code that publishing uses."""
        lesson = self._lesson(request, object_id)
        edition = lesson.module.edition
        content = edition_content(edition.pk)
        names = names_of(edition.framework_id)
        found = next(candidate for candidate in content.lessons() if candidate.id == lesson.pk)
        found = replace(found, skills={code: level for code, level in found.skills.items() if code in names.skills})
        language = request.GET.get("language") or edition.default_language
        return render(
            request,
            "courses/admin/preview.html",
            {
                **self.admin_site.each_context(request),
                "title": _("Preview"),
                "opts": self.opts,
                "lesson": lesson,
                "language": language,
                "languages": list(dict.fromkeys([*edition.languages, *found.texts])),
                "document": lesson_document(language, content, found, names) if language in found.texts else None,
            },
        )

    def _lesson(self, request: HttpRequest, object_id: str) -> Lesson:
        lesson = self.get_object(request, object_id)
        if lesson is None:
            raise Http404
        if not self.has_view_permission(request, lesson):
            raise PermissionDenied
        return lesson
