"""What the pages for authors have in common: who may do what with a draft, and that every change is audited."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.db import models
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.forms import PaginationInlineFormSet
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldBooleanSwitchWidget

from common.admin_links import LinksWhatOpens
from common.languages import canonical
from courses.content import services, team
from courses.content.models import Activity, Course, LanguageText, Lesson, Module
from privacy import public as privacy

_AFTER_ALL_OTHERS = 30_000


def language_choices() -> list[tuple[str, str]]:
    """The platform's languages by tag."""
    return [(canonical(code), f"{name} ({canonical(code)})") for code, name in settings.LANGUAGES]


def course_of(thing: Any) -> Course | None:
    """The course that a row of a draft belongs to; None for a new row."""
    match thing:
        case Course():
            return None if thing._state.adding else thing
        case Module() | Activity():
            return thing.course if thing.course_id else None
        case Lesson():
            return thing.activity.course
    return None


def rights_of(request: HttpRequest, thing: Any) -> team.Rights:
    """What the person may do with the draft that a row belongs to; read once for a request."""
    course = course_of(thing)
    if course is None:
        return team.NOTHING
    known: dict[UUID, team.Rights] = request.__dict__.setdefault("_rights_of_courses", {})
    if course.pk not in known:
        known[course.pk] = team.rights(request.user, course.pk)
    return known[course.pk]


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


class OfTeam:
    """For pages and inlines of a draft: its team sees it, and its writers change it."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_staff) and (course_of(obj) is None or rights_of(request, obj).sees)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_staff) and (course_of(obj) is None or rights_of(request, obj).writes)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return rights_of(request, obj).writes

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return rights_of(request, obj).writes


class TextForm(forms.ModelForm):
    """A text in a language. Only the source text asks whether its meaning has stayed."""

    meaning_unchanged = forms.BooleanField(
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        label=_("the meaning is unchanged: translations stay up to date"),
        help_text=_("For a typo in the source text. Otherwise its translations are shown as older than it."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.digest_before = self.instance.digest if not self.instance._state.adding else ""

    def changes_words(self) -> bool:
        """Whether more than the state of a translation was changed."""
        return bool(set(self.changed_data) - {"status", "meaning_unchanged"})


class TextFormSet(PaginationInlineFormSet, BaseInlineFormSet):
    """Texts of one thing: each is written by who may write its language, and says what it was made from."""

    rights: team.Rights
    by: Any
    source_language: str

    def clean(self) -> None:
        super().clean()
        for form in cast(list[TextForm], self.forms):
            if not form.has_changed() or not hasattr(form, "cleaned_data"):
                continue
            languages = {form.cleaned_data.get("language", ""), form.initial.get("language", "")} - {""}
            deleted = self.can_delete and self._should_delete_form(form)
            for language in languages:
                if form.changes_words() or deleted or form.instance._state.adding:
                    allowed = self.rights.may_translate(language)
                    allowed = allowed and (self.rights.writes or language != self.source_language)
                else:
                    allowed = self.rights.may_review(language) or self.rights.may_translate(language)
                if form.cleaned_data.get("status") == "reviewed" and "status" in form.changed_data:
                    allowed = allowed and self.rights.may_review(language)
                if not allowed:
                    form.add_error(
                        "language", _("Texts of this language are written by others of the team; nothing was saved.")
                    )

    def save(self, commit: bool = True) -> Any:
        saved = super().save(commit=commit)
        siblings = self.get_queryset().model._default_manager.filter(**{self.fk.name: self.instance})
        touched = [
            form
            for form in cast(list[TextForm], self.forms)
            if form.has_changed() and form.instance.pk and not form.instance._state.adding
        ]
        # The source text first: translations that are saved with it are made from what it says now.
        for form in sorted(touched, key=lambda form: form.instance.language != self.source_language):
            text: LanguageText = form.instance
            if not siblings.filter(pk=text.pk).exists():
                continue
            if form.changes_words() or "status" in form.changed_data:
                before = text.source_id
                services.written(text, source_language=self.source_language, by=self.by, siblings=siblings)
                if not form.changes_words():
                    text.source_id = before
                text.save()
            if text.language == self.source_language and form.cleaned_data.get("meaning_unchanged"):
                services.keep_meaning(text, before=form.digest_before, siblings=siblings)
        return saved


class TextInline:
    """An inline of texts: who translates or reviews changes those of the own languages."""

    form = TextForm
    formset = TextFormSet
    extra = 0

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Without a row Django asks whether any may be seen; the page itself is of one course.
        return course_of(obj) is None or rights_of(request, obj).sees

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        given = rights_of(request, obj)
        return given.writes or bool(given.translates or given.reviews)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        given = rights_of(request, obj)
        return given.writes or bool(given.translates)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return rights_of(request, obj).writes

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)  # type: ignore[misc]
        course = course_of(obj)
        source_language = course.source_language if course is not None else ""
        return type(
            formset.__name__,
            (formset,),
            {"rights": rights_of(request, obj), "by": request.user, "source_language": source_language},
        )

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


class SortedFormSet(PaginationInlineFormSet, BaseInlineFormSet):
    """New rows go to the end; a row that is taken out is marked, so that it can be put back."""

    def clean(self) -> None:
        super().clean()
        for index, form in enumerate(self.forms):
            if form.instance._state.adding:
                form.instance.position = _AFTER_ALL_OTHERS + index

    def delete_existing(self, obj: Any, commit: bool = True) -> None:
        if commit:
            services.remove([obj])


def renumber(rows: list[Any]) -> None:
    """Give rows the positions 0, 1, 2 … in their present order."""
    moved = []
    for position, row in enumerate(rows):
        if row.position != position:
            row.position = position
            moved.append(row)
    if moved:
        type(moved[0]).objects.bulk_update(moved, ["position"])


def free_slug(title: str, taken: set[str], default: str) -> str:
    """Make a short name from a title that none of `taken` has; it can be changed later."""
    stem = slugify(title)[:70].strip("-") or default
    slug, number = stem, 1
    while slug in taken:
        number += 1
        slug = f"{stem}-{number}"
    return slug
