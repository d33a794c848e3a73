"""A course's draft on one page, its team on another; checking and publishing on a third."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from unfold.admin import StackedInline, TabularInline
from unfold.decorators import action, display
from unfold.widgets import (
    UnfoldAdminSelect2MultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from common.errors import DomainError
from courses.admin.authoring import (
    AuditedAdmin,
    OfTeam,
    SortedForm,
    SortedFormSet,
    TextInline,
    free_slug,
    language_choices,
    renumber,
    rights_of,
)
from courses.admin.publishing import PublishingPage
from courses.admin.seen import SEEN_TEMPLATE, SeenForm
from courses.content import services, team
from courses.content.models import (
    Activity,
    Course,
    CourseMember,
    CourseText,
    Lesson,
    LessonText,
    Module,
    ModuleText,
    TextStatus,
)
from courses.publishing.models import Edition


class CourseForm(SeenForm):
    source_language = forms.ChoiceField(choices=language_choices, widget=UnfoldAdminSelectWidget)
    wanted_languages = forms.MultipleChoiceField(
        choices=language_choices,
        widget=UnfoldAdminSelect2MultipleWidget,
        label="languages",
        help_text="An edition is offered in those in which every text is there.",
    )

    class Meta:
        model = Course
        fields: tuple[str, ...] = (
            "slug",
            "authority",
            "source_language",
            "wanted_languages",
            "licence",
            "attribution",
            "requires_assessment",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # A variant that was loaded from files, such as ms-Arab, stays a choice.
        known = {tag for tag, _name in language_choices()}
        more = [(tag, tag) for tag in (self.instance.wanted_languages or []) if tag not in known]
        for name in ("source_language", "wanted_languages"):
            if name in self.fields:
                self.fields[name].choices = [*language_choices(), *more]  # type: ignore[attr-defined]


class NewCourseForm(CourseForm):
    """What is needed to begin: the rest is written on the course's page."""

    title = forms.CharField(max_length=200, widget=UnfoldAdminTextInputWidget)

    class Meta(CourseForm.Meta):
        fields = ("source_language", "wanted_languages")

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or {}
        source, wanted = cleaned.get("source_language"), cleaned.get("wanted_languages")
        if source and wanted and source not in wanted:
            cleaned["wanted_languages"] = [source, *wanted]
        return cleaned


class CourseTextInline(TextInline, StackedInline):
    model = CourseText
    fields = (("language", "status"), "title", "summary", "meaning_unchanged")
    collapsible = True
    verbose_name = "language"
    verbose_name_plural = "titles and summaries (open a row to edit)"


class ModuleTextInline(TextInline, TabularInline):
    model = ModuleText
    fields = ("language", "title", "status", "meaning_unchanged")
    hide_title = True
    classes = ("collapse",)
    verbose_name = "language"
    verbose_name_plural = "titles of the module"


