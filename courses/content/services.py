"""Changing a draft: who works on it, what is removed and put back, and what a translation was made from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from common import clock
from common.errors import Conflict, DomainError, NotFound
from courses.content.models import (
    Activity,
    Course,
    CourseMember,
    LanguageText,
    Module,
    SourceText,
    TextStatus,
)
from courses.content.team import Role, invitable_courses
from courses.content.values import digest_of
from privacy import public as privacy


class NotYours(DomainError):
    """The person may not do this with the course."""

    code, status, title = "course_not_yours", 403, _("You are not allowed to do this with this course")


class LastOwner(Conflict):
    """A course without an owner could be changed by nobody."""

    code, title = "course_last_owner", _("A course keeps at least one owner: name another one first")


class OfAnotherState(Conflict):
    """A state's administrator invites trainers of the own state only."""

    code, title = "course_member_of_another_state", _("You can invite people of your own state only")


class SlugTaken(Conflict):
    """Another part of the course has the slug that this one had."""

    code, title = "course_slug_taken", _("Another lesson or quiz of the course has this short name now")


def hold_draft(course_id: UUID) -> None:
    """Hold a course for a change of its draft: who writes it and who proposes it wait for each other.

    Raises:
        NotFound: there is no such course.
    """
    if not Course.objects.select_for_update(of=("self",), no_key=True).filter(pk=course_id).exists():
        raise NotFound()


@transaction.atomic
def make_owner(*, course_id: UUID, user: Any) -> None:
    """Whoever makes a course owns it."""
    CourseMember.objects.get_or_create(course_id=course_id, user=user, role=Role.OWNER, language=None)


@transaction.atomic
def invite(*, course_id: UUID, by: Any, user: Any, role: str, language: str | None = None) -> None:
    """Take a person of the staff into a course's team; a second call changes nothing.

    Args:
        by: the user who invites: an owner, or an administrator of the course's authority.
        language: of a translator or reviewer.

    Raises:
        NotYours: `by` may not invite into this course.
        OfAnotherState: `by` is an administrator, and the person is of another state.
    """
    if not invitable_courses(by).filter(pk=course_id).exists():
        raise NotYours()
    owns = by.is_superuser or CourseMember.objects.filter(course=course_id, user=by, role=Role.OWNER).exists()
    if not owns and user.member_state_id != by.member_state_id:
        raise OfAnotherState()
    _, created = CourseMember.objects.get_or_create(course_id=course_id, user=user, role=role, language=language)
    if created:
        privacy.audit(
            actor=str(by.pk),
            action="invite",
            subject_kind="courses.course",
            subject_id=str(course_id),
            user=str(user.pk),
            role=role,
        )


@transaction.atomic
def dismiss(*, member_id: int, by: Any) -> None:
    """Take a role in a course's team away again. Who is gone already is gone.

    Raises:
        NotYours: `by` may not decide on this team.
        LastOwner: nobody would own the course.
    """
    member = CourseMember.objects.filter(pk=member_id).first()
    if member is None:
        return
    Course.objects.select_for_update(no_key=True).get(pk=member.course_id)
    if not invitable_courses(by).filter(pk=member.course_id).exists():
        raise NotYours()
    owners = CourseMember.objects.filter(course=member.course_id, role=Role.OWNER).exclude(pk=member.pk)
    if member.role == Role.OWNER and not owners.exists():
        raise LastOwner()
    member.delete()
    privacy.audit(
        actor=str(by.pk),
        action="dismiss",
        subject_kind="courses.course",
        subject_id=str(member.course_id),
        user=str(member.user_id),
        role=member.role,
    )


def remove(things: Iterable[Module | Activity]) -> None:
    """Mark modules or activities as removed; what stands in a module goes with it. It can be put back."""
    now = clock.now()
    for thing in things:
        if isinstance(thing, Module):
            Activity.objects.filter(module=thing, removed_at__isnull=True).update(removed_at=now, position=None)
        type(thing)._default_manager.filter(pk=thing.pk, removed_at__isnull=True).update(removed_at=now, position=None)


@transaction.atomic
def put_back(*, course_id: UUID, thing_id: UUID, actor: str) -> None:
    """Undo a removal: the module or activity stands last. A module comes with what was removed together with it.

    Raises:
        NotFound: nothing that was removed from this course has that id.
        SlugTaken: another activity has the slug now.
    """
    hold_draft(course_id)
    module = Module.objects.filter(pk=thing_id, course=course_id, removed_at__isnull=False).first()
    if module is not None:
        together = Activity.objects.filter(module=module, removed_at=module.removed_at).order_by("pk")
        last = Module.objects.filter(course=course_id).aggregate(last=Max("position"))["last"]
        Module.objects.filter(pk=module.pk).update(removed_at=None, position=0 if last is None else last + 1)
        for activity in together:
            _put_back(activity)
    else:
        found = Activity.objects.filter(pk=thing_id, course=course_id, removed_at__isnull=False).first()
        if found is None:
            raise NotFound()
        _put_back(found)
    privacy.audit(
        actor=actor, action="put_back", subject_kind="courses.course", subject_id=str(course_id), part=str(thing_id)
    )


def _put_back(activity: Activity) -> None:
    others = Activity.objects.filter(course=activity.course_id, removed_at__isnull=True)
    if others.filter(slug=activity.slug).exists():
        raise SlugTaken()
    if activity.module.removed_at is not None:
        last = Module.objects.filter(course=activity.course_id).aggregate(last=Max("position"))["last"]
        Module.objects.filter(pk=activity.module_id).update(removed_at=None, position=0 if last is None else last + 1)
    last = Activity.objects.filter(module=activity.module_id).aggregate(last=Max("position"))["last"]
    Activity.objects.filter(pk=activity.pk).update(removed_at=None, position=0 if last is None else last + 1)


def removed_parts(course_id: UUID) -> list[Module | Activity]:
    """What was removed from a course and can be put back, the last one first; a module stands for what went with it."""
    modules = list(Module.objects.filter(course=course_id, removed_at__isnull=False).prefetch_related("texts"))
    gone = {module.pk: module.removed_at for module in modules}
    activities = Activity.objects.filter(course=course_id, removed_at__isnull=False).prefetch_related("lesson__texts")
    alone = [activity for activity in activities if gone.get(activity.module_id) != activity.removed_at]
    return sorted([*modules, *alone], key=lambda thing: str(thing.removed_at), reverse=True)


def written(text: LanguageText, *, source_language: str, by: Any, siblings: Any) -> None:
    """Note on a text that was written, before it is saved, who wrote it and which source text it was made from.

    Args:
        siblings: the texts of the same thing in all languages.
    """
    text.changed_at, text.changed_by = clock.now(), by
    text.reviewed_at, text.reviewed_by = (text.changed_at, by) if text.status == TextStatus.REVIEWED else (None, None)
    if text.language == source_language:
        text.source = None
        return
    source = siblings.filter(language=source_language).first()
    text.source = remembered(source) if source is not None else None


def remembered(source: LanguageText) -> SourceText:
    """The present source text as translations point at it."""
    words = source.words()
    kept, _ = SourceText.objects.get_or_create(digest=digest_of(words), defaults={"body": words})
    return kept


def keep_meaning(source: LanguageText, *, before: str, siblings: Any) -> int:
    """Say that a changed source text means what it meant: translations that were fresh are so again. Return how many.

    Args:
        before: the digest of the source text as it was.
    """
    fresh = siblings.exclude(pk=source.pk).filter(source=before)
    return int(fresh.update(source=remembered(source)))
