"""The item banks: one page per item, its texts by language, its revisions, approval, withdrawal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Max, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import action
from unfold.forms import ActionForm
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts.admin_scope import limited_to
from assessments.admin.bank_scope import OfTheTeam, may_write
from assessments.admin.item_form import CONDITIONS, TEXT_FIELDS, ItemForm, NewItemForm, languages_of, newest
from assessments.admin.item_preview import preview
from assessments.items import services
from assessments.items.kinds import KINDS
from assessments.items.models import Item, ItemRevision
from common import clock
from common.admin_links import LinksWhatOpens
from common.errors import DomainError
from common.read_only import ReadOnly


class KeysStayInside(LinksWhatOpens):
    """For admins that show keys: staff limited to a member state cannot open them, whatever their permissions."""

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


class ReasonForm(ActionForm):
    """Beside the actions: why an item is withdrawn."""

    reason = forms.CharField(
        label="",
        required=False,
        widget=UnfoldAdminTextInputWidget(
            {"x-show": "action == 'withdraw'", "placeholder": "why", "aria-label": "why it is withdrawn"}
        ),
    )


class RevisionInline(ReadOnly, TabularInline):
    model = ItemRevision
    fields = readonly_fields = ("number", "measured_as", "kind", "level", "difficulty", "guess", "approved_at")
    ordering = ("-number",)
    extra = 0
    show_change_link = True
    tab = True
    verbose_name_plural = "revisions"


@admin.register(Item)
class ItemAdmin(OfTheTeam, ModelAdmin):
    """Saving writes a draft; saving over an approved revision makes a new one. Approving freezes."""

    list_display = ("code", "bank", "kind", "skill", "level", "approved", "waiting", "retired", "withdrawn")
    list_filter = ("bank", "retired", "revisions__kind", "revisions__difficulty")
    list_select_related = ("bank",)
    search_fields = ("code", "revisions__skills")
    inlines = (RevisionInline,)
    actions = ("approve", "approve_as_new", "retire", "restore", "withdraw")
    action_form = ReasonForm
    actions_submit_line = ("save_and_approve",)
    show_full_result_count = False
    readonly_fields = ("retired", "withdrawn", "preview")
    # Fields that the chosen kind has no use for are hidden, in every language.
    conditional_fields = CONDITIONS

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

    @admin.display()
    def withdrawn(self, item: Item) -> str:
        return f"{item.withdrawn_at:%Y-%m-%d}: {item.withdrawn_reason}" if item.withdrawn_at else ""

    @admin.display(description="preview of the newest revision")
    def preview(self, item: Item) -> SafeString | str:
        revision = newest(item) if item.pk else None
        return preview(revision) if revision else "no revision yet"

    def _may_edit(self, request: HttpRequest, obj: Item | None) -> bool:
        return obj is not None and self.has_change_permission(request, obj)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is None:
            kwargs["form"] = NewItemForm.for_user(request.user)
            return super().get_form(request, obj, change=change, **kwargs)
        languages = tuple(languages_of(obj)) if self._may_edit(request, obj) else ()
        kwargs["form"] = ItemForm.for_languages(languages)
        kwargs["fields"] = list(kwargs["form"].declared_fields)
        return super().get_form(request, obj, change=change, **kwargs)

    def get_inlines(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if obj is None else self.inlines

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.readonly_fields if obj is None else ("bank", "code", *self.readonly_fields)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return [
                (None, {"fields": ("course", "shared_bank", "code"), "description": "The question itself comes next."})
            ]
        about = (None, {"fields": ("bank", "code", "retired", "withdrawn")})
        shown = ("Preview", {"fields": ("preview",), "classes": ["tab"]})
        if not self._may_edit(request, obj):
            return [about, shown]
        asked = (
            "Question",
            {"fields": ("kind", "key_text", "skills_text", "level", "difficulty", "guess", "measures_same")},
        )
        texts = [
            (tag, {"fields": [f"{name}__{tag}" for name in TEXT_FIELDS], "classes": ["tab"]})
            for tag in languages_of(obj)
        ]
        return [about, asked, *texts, shown]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        actor = str(request.user.pk)
        if not change:
            services.add_item(item_id=obj.pk, bank_id=obj.bank_id, code=obj.code, actor=actor)
            return
        services.save_draft(item_id=obj.pk, draft=form.draft, actor=actor)
        for note in form.notes():
            self.message_user(request, f"{obj.code}: {note}", messages.WARNING)
        for pressed in self.get_actions_submit_line(request, obj.pk):
            if pressed.action_name in request.POST:
                pressed.method(request, obj)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        self.message_user(request, "The item is there; now write its question.", messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:assessments_item_change", args=[obj.pk]))

    @action(description="Save and approve", permissions=["change"])
    def save_and_approve(self, request: HttpRequest, obj: Any) -> None:
        self._approve(request, [obj], measures_same=request.POST.get("measures_same") is not None or None)

    @admin.action(description="Approve the newest revision", permissions=["change"])
    def approve(self, request: HttpRequest, queryset: QuerySet[Item]) -> None:
        self._approve(request, list(queryset))

    @admin.action(description="Approve the newest revision as a new measure", permissions=["change"])
    def approve_as_new(self, request: HttpRequest, queryset: QuerySet[Item]) -> None:
        self._approve(request, list(queryset), measures_same=False)

    def _approve(self, request: HttpRequest, items: list[Item], *, measures_same: bool | None = None) -> None:
        for item in self._writable(request, items):
            try:
                revision = services.approve(
                    item_id=item.pk, actor=str(request.user.pk), now=clock.now(), measures_same=measures_same
                )
            except DomainError as error:
                self.message_user(request, f"{item.code}: {error.title}. {error.detail}", messages.ERROR)
            else:
                told = f"{item.code}: revision {revision.number} is approved"
                if revision.measured_as != revision.number:
                    told += f" and measures the same as revision {revision.measured_as}"
                self.message_user(request, f"{told}.", messages.SUCCESS)

    @admin.action(description="Retire: draw no longer", permissions=["change"])
    def retire(self, request: HttpRequest, queryset: QuerySet[Item]) -> None:
        self._set_retired(request, queryset, True)

    @admin.action(description="Restore retired items", permissions=["change"])
    def restore(self, request: HttpRequest, queryset: QuerySet[Item]) -> None:
        self._set_retired(request, queryset, False)

    def _writable(self, request: HttpRequest, items: Iterable[Item]) -> list[Item]:
        """Those that the person may change; of the others it says so."""
        found = []
        for item in items:
            if may_write(request.user, item.bank):
                found.append(item)
            else:
                self.message_user(request, f"{item.code}: you do not write in its bank.", messages.ERROR)
        return found

    @admin.action(description="Withdraw: ask nowhere again, for this reason", permissions=["change"])
    def withdraw(self, request: HttpRequest, queryset: QuerySet[Item]) -> None:
        reason = request.POST.get("reason", "")
        for item in self._writable(request, queryset):
            try:
                services.withdraw_item(item_id=item.pk, reason=reason, actor=str(request.user.pk), now=clock.now())
            except DomainError as error:
                self.message_user(request, f"{item.code}: {error.title}. {error.detail}", messages.ERROR)
            else:
                self.message_user(request, f"{item.code} is withdrawn.", messages.SUCCESS)

    def _set_retired(self, request: HttpRequest, queryset: QuerySet[Item], retired: bool) -> None:
        count = services.set_retired(
            item_ids=[item.pk for item in self._writable(request, queryset)],
            retired=retired,
            actor=str(request.user.pk),
        )
        self.message_user(request, f"{count} items {'retired' if retired else 'restored'}.", messages.SUCCESS)


@admin.register(ItemRevision)
class ItemRevisionAdmin(ReadOnly, OfTheTeam, ModelAdmin):
    """Every wording that was ever there, as learners saw it, with its key."""

    bank_path = "item__bank"

    list_display = ("item", "number", "measured_as", "kind", "level", "difficulty", "guess", "approved_at")
    list_filter = ("item__bank", "kind", "difficulty", "level")
    list_select_related = ("item",)
    search_fields = ("item__code",)
    show_full_result_count = False
    fields = readonly_fields = (
        "item",
        "number",
        "kind",
        "skills",
        "level",
        "difficulty",
        "guess",
        "measured_as",
        "author",
        "approved_at",
        "approved_by",
        "preview",
    )

    @admin.display(description="preview")
    def preview(self, revision: ItemRevision) -> SafeString:
        return preview(revision)
