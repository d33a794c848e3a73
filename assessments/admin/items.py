"""The item bank: one page per item, its texts by language, its revisions, approval."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Max, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import action

from accounts.admin_scope import limited_to
from assessments.admin.item_form import CONDITIONS, TEXT_FIELDS, ItemForm, languages_of, newest
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
            {"fields": ("kind", "key_text", "skills_text", "level", "difficulty", "guess")},
        )
        texts = [
            (tag, {"fields": [f"{name}__{tag}" for name in TEXT_FIELDS], "classes": ["tab"]})
            for tag in languages_of(obj)
        ]
        return [about, asked, *texts, shown]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        actor = str(request.user.pk)
        if not change:
            services.add_item(item_id=obj.pk, edition_id=obj.edition_id, code=obj.code, actor=actor)
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
        "item",
        "number",
        "kind",
        "skills",
        "level",
        "difficulty",
        "guess",
        "approved_at",
        "preview",
    )

    @admin.display(description="preview")
    def preview(self, revision: ItemRevision) -> SafeString:
        return preview(revision)
