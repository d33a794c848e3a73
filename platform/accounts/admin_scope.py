"""What a member-state administrator sees of the admin: rows of their own state, everywhere.

Give a model's admin the mixin and say where its state stands:

    @admin.register(Learner)
    class LearnerAdmin(StateScopedAdmin, ModelAdmin):       # the mixin first
        state_path = "member_state"

    @admin.register(Enrolment)
    class EnrolmentAdmin(StateScopedAdmin, ModelAdmin):
        state_path = "learner__member_state"
        list_filter = ["learner__member_state", "edition"]   # plain names, or unfold's related filters
        autocomplete_fields = ["learner"]

`state_path` is the ORM path from the model to `member_states.MemberState`. With it

- the change list, the change, history and delete pages, actions, searches and date drill-downs know the state's rows only
  (Django answers a direct URL of another state's row by its "doesn't exist" redirect to the index);
- an autocomplete of another admin asks this admin, so it finds the state's rows only;
- filters offer, and forms accept, only related rows that their own admin would show to this person;
- a saved row that would fall outside the state is refused (403) and rolled back.

An inline, or an admin of rows that belong to no state, takes `ScopedChoices` alone, for its forms' and filters' choices.

Who is limited: staff with `User.member_state`, and staff in the role without a state, who see nothing. Superusers,
trainers, reviewers and assessors without a state are not limited.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.exceptions import NotRegistered
from django.contrib.admin.filters import RelatedFieldListFilter
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from accounts.models import User
from accounts.roles import STATE_ADMINISTRATOR
from common.admin_links import LinksWhatOpens

NOWHERE = ""


def limited_to(user: Any) -> str | None:
    """Return the code of the state `user` is limited to, `NOWHERE` if they have none, None if unlimited."""
    if not user.is_authenticated:
        return NOWHERE
    if user.is_superuser:
        return None
    if user.member_state_id:
        return str(user.member_state_id)
    if not hasattr(user, "_has_role_without_state"):
        user._has_role_without_state = user.groups.filter(name=STATE_ADMINISTRATOR).exists()
    return NOWHERE if user._has_role_without_state else None


def visible(request: HttpRequest, site: admin.AdminSite, rows: QuerySet[Any]) -> QuerySet[Any]:
    """Return those of `rows` that the admin shows to this person: what a choice may be made from."""
    state = limited_to(request.user)
    if state is None:
        return rows
    if rows.model._meta.label == "member_states.MemberState":
        return rows.filter(pk=state)
    if rows.model is User:
        return rows.filter(member_state=state)
    try:
        model_admin = site.get_model_admin(rows.model)
    except NotRegistered:
        return rows
    if not isinstance(model_admin, StateScopedAdmin):
        return rows
    return rows.filter(pk__in=model_admin.get_queryset(request).order_by().values("pk"))


class _ScopedFilter:
    """Mixed into a related filter: its choices are the visible rows."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:
        if limited_to(request.user) is None or field.remote_field is None:
            return super().field_choices(field, request, model_admin)  # type: ignore[misc]
        rows = visible(request, model_admin.admin_site, field.remote_field.model._default_manager.all())
        return field.get_choices(
            include_blank=False,
            ordering=self.field_admin_ordering(field, request, model_admin),  # type: ignore[attr-defined]
            limit_choices_to={"pk__in": rows.order_by().values("pk")},
        )


_scoped_filters: dict[type, type] = {}


def _scoped(kind: type) -> type:
    if kind not in _scoped_filters:
        _scoped_filters[kind] = type(f"Scoped{kind.__name__}", (_ScopedFilter, kind), {})
    return _scoped_filters[kind]


class ScopedChoices(LinksWhatOpens):
    """For admins and inlines: forms and filters offer and accept visible related rows only."""

    def get_field_queryset(self, db: str | None, db_field: Any, request: HttpRequest) -> Any:
        rows = super().get_field_queryset(db, db_field, request)  # type: ignore[misc]
        if limited_to(request.user) is None:
            return rows
        if rows is None:
            rows = db_field.remote_field.model._default_manager.using(db)
        return visible(request, self.admin_site, rows)  # type: ignore[attr-defined]

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        return [self._filter(entry) for entry in super().get_list_filter(request)]  # type: ignore[misc]

    def _filter(self, entry: Any) -> Any:
        if isinstance(entry, str):
            field = admin.utils.get_fields_from_path(self.model, entry)[-1]  # type: ignore[attr-defined]
            return (entry, _scoped(RelatedFieldListFilter)) if field.remote_field else entry
        if isinstance(entry, (list, tuple)) and issubclass(entry[1], RelatedFieldListFilter):
            return (entry[0], _scoped(entry[1]))
        return entry


class StateScopedAdmin(ScopedChoices):
    """For admins of rows that belong to a state; see the module's docstring."""

    state_path: str

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)  # type: ignore[misc]
        state = limited_to(request.user)
        return rows if state is None else rows.filter(**{self.state_path: state})

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)  # type: ignore[misc]
        # The choices of the form already keep to the state; this holds also where a field is filled by code.
        if limited_to(request.user) is not None and not self.get_queryset(request).filter(pk=obj.pk).exists():
            raise PermissionDenied("The saved row would belong to another state. Nothing was saved.")
