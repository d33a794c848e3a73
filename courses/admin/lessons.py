"""Lessons: texts per language, skills, and a preview as learners will see it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from unfold.admin import StackedInline, TabularInline
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from courses.admin.authoring import AuditedAdmin, OfTeam, TextInline, rights_of
from courses.admin.seen import SEEN_TEMPLATE, SeenForm
from courses.content.draft import content_of_draft
from courses.content.models import Activity, Lesson, LessonSkill, LessonText, Module, SourceText
from courses.content.team import drafts_of
from courses.publishing.compiling import lesson_document
from courses.publishing.differences import changed_lines
from courses.publishing.selectors import current_framework_id, names_of
from courses.skills.models import Skill


class LessonForm(SeenForm):
    """A lesson and its place. Its short name stands in addresses; learners never see it."""

    module = forms.ModelChoiceField(queryset=Module.objects.none(), empty_label=None, widget=UnfoldAdminSelectWidget)
    slug = forms.SlugField(max_length=80, widget=UnfoldAdminTextInputWidget, label="short name")

    class Meta:
        model = Lesson
        fields = ("minutes",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        activity = self.instance.activity
        modules = Module.objects.filter(course=activity.course_id, removed_at__isnull=True).order_by("position")
        titles = dict(modules.filter(texts__language=activity.course.source_language).values_list("pk", "texts__title"))
        if "module" in self.fields:
            field: Any = self.fields["module"]
            field.queryset = modules
            field.label_from_instance = lambda module: titles.get(module.pk) or str(module)
            self.initial.update(module=activity.module_id, slug=activity.slug)

    def clean_slug(self) -> str:
        """Free within the course."""
        slug: str = self.cleaned_data["slug"]
        others = Activity.objects.filter(course=self.instance.activity.course_id, slug=slug, removed_at__isnull=True)
        if others.exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(_("Another lesson or quiz of the course has this short name."))
        return slug


class LessonTextInline(TextInline, StackedInline):
    model = LessonText
    fields = (("language", "status"), "freshness", "title", "body", "meaning_unchanged")
    readonly_fields = ("freshness",)
    collapsible = True
    verbose_name = "language"
    verbose_name_plural = "texts (open a row to edit)"

    @display(description="translation")
    def freshness(self, text: LessonText) -> str:
        """Whether the source text has changed since this was translated, and what."""
        if text._state.adding or text.source_id is None:
            return "—"
        source = LessonText.objects.filter(
            lesson=text.lesson_id, language=text.lesson.activity.course.source_language
        ).first()
        if source is None or source.digest == text.source_id:
            return _("made from the present source text")
        was = SourceText.objects.get(pk=text.source_id).body
        now = source.words()
        lines = [line for name in now for line in changed_lines(str(was.get(name, "")), now[name])]
        return "\n".join([_("The source text has changed since this was translated:"), *lines])

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "body":
            kwargs["widget"] = UnfoldAdminTextareaWidget(attrs={"rows": 24})
            return db_field.formfield(**kwargs)
        return super().formfield_for_dbfield(db_field, request, **kwargs)


class LessonSkillInline(OfTeam, TabularInline):
    model = LessonSkill
    fields = ("skill_code", "level")
    extra = 0
    hide_title = True
    verbose_name = "skill"
    verbose_name_plural = "skills taught"

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "skill_code":
            skills = Skill.objects.filter(framework__current=True).order_by("code").values_list("code", "name")
            return forms.ChoiceField(
                choices=[(code, f"{code} {name}") for code, name in skills],
                widget=UnfoldAdminSelectWidget,
                label=_("skill"),
            )
        return super().formfield_for_dbfield(db_field, request, **kwargs)


@admin.register(Lesson)
class LessonAdmin(OfTeam, AuditedAdmin):
    """Reached from its course, where lessons are added and sorted."""

    form = LessonForm
    fields = (("module", "slug"), "minutes")
    inlines = (LessonTextInline, LessonSkillInline)
    actions_detail = ("course_page", "preview")
    change_form_before_template = SEEN_TEMPLATE
    warn_unsaved_form = True

    class Media:
        js = ("courses/admin/open.js",)

    def get_model_perms(self, request: HttpRequest) -> dict[str, bool]:
        return {}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Lesson]:
        lessons = super().get_queryset(request).select_related("activity__course")
        return lessons.filter(activity__course__in=drafts_of(request.user).values("pk"))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Translators and reviewers save the page too; what they may change is told by each text."""
        if obj is None:
            return bool(request.user.is_staff)
        given = rights_of(request, obj)
        return given.writes or bool(given.translates or given.reviews)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        if obj is not None and not rights_of(request, obj).writes:
            for name in ("module", "slug", "minutes"):
                form.base_fields[name].disabled = True
        return form

    def save_model(self, request: HttpRequest, obj: Lesson, form: Any, change: bool) -> None:
        activity = obj.activity
        module, slug = form.cleaned_data["module"], form.cleaned_data["slug"]
        if module.pk != activity.module_id:
            last = Activity.objects.filter(module=module, removed_at__isnull=True).order_by("-position").first()
            activity.module, activity.position = module, last.position + 1 if last and last.position is not None else 0
        activity.slug = slug
        activity.save()
        super().save_model(request, obj, form, change)

    @action(description="Course", url_path="course", icon="arrow_back")
    def course_page(self, request: HttpRequest, object_id: str) -> HttpResponse:
        lesson = self._lesson(request, object_id)
        return HttpResponseRedirect(reverse("admin:courses_course_change", args=[lesson.activity.course_id]))

    @action(description="Preview", url_path="preview", icon="visibility")
    def preview(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The saved lesson as a learner will see it, by the code that publishing uses."""
        lesson = self._lesson(request, object_id)
        content = content_of_draft(lesson.activity.course_id)
        names = names_of(current_framework_id())
        found = next((candidate for candidate in content.lessons() if candidate.id == lesson.pk), None)
        if found is None:
            raise Http404
        found = replace(found, skills={code: level for code, level in found.skills.items() if code in names.skills})
        language = request.GET.get("language") or content.source_language
        return render(
            request,
            "courses/admin/preview.html",
            {
                **self.admin_site.each_context(request),
                "title": _("Preview"),
                "opts": self.opts,
                "lesson": lesson,
                "language": language,
                "languages": list(dict.fromkeys([*content.languages, *found.texts])),
                "document": lesson_document(language, content, found) if language in found.texts else None,
                "skills": [names.skill(code, level, language) for code, level in sorted(found.skills.items())],
            },
        )

    def _lesson(self, request: HttpRequest, object_id: str) -> Lesson:
        lesson = self.get_object(request, object_id)
        if lesson is None:
            raise Http404
        if not self.has_view_permission(request, lesson):
            raise PermissionDenied
        return lesson
