"""The item bank: one page per item, its texts by language, its revisions, approval."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Max, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import action
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from accounts.admin_scope import limited_to
from assessments.admin.texts import options_from, options_text
from assessments.items import kinds, services
from assessments.items.kinds import KINDS, Fault
from assessments.items.kinds.base import words
from assessments.items.models import Difficulty, Item, ItemRevision
from assessments.items.rules import Draft
from common import clock
from common.errors import DomainError
from courses import public as courses

_PLAIN_FIELDS = {"kind": "kind", "key": "key_text", "skills": "skills_text", "guess": "guess"}


class KeysStayInside:
    """For admins that show keys: whoever is limited to a member state has no way in, whatever their permissions."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return limited_to(request.user) is None and super().has_module_permission(request)  # type: ignore[misc]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return limited_to(request.user) is None and super().has_view_permission(request, obj)  # type: ignore[misc]

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return limited_to(request.user) is None and super().has_add_permission(request, *args)  # type: ignore[misc]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return limited_to(request.user) is None and super().has_change_permission(request, obj)  # type: ignore[misc]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Attempts and evidence refer to items for good: an item is retired, never deleted.
        return False


class ReadOnly:
    """For admins and inlines that show rows which only services write."""

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def newest(item: Item) -> ItemRevision | None:
    """The item's newest revision, approved or not."""
    return item.revisions.order_by("-number").first()


def languages_of(item: Item) -> list[str]:
    """The edition's languages, its own first, and any other that the newest revision has."""
    edition = courses.edition(item.edition_id)
    revision = newest(item)
    offered = sorted(edition.languages, key=lambda tag: tag != edition.default_language) if edition else []
    return list(dict.fromkeys([*offered, *(revision.content if revision else ())]))


class ItemForm(forms.ModelForm):
    """An item's newest revision, its texts by language as `prompt__<tag>` and so on; `for_languages` makes the fields."""

    class Meta:
        model = Item
        fields = ("edition", "code")

    languages: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        item = kwargs.get("instance")
        if item is not None and self.languages:
            kwargs["initial"] = {**self._stored(newest(item)), **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)

    @classmethod
    def for_languages(cls, languages: tuple[str, ...]) -> type[ItemForm]:
        """Return the form with a group of fields for each language."""
        if not languages:
            return cls
        examples = "; ".join(f"{kind.label}: {kind.key_example}" for kind in KINDS.values())
        fields: dict[str, Any] = {
            "languages": languages,
            "kind": forms.ChoiceField(choices=kinds.choices, widget=UnfoldAdminSelectWidget),
            "key_text": forms.CharField(
                label="key", widget=UnfoldAdminTextInputWidget, help_text=f"The right answer. {examples}."
            ),
            "skills_text": forms.CharField(
                label="skills", widget=UnfoldAdminTextInputWidget,
                help_text="Codes of the framework with commas between; pools go by the first.",
            ),
            "level": forms.IntegerField(min_value=1, max_value=6, widget=UnfoldAdminIntegerFieldWidget),
            "difficulty": forms.ChoiceField(choices=Difficulty.choices, widget=UnfoldAdminSelectWidget),
            "guess": forms.FloatField(
                label="guess rate", widget=UnfoldAdminDecimalFieldWidget,
                help_text="How often blind guessing is right: 0 for a number, 0.25 for one of four options.",
            ),
        }  # fmt: skip
        for tag in languages:
            fields[f"prompt__{tag}"] = forms.CharField(
                label=f"Prompt ({tag})", required=False, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3})
            )
            fields[f"options__{tag}"] = forms.CharField(
                label=f"Options ({tag})", required=False, widget=UnfoldAdminTextareaWidget(attrs={"rows": 5}),
                help_text="One a line, with its id: “a: text”. The same ids in every language; none for a number.",
            )  # fmt: skip
            fields[f"unit__{tag}"] = forms.CharField(
                label=f"Unit ({tag})", required=False, widget=UnfoldAdminTextInputWidget
            )
            fields[f"feedback__{tag}"] = forms.CharField(
                label=f"Feedback ({tag})", required=False, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
                help_text="Shown when the attempt is graded.",
            )  # fmt: skip
        return type("ItemFormInLanguages", (cls,), fields)

    def _stored(self, revision: ItemRevision | None) -> dict[str, Any]:
        if revision is None:
            return {}
        stored: dict[str, Any] = {
            "kind": revision.kind,
            "key_text": KINDS[revision.kind].key_text(revision.key),
            "skills_text": ", ".join(revision.skills),
            "level": revision.level,
            "difficulty": revision.difficulty,
            "guess": revision.guess,
        }
        for tag, text in revision.content.items():
            stored[f"prompt__{tag}"] = text.get("prompt", "")
            stored[f"options__{tag}"] = options_text(text.get("options", ()))
            stored[f"unit__{tag}"] = text.get("unit", "")
            stored[f"feedback__{tag}"] = text.get("feedback", "")
        return stored

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.languages and not self.errors:
            self.draft = self._draft(cleaned)
            for fault in services.check(self.draft, edition_id=self.instance.edition_id):
                self.add_error(*self._place(fault))
        return cleaned

    def _draft(self, cleaned: dict[str, Any]) -> Draft:
        content = {}
        for tag in self.languages:
            text: dict[str, Any] = {}
            for name in ("prompt", "unit", "feedback"):
                # Browsers send CR LF; files and other languages have LF.
                value = cleaned[f"{name}__{tag}"].replace("\r\n", "\n")
                if value:
                    text[name] = value
            options = options_from(cleaned[f"options__{tag}"])
            if options:
                text["options"] = options
            if text:
                content[tag] = text
        return Draft(
            kind=cleaned["kind"],
            content=content,
            key=KINDS[cleaned["kind"]].key_from_text(cleaned["key_text"]),
            skills=tuple(words(cleaned["skills_text"])),
            level=cleaned["level"],
            difficulty=cleaned["difficulty"],
            guess=cleaned["guess"],
        )

    def _place(self, fault: Fault) -> tuple[str | None, str]:
        """Return the field that a fault is about, and the message with what is left of its place."""
        part, *rest = fault.pointer.strip("/").split("/")
        field: str | None = _PLAIN_FIELDS.get(part, part)
        message = fault.message
        if part == "content" and rest:
            field = f"{rest[1] if len(rest) > 1 else 'prompt'}__{rest[0]}"
            if len(rest) > 2 and rest[2].isdigit():
                message = f"line {int(rest[2]) + 1}: {' '.join([*rest[3:], message])}"
        elif part == "key" and rest:
            message = f"{rest[0]} {message}"
        return (field if field in self.fields else None), message


