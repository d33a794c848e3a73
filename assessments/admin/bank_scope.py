"""Who sees and changes the items of a bank: the team of its course, whatever their state. Keys are in every item."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest

from accounts.admin_scope import limited_to
from assessments.items.models import Bank, Item, ItemRevision
from common.admin_links import LinksWhatOpens
from courses import public as courses


def banks_seen_by(user: Any) -> QuerySet[Bank]:
    """The banks of the courses in whose team a user is, their own and those that they share; all of them for a superuser."""
    if user.is_active and user.is_superuser:
        return Bank.objects.all()
    own = courses.drafts_of(user).values("pk")
    shared = Bank.objects.filter(uses__course__in=own, uses__ended_at__isnull=True).values("pk")
    return Bank.objects.filter(Q(course__in=own) | Q(pk__in=shared))


def may_write(user: Any, bank: Bank) -> bool:
    """Whether a user may write items: in a course's bank its writers; in a shared one whoever is of its authority and sees it."""
    if user.is_active and user.is_superuser:
        return True
    if bank.course_id is not None:
        return courses.rights(user, bank.course_id).writes
    of_authority = limited_to(user) in ((bank.authority_id,) if bank.authority_id != "regional" else (None,))
    return of_authority and banks_seen_by(user).filter(pk=bank.pk).exists()


class OfTheTeam(LinksWhatOpens):
    """For admins of what is in banks. Whoever is limited to a state and is in no team finds nothing there at all.

    bank_path: the ORM path from the model to its bank, or to the bank's id.
    """

    bank_path = "bank"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)  # type: ignore[misc]
        if request.user.is_superuser:
            return rows
        return rows.filter(**{f"{self.bank_path}__in": banks_seen_by(request.user).values("pk")})

    def _may_enter(self, request: HttpRequest) -> bool:
        return limited_to(request.user) is None or courses.drafts_of(request.user).exists()

    def _bank(self, thing: Any) -> Bank | None:
        """The bank of an item or a revision; Unfold asks by an item's id."""
        if isinstance(thing, ItemRevision):
            return thing.item.bank
        if thing is not None and not isinstance(thing, Item):
            thing = Item.objects.select_related("bank").filter(pk=thing).first()
        return thing.bank if thing is not None else None

    def _sees(self, request: HttpRequest, thing: Any) -> bool:
        bank = self._bank(thing)
        if bank is None:
            return self._may_enter(request)
        return banks_seen_by(request.user).filter(pk=bank.pk).exists()

    def has_module_permission(self, request: HttpRequest) -> bool:
        return super().has_module_permission(request) and self._may_enter(request)  # type: ignore[misc]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_view_permission(request, obj) and self._sees(request, obj)  # type: ignore[misc]

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return super().has_add_permission(request, *args) and self._may_enter(request)  # type: ignore[misc]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if not super().has_change_permission(request, obj):  # type: ignore[misc]
            return False
        bank = self._bank(obj)
        return self._may_enter(request) if bank is None else may_write(request.user, bank)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Attempts and evidence refer to items for good: an item is retired or withdrawn, never deleted.
        return False
