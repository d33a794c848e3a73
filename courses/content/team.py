"""Who sees and changes the draft of a course: its team. What is published, everybody reads.

A superuser may do everything. A course belongs to an authority; the administrators of that state invite trainers of their own
state into its team, and never read or write a draft by that.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from courses.content.models import Authority, Course, CourseMember

Role = CourseMember.Role


@dataclass(frozen=True)
class Rights:
    """What a person may do with one course's draft.

    translates, reviews: the languages in which texts may be written, or marked as reviewed. Writers may do both in all.
    """

    sees: bool
    writes: bool
    publishes: bool
    invites: bool
    translates: frozenset[str] = frozenset()
    reviews: frozenset[str] = frozenset()

    def may_translate(self, language: str) -> bool:
        """Whether the person may write the text of a language."""
        return self.writes or language in self.translates

    def may_review(self, language: str) -> bool:
        """Whether the person may mark a text of a language as reviewed."""
        return self.writes or language in self.reviews


NOTHING = Rights(sees=False, writes=False, publishes=False, invites=False)
EVERYTHING = Rights(sees=True, writes=True, publishes=True, invites=True)


def rights_by_roles(memberships: Iterable[tuple[str, str | None]]) -> Rights:
    """Return what somebody with these (role, language) may do. Pure."""
    held = list(memberships)
    roles = {role for role, _ in held}
    writes = bool(roles & {Role.OWNER, Role.AUTHOR})
    return Rights(
        sees=bool(roles),
        writes=writes,
        publishes=writes,
        invites=Role.OWNER in roles,
        translates=frozenset(language for role, language in held if role == Role.TRANSLATOR and language),
        reviews=frozenset(language for role, language in held if role == Role.REVIEWER and language),
    )


def rights(user: Any, course_id: UUID) -> Rights:
    """What a user may do with the draft of a course, in one query."""
    if not user.is_active or not user.is_staff:
        return NOTHING
    if user.is_superuser:
        return EVERYTHING
    return rights_by_roles(CourseMember.objects.filter(course=course_id, user=user).values_list("role", "language"))


def drafts_of(user: Any) -> QuerySet[Course]:
    """The courses whose drafts a user sees."""
    if user.is_active and user.is_superuser:
        return Course.objects.all()
    return Course.objects.filter(pk__in=CourseMember.objects.filter(user=user).values("course"))


def invitable_courses(user: Any) -> QuerySet[Course]:
    """The courses into whose team a user may invite: those that the user owns, and for a state's administrator all of the state.

    That a user is a state's administrator is told by the permission to change teams and a state.
    """
    if user.is_active and user.is_superuser:
        return Course.objects.all()
    owned = Q(pk__in=CourseMember.objects.filter(user=user, role=Role.OWNER).values("course"))
    if user.member_state_id and user.has_perm("courses.invite_coursemember"):
        owned |= Q(authority=user.member_state_id)
    return Course.objects.filter(owned)


def authority_of(user: Any) -> str:
    """The authority that a course made by a user belongs to: the user's state, or the region."""
    return user.member_state_id or Authority.REGIONAL
