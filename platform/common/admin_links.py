"""Links between the admin's pages that lead nowhere for the person are shown as text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.admin.exceptions import NotRegistered
from django.contrib.admin.utils import flatten_fieldsets, quote
from django.core.exceptions import FieldDoesNotExist
from django.db.models import ForeignKey, Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html


class LinksWhatOpens:
    """For every model's admin, mixed in first: of a related row that this person may not open, the page shows the name only.

    Django links each foreign key that it shows as text to the related row's page, also where that page then says that
    there is no such row. Costs one query per such field for whoever is no superuser.
    """

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **more: Any) -> Any:
        if not request.user.is_superuser:
            site: AdminSite = self.admin_site  # type: ignore[attr-defined]
            form = context["adminform"]
            _unlink(request, site, form, [form.form.instance])
            for inline in context["inline_admin_formsets"]:
                _unlink(request, site, inline, [row.instance for row in inline.formset.forms])
        return super().render_change_form(request, context, *args, **more)  # type: ignore[misc]


class _NameOrLink:
    """A foreign key as Django's admin takes a callable field: a link to the rows that open, else the name."""

    def __init__(self, field: ForeignKey[Any, Any], opening: set[Any], site: AdminSite) -> None:
        self.field, self.opening, self.site = field, opening, site
        self.__name__, self.short_description = field.name, field.verbose_name

    def __call__(self, row: Model) -> str:
        related = getattr(row, self.field.name)
        if related is None:
            return "-"
        if related.pk not in self.opening:
            return str(related)
        url = reverse(_change_page(type(related)), args=[quote(related.pk)], current_app=self.site.name)
        return format_html('<a href="{}" class="text-link">{}</a>', url, related)


def _change_page(model: type[Model]) -> str:
    return f"admin:{model._meta.app_label}_{model._meta.model_name}_change"


def _unlink(request: HttpRequest, site: AdminSite, shown: Any, rows: list[Any]) -> None:
    """Replace, in a form or the formset of an inline, the foreign keys of which a row does not open."""
    parent = getattr(getattr(shown, "formset", None), "fk", None)
    names: dict[str, _NameOrLink] = {}
    for name in flatten_fieldsets(shown.fieldsets):
        is_text = name in shown.readonly_fields or not getattr(shown, "has_change_permission", True)
        field = _foreign_key(rows[0], name) if rows and is_text else None
        if field is None or field == parent:
            continue
        keys = {getattr(row, field.attname) for row in rows} - {None}
        opening = _opening(request, site, field, keys)
        if len(opening) < len(keys):
            names[name] = _NameOrLink(field, opening, site)
    if names:
        shown.fieldsets = [
            (title, {**options, "fields": _renamed(options["fields"], names)}) for title, options in shown.fieldsets
        ]
        shown.readonly_fields = [*shown.readonly_fields, *names.values()]


def _foreign_key(row: Model, name: Any) -> ForeignKey[Any, Any] | None:
    try:
        field = row._meta.get_field(name)
    except FieldDoesNotExist:
        return None
    return field if isinstance(field, ForeignKey) else None


def _opening(request: HttpRequest, site: AdminSite, field: ForeignKey[Any, Any], keys: set[Any]) -> set[Any]:
    """The primary keys of those related rows whose page opens for this person."""
    try:
        related = site.get_model_admin(field.remote_field.model)
    except NotRegistered:
        return set()
    if not keys or not related.has_view_or_change_permission(request):
        return set()
    named = {f"{field.target_field.attname}__in": keys}
    return set(related.get_queryset(request).filter(**named).order_by().values_list("pk", flat=True))


def _renamed(fields: Iterable[Any], names: Mapping[str, _NameOrLink]) -> list[Any]:
    return [_renamed(field, names) if isinstance(field, list | tuple) else names.get(field, field) for field in fields]
