"""Editions as they were published: the log of a course, and what each said."""

from __future__ import annotations

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from unfold.decorators import action, display

from common.read_only import ReadOnly
from courses.admin.authoring import AuditedAdmin
from courses.content.team import drafts_of
from courses.publishing.compiling import lesson_document
from courses.publishing.models import Edition
from courses.publishing.selectors import content_of_edition


@admin.register(Edition)
class EditionAdmin(ReadOnly, AuditedAdmin):
    """Nothing is changed here. What is published is for everybody on the staff; what is proposed, for the course's team."""

    list_display = ("course", "number", "state", "offered_in", "published_at", "retired_at")
    list_filter = ("status",)
    list_select_related = ("course",)
    search_fields = ("course__slug",)
    fields = (
        ("course", "number", "state"),
        ("default_language", "offered_in", "framework"),
        "note",
        ("proposed_by", "proposed_at"),
        ("approved_by", "approved_at"),
        ("publish_at", "published_at", "retired_at"),
    )
    readonly_fields = ("state", "offered_in")
    actions_detail = ("as_it_was",)

    @display(
        description="status",
        ordering="status",
        label={"proposed": "warning", "published": "success", "retired": "info"},
    )
    def state(self, edition: Edition) -> str:
        return edition.status

    @display(description="languages")
    def offered_in(self, edition: Edition) -> str:
        return ", ".join(edition.languages)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Edition]:
        editions = super().get_queryset(request)
        theirs = editions.filter(course__in=drafts_of(request.user).values("pk"))
        return editions.exclude(status=Edition.Status.PROPOSED) | theirs

    @action(description="As it was", url_path="as-it-was", icon="history")
    def as_it_was(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What the edition says, in one language, as learners read it."""
        edition = self.get_object(request, object_id)
        if edition is None:
            raise Http404
        if not self.has_view_permission(request, edition):
            raise PermissionDenied
        content = content_of_edition(edition.pk)
        language = request.GET.get("language", "")
        language = language if language in content.languages else content.source_language
        return render(
            request,
            "courses/admin/edition.html",
            {
                **self.admin_site.each_context(request),
                "title": _("As it was"),
                "opts": self.opts,
                "edition": edition,
                "language": language,
                "languages": content.languages,
                "words": content.texts[language],
                "modules": [
                    (module.texts[language], [lesson_document(language, content, lesson) for lesson in module.lessons])
                    for module in content.modules
                ],
            },
        )