class ActivityForm(SortedForm):
    """A new lesson is named by its title; what it says is written on its own page."""

    title = forms.CharField(required=False, max_length=200, widget=UnfoldAdminTextInputWidget)

    class Meta:
        model = Activity
        fields = ("position",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:
            self.fields["title"].disabled = True
            self.initial["title"] = self.instance.get_inline_title()


class ActivityFormSet(SortedFormSet):
    def save_new(self, form: Any, commit: bool = True) -> Activity:
        """A lesson, with its title in the source language."""
        activity: Activity = super().save_new(form, commit=False)
        module: Module = self.instance
        course = module.course
        title = form.cleaned_data.get("title") or _("New lesson")
        taken = set(Activity.objects.filter(course=course).values_list("slug", flat=True))
        activity.course, activity.module, activity.kind = course, module, Activity.Kind.LESSON
        activity.slug = free_slug(title, taken, "lesson")
        activity.save()
        lesson = Lesson.objects.create(activity=activity)
        LessonText.objects.create(lesson=lesson, language=course.source_language, title=title, body="")
        return activity


class ActivityInline(OfTeam, TabularInline):
    model = Activity
    form = ActivityForm
    formset = ActivityFormSet
    fields = ("position", "title", "minutes", "open")
    readonly_fields = ("minutes", "open")
    ordering_field = "position"
    ordering = ("position", "id")
    extra = 0
    verbose_name = "lesson"
    verbose_name_plural = "lessons and quizzes"

    @display(description="minutes")
    def minutes(self, activity: Activity) -> str:
        lesson = getattr(activity, "lesson", None) if activity.kind == Activity.Kind.LESSON else None
        return str(lesson.minutes) if lesson is not None else ""

    @display(description="texts and skills")
    def open(self, activity: Activity) -> str:
        if activity._state.adding:
            return _("after saving")
        return format_html(
            '<a class="text-primary-600 dark:text-primary-500 underline" href="{}">{}</a>',
            reverse(
                f"admin:{'courses_lesson' if activity.kind == 'lesson' else 'assessments_quiz'}_change",
                args=[activity.pk],
            ),
            _("Open"),
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Activity]:
        title = LessonText.objects.filter(lesson=OuterRef("pk"), language=OuterRef("course__source_language")).values(
            "title"
        )[:1]
        activities = super().get_queryset(request).filter(removed_at__isnull=True)
        return activities.select_related("course", "lesson").annotate(inline_title=Subquery(title))


class ModuleInline(OfTeam, StackedInline):
    model = Module
    form = SortedForm
    formset = SortedFormSet
    fields = ("position",)
    ordering_field = "position"
    ordering = ("position", "id")
    extra = 0
    inlines = (ActivityInline, ModuleTextInline)
    verbose_name_plural = "modules and their lessons"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Module]:
        title = ModuleText.objects.filter(module=OuterRef("pk"), language=OuterRef("course__source_language")).values(
            "title"
        )[:1]
        modules = super().get_queryset(request).filter(removed_at__isnull=True)
        return modules.select_related("course").annotate(inline_title=Subquery(title))


class MemberForm(forms.Form):
    username = forms.CharField(max_length=150, widget=UnfoldAdminTextInputWidget, label="user name")
    role = forms.ChoiceField(
        choices=CourseMember.Role.choices, initial=CourseMember.Role.AUTHOR, widget=UnfoldAdminSelectWidget
    )
    language = forms.ChoiceField(
        choices=lambda: [("", "—"), *language_choices()],
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text="Of a translator or reviewer.",
    )

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or {}
        users = get_user_model()._default_manager.filter(is_staff=True, is_active=True)
        self.user = users.filter(username=cleaned.get("username", "")).first()
        if cleaned.get("username") and self.user is None:
            self.add_error("username", _("There is nobody on the staff with this user name."))
        of_language = cleaned.get("role") in (CourseMember.Role.TRANSLATOR, CourseMember.Role.REVIEWER)
        if of_language and not cleaned.get("language"):
            self.add_error("language", _("Say which language this person translates or reviews."))
        if not of_language:
            cleaned["language"] = ""
        return cleaned


