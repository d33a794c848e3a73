"""The marking queue: what waits, one work at a time, its rubric, a mark. Nothing here shows whose work it is."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminTextareaWidget

from assessments.admin.items import KeysStayInside
from assessments.files.selectors import headers
from assessments.marking import selectors, services
from assessments.marking.models import MarkingTask
from assessments.marking.selectors import Work
from common import clock
from common.errors import DomainError, NotFound
from common.ids import new_id
from common.read_only import ReadOnly


class MarkForm(forms.Form):
    """Points and a comment for each criterion of a work, and what is to be said about the whole."""

    # Made with the page, so that a mark that is sent twice is given once.
    mark_id = forms.UUIDField(widget=forms.HiddenInput)
    reason = forms.CharField(
        label="About the whole work",
        max_length=services.MAX_COMMENT_LENGTH,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
        help_text="What speaks for this mark. The learner may read it.",
    )

    def __init__(self, work: Work, data: Any = None) -> None:
        super().__init__(data, initial={"mark_id": new_id()})
        self.work = work
        for criterion in work.criteria:
            self.fields[f"points__{criterion.id}"] = forms.TypedChoiceField(
                label=criterion.title,
                coerce=int,
                choices=[(level.points, level.text) for level in criterion.levels],
                widget=forms.RadioSelect,
                error_messages={"required": "Choose a level."},
            )
            self.fields[f"comment__{criterion.id}"] = forms.CharField(
                label="Comment",
                required=False,
                max_length=services.MAX_COMMENT_LENGTH,
                widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
            )

    def criteria(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        """The fields of each criterion: points and comment."""
        return [(self[f"points__{criterion.id}"], self[f"comment__{criterion.id}"]) for criterion in self.work.criteria]

    def given(self) -> dict[str, Any]:
        """What the service takes."""
        return {
            "mark_id": self.cleaned_data["mark_id"],
            "points": {criterion.id: self.cleaned_data[f"points__{criterion.id}"] for criterion in self.work.criteria},
            "comments": {
                criterion.id: self.cleaned_data[f"comment__{criterion.id}"] for criterion in self.work.criteria
            },
            "reason": self.cleaned_data["reason"],
        }


@admin.register(MarkingTask)
class MarkingTaskAdmin(ReadOnly, KeysStayInside, ModelAdmin):
    """The list holds what this person may mark; a work's page shows it once it is taken on."""

    list_display = ("work", "item", "language", "since", "state")
    list_filter = ("language",)
    list_select_related = ("attempt_item__revision__item",)
    list_per_page = 50
    search_fields = ("code",)
    show_full_result_count = False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_view_permission(request, obj) and request.user.has_perm("assessments.mark_markingtask")

    def get_queryset(self, request: HttpRequest) -> QuerySet[MarkingTask]:
        return selectors.queue(marker_id=_marker(request), now=clock.now())

    @admin.display(description="task")
    def item(self, task: MarkingTask) -> str:
        return str(task.attempt_item.revision.item)

    @admin.display(description="work", ordering="code")
    def work(self, task: MarkingTask) -> SafeString:
        return format_html('<span class="text-primary-600 dark:text-primary-500 underline">{}</span>', task.code)

    @admin.display(description="waiting since", ordering="day")
    def since(self, task: Any) -> date:
        # An instant would show which works were submitted together.
        day: date = task.day
        return day

    @admin.display(description="state")
    def state(self, task: Any) -> str:
        taken = "taken on by you" if task.mine else "waiting"
        return f"{taken}; your mark decides" if task.disputed else taken

    def get_urls(self) -> list[URLPattern]:
        file = path(
            "<uuid:task_id>/files/<uuid:file_id>/",
            self.admin_site.admin_view(self.file_view),
            name="assessments_markingtask_file",
        )
        return [file, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        task = self.get_object(request, object_id)
        if task is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if request.method == "POST":
            return self._post(request, task)
        return self._page(request, task)

    def file_view(self, request: HttpRequest, task_id: UUID, file_id: UUID) -> HttpResponse:
        """A file of a work that this person has taken on; to be saved, never shown."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            file = selectors.file_of_work(file_id=file_id, task_id=task_id, marker_id=_marker(request), now=clock.now())
        except NotFound as error:
            raise Http404 from error
        return HttpResponse(file.body, content_type=file.media_type, headers=headers(file))

    def _post(self, request: HttpRequest, task: MarkingTask) -> HttpResponse:
        here = reverse("admin:assessments_markingtask_change", args=[task.pk])
        marker = _marker(request)
        try:
            if "take_on" in request.POST:
                services.claim(task_id=task.pk, marker_id=marker, now=clock.now())
                return HttpResponseRedirect(here)
            if "put_back" in request.POST:
                services.release(task_id=task.pk, marker_id=marker)
                messages.success(request, f"{task.code} is back in the queue.")
                return HttpResponseRedirect(_queue())
            # The claim of a page that was left open has run out; it still holds while nobody else has claimed the work.
            services.claim(task_id=task.pk, marker_id=marker, now=clock.now())
            form = MarkForm(self._work(request, task), request.POST)
            if not form.is_valid():
                return self._page(request, task, form)
            services.give_mark(task_id=task.pk, marker_id=marker, now=clock.now(), **form.given())
        except DomainError as error:
            messages.error(request, f"{task.code}: {error.title}. {error.detail}".rstrip())
            return HttpResponseRedirect(_queue())
        messages.success(request, f"{task.code} is marked. Thank you.")
        return HttpResponseRedirect(_queue())

    def _work(self, request: HttpRequest, task: MarkingTask) -> Work:
        return selectors.work(task_id=task.pk, marker_id=_marker(request), now=clock.now())

    def _page(self, request: HttpRequest, task: MarkingTask, form: MarkForm | None = None) -> HttpResponse:
        try:
            work = self._work(request, task)
        except NotFound:
            work = None
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"Work {task.code}",
            "task": task,
            "work": work,
            "form": form or (MarkForm(work) if work else None),
            "queue": _queue(),
        }
        return TemplateResponse(request, "admin/assessments/mark.html", context)


def _marker(request: HttpRequest) -> UUID:
    return UUID(str(request.user.pk))


def _queue() -> str:
    return reverse("admin:assessments_markingtask_changelist")