class RevisionInline(ReadOnly, TabularInline):
    model = ItemRevision
    fields = readonly_fields = ("number", "kind", "level", "difficulty", "guess", "approved_at")
    ordering = ("-number",)
    extra = 0
    show_change_link = True
    tab = True
    verbose_name_plural = "revisions"


@admin.register(Item)
class ItemAdmin(KeysStayInside, ModelAdmin):
    """Saving writes a draft; saving over an approved revision makes a new one. Approving freezes."""

    list_display = ("code", "edition", "kind", "skill", "level", "approved", "waiting", "retired")
    list_filter = ("edition", "retired", "revisions__kind", "revisions__difficulty")
    list_select_related = ("edition__course",)
    search_fields = ("code", "revisions__skills")
    inlines = (RevisionInline,)
    actions = ("approve", "retire", "restore")
    actions_submit_line = ("save_and_approve",)
    show_full_result_count = False
    readonly_fields = ("retired", "preview")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Item]:
        rows: QuerySet[Item] = super().get_queryset(request)
        last = ItemRevision.objects.filter(item=OuterRef("pk")).order_by("-number")
        return rows.annotate(
            last_number=Subquery(last.values("number")[:1]),
            last_kind=Subquery(last.values("kind")[:1]),
            last_skills=Subquery(last.values("skills")[:1]),
            last_level=Subquery(last.values("level")[:1]),
            approved_number=Subquery(
                last.filter(approved_at__isnull=False).order_by().values("item").annotate(n=Max("number")).values("n")
            ),
        )

    @admin.display(ordering="last_kind")
    def kind(self, item: Any) -> str:
        return KINDS[item.last_kind].label if item.last_kind in KINDS else ""

    @admin.display()
    def skill(self, item: Any) -> str:
        return ", ".join(item.last_skills or ())

    @admin.display(ordering="last_level")
    def level(self, item: Any) -> int | None:
        return item.last_level

    @admin.display(description="approved revision", ordering="approved_number")
    def approved(self, item: Any) -> int | None:
        return item.approved_number

    @admin.display(description="draft waiting", boolean=True)
    def waiting(self, item: Any) -> bool:
        return item.last_number is None or item.last_number != item.approved_number

    @admin.display(description="preview of the newest revision")
    def preview(self, item: Item) -> SafeString | str:
        revision = newest(item) if item.pk else None
        return preview(revision) if revision else "no revision yet"

    def _may_edit(self, request: HttpRequest, obj: Item | None) -> bool:
        return obj is not None and self.has_change_permission(request, obj)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        languages = tuple(languages_of(obj)) if self._may_edit(request, obj) else ()
        kwargs["form"] = ItemForm.for_languages(languages)
        kwargs["fields"] = None if obj is None else list(kwargs["form"].declared_fields)
        return super().get_form(request, obj, change=change, **kwargs)

    def get_inlines(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if obj is None else self.inlines

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.readonly_fields if obj is None else ("edition", "code", *self.readonly_fields)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return [(None, {"fields": ("edition", "code"), "description": "The question itself comes next."})]
        about = (None, {"fields": ("edition", "code", "retired")})
        shown = ("Preview", {"fields": ("preview",), "classes": ["tab"]})
        if not self._may_edit(request, obj):
            return [about, shown]
        asked = (
            "Question",
            {"fields": ("kind", "key_text", "skills_text", ("level", "difficulty", "guess"))},
        )  # fmt: skip
        texts = [
            (tag, {"fields": [f"{name}__{tag}" for name in ("prompt", "options", "unit", "feedback")], "classes": ["tab"]})
            for tag in languages_of(obj)
        ]  # fmt: skip
        return [about, asked, *texts, shown]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        actor = str(request.user.pk)
        if not change:
            services.add_item(item_id=obj.pk, edition_id=obj.edition_id, code=obj.code, actor=actor)
            return
        services.save_draft(item_id=obj.pk, draft=form.draft, actor=actor)
        for pressed in self.get_actions_submit_line(request, obj.pk):
            if pressed.action_name in request.POST:
                pressed.method(request, obj)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        self.message_user(request, "The item is there; now write its question.", messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:assessments_item_change", args=[obj.pk]))

    @action(description="Save and approve", permissions=["change"])
    def save_and_approve(self, request: HttpRequest, obj: Any) -> None:
        self._approve(request, [obj])

    @admin.action(description="Approve the newest revision", permissions=["change"])
    def approve(self, request: HttpRequest, queryset: QuerySet[Item]) -> None:
        self._approve(request, list(queryset))

    def _approve(self, request: HttpRequest, items: list[Item]) -> None:
        for item in items:
            try:
                revision = services.approve(item_id=item.pk, actor=str(request.user.pk), now=clock.now())
            except DomainError as error:
                self.message_user(request, f"{item.code}: {error.title}. {error.detail}", messages.ERROR)
            else:
                self.message_user(request, f"{item.code}: revision {revision.number} is approved.", messages.SUCCESS)

    @admin.action(description="Retire: draw no longer", permissions=["change"])
    def retire(self, request: HttpRequest, queryset: QuerySet[Item]) -> None:
        self._set_retired(request, queryset, True)

    @admin.action(description="Restore retired items", permissions=["change"])
    def restore(self, request: HttpRequest, queryset: QuerySet[Item]) -> None:
        self._set_retired(request, queryset, False)

    def _set_retired(self, request: HttpRequest, queryset: QuerySet[Item], retired: bool) -> None:
        count = services.set_retired(
            item_ids=list(queryset.values_list("pk", flat=True)), retired=retired, actor=str(request.user.pk)
        )
        self.message_user(request, f"{count} items {'retired' if retired else 'restored'}.", messages.SUCCESS)


@admin.register(ItemRevision)
class ItemRevisionAdmin(ReadOnly, KeysStayInside, ModelAdmin):
    """Every wording that was ever there, as learners saw it, with its key."""

    list_display = ("item", "number", "kind", "level", "difficulty", "guess", "approved_at")
    list_filter = ("item__edition", "kind", "difficulty", "level")
    list_select_related = ("item",)
    search_fields = ("item__code",)
    show_full_result_count = False
    fields = readonly_fields = (
        "item", "number", "kind", "skills", "level", "difficulty", "guess", "approved_at", "preview",
    )  # fmt: skip

    @admin.display(description="preview")
    def preview(self, revision: ItemRevision) -> SafeString:
        return preview(revision)


def preview(revision: ItemRevision) -> SafeString:
    """Show a revision in every language, with its key."""
    kind = KINDS[revision.kind]
    parts = []
    for language, text in revision.content.items():
        options = format_html_join("", "<li><b>{}</b> {}</li>", (
            (option["id"], option["text"]) for option in text.get("options", ())
        ))  # fmt: skip
        parts.append(
            format_html(
                '<section lang="{}" style="margin-bottom:1.5em"><p><b>{}</b></p><p style="white-space:pre-wrap">{}</p>'
                '<ul style="margin:.5em 0 .5em 1.5em">{}</ul><p>{}</p><p><i>{}</i></p></section>',
                language,
                language,
                text.get("prompt", ""),
                options,
                text.get("unit", ""),
                text.get("feedback", ""),
            )
        )
    return format_html(
        "<p>{}, key: <b>{}</b></p>{}", kind.label, kind.key_text(revision.key), mark_safe("".join(parts))  # noqa: S308 (each part is escaped above)
    )  # fmt: skip