@admin.register(Course)
class CourseAdmin(PublishingPage, OfTeam, AuditedAdmin):
    """The draft of a course. Its team reads it; what has been published is read on the pages of its editions."""

    list_display = ("title", "slug", "authority", "languages", "published")
    list_filter = ("authority",)
    search_fields = ("slug", "texts__title")
    inlines = (CourseTextInline, ModuleInline)
    actions_detail = ("publishing", "members")
    change_form_before_template = SEEN_TEMPLATE
    warn_unsaved_form = True

    class Media:
        js = ("courses/admin/sort.js", "courses/admin/open.js")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        kwargs["form"] = NewCourseForm if obj is None else CourseForm
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return ((None, {"fields": ("title", "source_language", "wanted_languages")}),)
        return (
            (None, {"fields": (("source_language", "requires_assessment"), "wanted_languages")}),
            (
                _("More"),
                {"classes": ("collapse",), "fields": (("slug", "authority"), ("licence", "attribution"))},
            ),
        )

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return () if obj is None else self.inlines

    def get_readonly_fields(self, request: HttpRequest, obj: Course | None = None) -> tuple[str, ...]:
        if obj is None or rights_of(request, obj).writes:
            return () if request.user.is_superuser else ("authority",)
        return (
            "slug",
            "authority",
            "source_language",
            "wanted_languages",
            "licence",
            "attribution",
            "requires_assessment",
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Course]:
        title = CourseText.objects.filter(course=OuterRef("pk"), language=OuterRef("source_language")).values("title")[
            :1
        ]
        running = Edition.objects.filter(course=OuterRef("pk"), status=Edition.Status.PUBLISHED).values("number")[:1]
        theirs = team.drafts_of(request.user) | team.invitable_courses(request.user)
        return (
            super()
            .get_queryset(request)
            .filter(pk__in=theirs.values("pk"))
            .annotate(source_title=Subquery(title), running_number=Subquery(running))
        )

    @display(description="title", ordering="source_title")
    def title(self, course: Any) -> str:
        return course.source_title or course.slug

    @display(description="languages")
    def languages(self, course: Course) -> str:
        return ", ".join(course.wanted_languages)

    @display(description="published")
    def published(self, course: Any) -> str:
        return _("edition {number}").format(number=course.running_number) if course.running_number else "—"

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is None:
            return bool(request.user.has_perm("courses.view_course"))
        return super().has_view_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Translators and reviewers save the page too; what they may change is told by each field and text."""
        if obj is None:
            return bool(request.user.has_perm("courses.view_course"))
        given = rights_of(request, obj)
        return given.writes or bool(given.translates or given.reviews)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("courses.add_course"))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A course that was never proposed may go; whoever owns it decides."""
        return obj is not None and rights_of(request, obj).invites and not obj.editions.exists()

    def changeform_view(self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any) -> Any:
        """Whoever may only invite people finds the team's page."""
        if object_id and request.method == "GET":
            course = self.get_object(request, object_id)
            if course is not None and not rights_of(request, course).sees:
                return HttpResponseRedirect(reverse("admin:courses_course_members", args=[course.pk]))
        return super().changeform_view(request, object_id, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Course, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        title = form.cleaned_data["title"]
        taken = set(Course.objects.values_list("slug", flat=True))
        obj.slug = free_slug(title, taken, "course")
        obj.authority_id = team.authority_of(request.user)
        super().save_model(request, obj, form, change)
        CourseText(course=obj, language=obj.source_language, title=title, status=TextStatus.SOURCE).save()
        services.make_owner(course_id=obj.pk, user=request.user)

    def response_add(self, request: HttpRequest, obj: Course, post_url_continue: str | None = None) -> HttpResponse:
        messages.success(request, _("The course is begun. Add modules and lessons here."))
        return HttpResponseRedirect(reverse("admin:courses_course_change", args=[obj.pk]))

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        modules = list(Module.objects.filter(course=form.instance, removed_at__isnull=True).order_by("position", "id"))
        renumber(modules)
        activities = list(
            Activity.objects.filter(module__in=modules, removed_at__isnull=True).order_by("position", "id")
        )
        for module in modules:
            renumber([activity for activity in activities if activity.module_id == module.pk])

    def course_for(self, request: HttpRequest, object_id: str) -> Course:
        """The course of a page below it.

        Raises:
            Http404: the person sees no such course.
        """
        course = self.get_object(request, object_id)
        if course is None:
            raise Http404
        return course

    @action(description="Team", url_path="members", icon="group", permissions=["view_members"])
    def members(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Who works on the course; owners and the state's administrators invite, and take a role away again."""
        course = self.course_for(request, object_id)
        form = MemberForm(request.POST if request.POST.get("do") == "invite" else None)
        invites = team.invitable_courses(request.user).filter(pk=course.pk).exists()
        if request.method == "POST":
            if not invites:
                raise PermissionDenied
            try:
                if request.POST.get("do") == "dismiss":
                    services.dismiss(member_id=int(request.POST.get("member", "0")), by=request.user)
                    return HttpResponseRedirect(request.path)
                if form.is_valid():
                    services.invite(
                        course_id=course.pk,
                        by=request.user,
                        user=form.user,
                        role=form.cleaned_data["role"],
                        language=form.cleaned_data["language"] or None,
                    )
                    return HttpResponseRedirect(request.path)
            except DomainError as error:
                messages.error(request, str(error.title))
        return render(
            request,
            "courses/admin/members.html",
            {
                **self.admin_site.each_context(request),
                "title": _("Team"),
                "opts": self.opts,
                "course": course,
                "may_open": rights_of(request, course).sees,
                "invites": invites,
                "form": form,
                "members": CourseMember.objects.filter(course=course).select_related("user").order_by("role", "pk"),
            },
        )

    def has_view_members_permission(self, request: HttpRequest, object_id: str | UUID | None = None) -> bool:
        return bool(request.user.is_staff)
