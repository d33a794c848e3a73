"""Checking and publishing a course: findings, what differs, proposal, approval, publication; editions and removed parts."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from unfold.decorators import action

from common.errors import DomainError
from courses.admin.authoring import rights_of
from courses.content.draft import content_of_draft
from courses.content.models import Course
from courses.content.services import put_back, removed_parts
from courses.content.values import CourseContent
from courses.publishing import selectors, services
from courses.publishing.differences import Difference, differences
from courses.publishing.models import Edition


class PublishingPage:
    """For the admin of courses: its page about publishing."""

    @action(description="Check and publish", url_path="publishing", icon="publish", permissions=["see_publishing"])
    def publishing(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The check list and what differs from what is published; a POST does what its button says, by the services."""
        course: Course = self.course_for(request, object_id)  # type: ignore[attr-defined]
        given = rights_of(request, course)
        if not given.sees:
            raise PermissionDenied
        if request.method == "POST":
            if not given.publishes:
                raise PermissionDenied
            try:
                told = _do(request, course)
            except DomainError as error:
                messages.error(request, str(error.title))
            except ValueError:
                messages.error(request, _("That was not understood; nothing was changed."))
            else:
                messages.success(request, told)
                return HttpResponseRedirect(request.path)
        return self._show(request, course)

    def has_see_publishing_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return bool(request.user.is_staff)

    def _show(self, request: HttpRequest, course: Course) -> HttpResponse:
        content = content_of_draft(course.pk)
        findings = selectors.check_content(content, selectors.current_framework_id())
        editions = list(course.editions.select_related("proposed_by", "approved_by").order_by("-number"))
        running = next((edition for edition in editions if edition.status == Edition.Status.PUBLISHED), None)
        proposed = next((edition for edition in editions if edition.status == Edition.Status.PROPOSED), None)
        return render(
            request,
            "courses/admin/publishing.html",
            {
                **self.admin_site.each_context(request),  # type: ignore[attr-defined]
                "title": _("Check and publish"),
                "opts": self.opts,  # type: ignore[attr-defined]
                "course": course,
                "blocking": [finding for finding in findings if finding.blocking],
                "advice": [finding for finding in findings if not finding.blocking],
                "changes": _changes(content, running),
                "seen": selectors.draft_digest(content),
                "running": running,
                "proposed": proposed,
                "editions": editions,
                "removed": removed_parts(course.pk),
                "second_person": course.authority.second_person_publishes,
                "own_proposal": proposed is not None and proposed.proposed_by_id == request.user.pk,
                "may_publish": rights_of(request, course).publishes,
                "note": request.POST.get("note", ""),
            },
        )


def _changes(content: CourseContent, running: Edition | None) -> list[Difference]:
    """What the draft says otherwise than the published edition; nothing before the first one."""
    return differences(selectors.as_frozen(running.pk), content) if running is not None else []


def _do(request: HttpRequest, course: Course) -> str:
    """Do what the button says; return what to tell."""
    wanted, actor, user_id = request.POST.get("do"), str(request.user.pk), _id(request.user.pk)
    edition_id = _id(request.POST["edition"]) if request.POST.get("edition") else None
    if edition_id is not None and not course.editions.filter(pk=edition_id).exists():
        raise ValueError
    match wanted:
        case "propose" | "publish_draft":
            proposed = services.propose(
                course_id=course.pk,
                actor=actor,
                seen=request.POST.get("seen") or None,
                note=request.POST.get("note", ""),
                substantial=frozenset(map(_id, request.POST.getlist("substantial"))),
                proposed_by=user_id,
            )
            if wanted == "propose":
                return _("The edition is proposed. Nobody but the team can read it yet.")
            services.publish(edition_id=proposed, actor=actor)
            return _("The edition is published.")
        case "approve" if edition_id:
            services.approve(edition_id=edition_id, actor=actor, approved_by=user_id)
            return _("The proposal is approved.")
        case "publish" if edition_id:
            services.publish(edition_id=edition_id, actor=actor)
            return _("The edition is published.")
        case "schedule" if edition_id:
            services.schedule(
                edition_id=edition_id, publish_at=_instant(request.POST.get("publish_at", "")), actor=actor
            )
            return _("The edition will be published at that time.")
        case "withdraw" if edition_id:
            services.withdraw(edition_id=edition_id, actor=actor)
            return _("The proposal is withdrawn. The draft is as it was.")
        case "restore" if edition_id:
            services.restore(edition_id=edition_id, actor=actor, changed_by=user_id)
            return _("The draft says what that edition said.")
        case "discard":
            services.discard(course_id=course.pk, actor=actor, changed_by=user_id)
            return _("The draft says what is published.")
        case "put_back":
            put_back(course_id=course.pk, thing_id=_id(request.POST.get("thing", "")), actor=actor)
            return _("It is back, in the last place.")
    raise ValueError


def _id(given: Any) -> UUID:
    return UUID(str(given))


def _instant(given: str) -> datetime | None:
    """A local time of the person's page as an instant; None takes the time back."""
    if not given.strip():
        return None
    found = parse_datetime(given.strip())
    if found is None:
        raise ValueError
    return found if timezone.is_aware(found) else timezone.make_aware(found)
