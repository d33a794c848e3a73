"""What the pages for authors have in common: frozen editions are read-only, every change is audited."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.admin.models import LogEntry
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponseRedirect
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminSelectWidget

from common.admin_links import LinksWhatOpens
from common.languages import canonical
from courses.catalogue.models import Edition, Lesson, Module
from privacy import public as privacy

_AFTER_ALL_OTHERS = 30_000


def language_choices() -> list[tuple[str, str]]:
    """The platform's languages by tag."""
    return [(canonical(code), f"{name} ({canonical(code)})") for code, name in settings.LANGUAGES]


def edition_of(thing: Any) -> Edition | None:
    """The edition that a row, or the id of an edition, belongs to; None for a new row."""
    match thing:
        case Edition():
            return thing
        case Module():
            return thing.edition if thing.edition_id else None
        case Lesson():
            return edition_of(thing.module) if thing.module_id else None
        case str() | UUID():
            try:
                return Edition.objects.filter(pk=thing).first()
            except ValidationError:
                return None
    return None


def is_draft(thing: Any) -> bool:
    """Whether authors may still change what this row belongs to."""
    edition = edition_of(thing)
    return edition is None or edition.status == Edition.Status.DRAFT


class AuditedAdmin(LinksWhatOpens, ModelAdmin):
    """Every change in the admin leaves an audit row, in the transaction of the change."""

    def _audit(self, request: HttpRequest, action: str, thing: models.Model) -> None:
        privacy.audit(
            actor=str(request.user.pk), action=action, subject_kind=thing._meta.label_lower, subject_id=str(thing.pk)
        )

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> LogEntry:
        self._audit(request, "create", obj)
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> LogEntry:
        self._audit(request, "change", obj)
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        for thing in queryset:
            self._audit(request, "delete", thing)
        return super().log_deletions(request, queryset)


class FrozenMeanwhile:
    """For the pages of an edition and what is below it: a page that was open while the edition was published."""

    def changeform_view(self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any) -> Any:
        """Answer a save that comes too late with the reason and the frozen page, rather than with a bare refusal."""
        if request.method == "POST" and object_id and request.user.has_perm("courses.change_edition"):
            thing = self.get_object(request, object_id)  # type: ignore[attr-defined]
            if thing is not None and not is_draft(thing):
                messages.error(
                    request,
                    _(
                        "Nothing was saved: this edition has been published, and is frozen. To change it, make a new "
                        "edition; what you typed is still there when you go back in your browser."
                    ),
                )
                return HttpResponseRedirect(request.get_full_path())
        return super().changeform_view(request, object_id, *args, **kwargs)  # type: ignore[misc]


class PartOfEdition:
    """An inline for rows below an edition: whoever may change editions may author all of a draft."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("courses.view_edition") or request.user.has_perm("courses.change_edition")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("courses.change_edition") and is_draft(obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_change_permission(request, obj)


class InLanguages:
    """An inline with a `language`: a choice among the platform's."""

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "language":
            return forms.ChoiceField(choices=language_choices(), widget=UnfoldAdminSelectWidget)
        return super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]


class SortedForm(forms.ModelForm):
    """A row with a position, which may pass through the position of another while both are moved."""

    def _get_validation_exclusions(self) -> set[str]:
        return {*super()._get_validation_exclusions(), "position"}  # type: ignore[misc]

    def has_changed(self) -> bool:
        """A new row counts when something besides its place was given, also in the forms nested in it."""
        if not self.instance._state.adding:
            return super().has_changed()
        nested = (inline.formset for inline in getattr(self, "nested_formsets", ()))
        return bool(set(self.changed_data) - {"position"}) or any(formset.has_changed() for formset in nested)


class SortedFormSetMixin:
    """New rows go to the end."""

    def clean(self) -> None:
        super().clean()  # type: ignore[misc]
        for index, form in enumerate(self.forms):  # type: ignore[attr-defined]
            if form.instance._state.adding:
                form.instance.position = _AFTER_ALL_OTHERS + index


def renumber(rows: list[Any]) -> None:
    """Give rows the positions 0, 1, 2 … in their present order."""
    moved = []
    for position, row in enumerate(rows):
        if row.position != position:
            row.position = position
            moved.append(row)
    if moved:
        type(moved[0]).objects.bulk_update(moved, ["position"])
