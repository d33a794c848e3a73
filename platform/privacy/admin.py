"""Proof to look at: nothing here can be changed. What an agency pulled is for administrators of its own state too; the other
rows about learners are for superusers, as no state stands in them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django.contrib import admin
from django.contrib.messages import WARNING
from django.core.exceptions import PermissionDenied
from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Concat
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.timezone import localtime
from unfold.admin import ModelAdmin, TabularInline

from accounts.admin_scope import StateScopedAdmin, limited_to
from common.admin_links import LinksWhatOpens
from common.read_only import ReadOnly
from member_states import public as member_states
from privacy.models import AuditEntry, ConsentRecord, Disclosure, Pull, Purpose, PurposeText, PurposeTextReview
from privacy.purposes.services import record_review


class _SuperusersOnly(ReadOnly):
    show_full_result_count = False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)


def reviewable(request: HttpRequest) -> QuerySet[PurposeText]:
    """Return the drafts that wait for a person, in the languages that this person may record a review for."""
    texts = PurposeText.objects.filter(machine_drafted=True, review=None)
    state = limited_to(request.user)
    if state is not None:
        texts = texts.filter(language__in=member_states.languages(state) if state else ())
    return texts.order_by("purpose", "language", "-version")


def _review_page(text: PurposeText) -> str:
    return f"{reverse('admin:privacy_purposetextreview_add')}?text={text.pk}"


class PurposeTextInline(ReadOnly, TabularInline):
    model = PurposeText
    fields = readonly_fields = ("version", "language", "title", "body", "review_state")
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[PurposeText]:
        may_add = request.user.has_perm("privacy.add_purposetextreview")
        here = reviewable(request).filter(pk=OuterRef("pk")) if may_add else PurposeText.objects.none()
        texts: QuerySet[PurposeText] = super().get_queryset(request)
        return texts.select_related("review").annotate(is_reviewable=Exists(here))

    @admin.display(description="reviewed")
    def review_state(self, text: Any) -> str:
        if not text.machine_drafted:
            return "written by people"
        if hasattr(text, "review"):
            return f"by {text.review.reviewer}, {localtime(text.review.recorded_at):%-d %b %Y}"
        if text.is_reviewable:
            return format_html('not yet. <a class="text-link" href="{}">Review it</a>', _review_page(text))
        return "not yet: a draft of a machine"


@admin.register(Purpose)
class PurposeAdmin(ReadOnly, ModelAdmin):
    list_display = ("code", "per_agency", "needed_to_learn")
    inlines = (PurposeTextInline,)


@admin.register(PurposeTextReview)
class PurposeTextReviewAdmin(LinksWhatOpens, ModelAdmin):
    """Where it is recorded that a person has read a text. A state's administrator records it for the state's languages."""

    list_display = ("text", "reviewer", "recorded_by", "recorded_at")
    list_select_related = ("text", "recorded_by")
    ordering = ("-recorded_at",)
    # What is signed stands above the form, beside the English text.
    change_form_before_template = "privacy/admin/texts_to_compare.html"

    def get_fields(self, request: HttpRequest, obj: PurposeTextReview | None = None) -> tuple[str, ...]:
        return ("text", "reviewer") if obj is None else ("text", "reviewer", "recorded_by", "recorded_at")

    def get_readonly_fields(self, request: HttpRequest, obj: PurposeTextReview | None = None) -> tuple[str, ...]:
        return () if obj is None else ("recorded_by", "recorded_at")

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **more: Any) -> Any:
        if db_field.name == "text":
            texts = reviewable(request)
            # One text is signed at a time: the one that the page shows.
            chosen = _number(request.GET.get("text"))
            more["queryset"] = texts if chosen is None else texts.filter(pk=chosen)
        return super().formfield_for_foreignkey(db_field, request, **more)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Choose a text; then read it beside the English one, and sign."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        given = request.POST if request.method == "POST" else request.GET
        key = _number(given.get("text"))
        chosen = None if key is None else reviewable(request).filter(pk=key).first()
        if request.method == "POST" or chosen is not None:
            return super().add_view(request, form_url, {**(extra_context or {}), **_compared(chosen), "signs": True})
        if "text" in request.GET:
            self.message_user(request, "That text has been reviewed, or is not in a language of your state.", WARNING)
        context = {
            **self.admin_site.each_context(request),
            "title": "Choose the text to review",
            "opts": self.opts,
            "waiting": [(text, _review_page(text)) for text in reviewable(request).select_related("purpose")],
        }
        return TemplateResponse(request, "privacy/admin/choose_text.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        review = self.get_object(request, object_id)
        text = review.text if review is not None and self.has_view_permission(request, review) else None
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **_compared(text)})

    def save_model(self, request: HttpRequest, obj: PurposeTextReview, form: Any, change: bool) -> None:
        record_review(obj, recorded_by=cast(UUID, request.user.pk))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def _number(given: str | None) -> int | None:
    """The key that a form or an address names; None if it names none."""
    return int(given) if given and given.isascii() and given.isdecimal() and len(given) < 19 else None


def _compared(text: PurposeText | None) -> dict[str, Any]:
    """The text and the English one of the same version, for the page; nothing where there is no text."""
    if text is None:
        return {}
    english = PurposeText.objects.filter(purpose=text.purpose_id, version=text.version, language="en").first()
    return {"texts": [text, english] if english and english != text else [text]}


@admin.register(ConsentRecord)
class ConsentRecordAdmin(_SuperusersOnly, ModelAdmin):
    list_display = ("recorded_at", "user", "purpose", "agency", "given", "text_version", "text_language", "channel")
    list_filter = ("purpose", "given", "text_language")
    list_select_related = ("user", "purpose", "agency")
    search_fields = ("user__username", "=record_id")
    ordering = ("-ordinal",)


class _OfTheState(ReadOnly, StateScopedAdmin, ModelAdmin):
    """For superusers, and for administrators of a state its own rows; nobody else, whatever permissions they have."""

    show_full_result_count = False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        is_limited = limited_to(request.user) is not None
        return bool(request.user.is_superuser or (is_limited and super().has_view_permission(request, obj)))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)


@admin.register(Pull)
class PullAdmin(_OfTheState):
    state_path = "agency__member_state"
    list_display = ("at", "agency", "client_id", "purpose", "operation", "row_count", "disclosures")
    list_filter = ("operation", "purpose")
    list_select_related = ("agency", "purpose")
    search_fields = ("agency__name", "=client_id", "=request_id")
    fields = readonly_fields = (
        "at",
        "agency",
        "client_id",
        "purpose",
        "operation",
        "fields",
        "row_count",
        "request_id",
        "disclosures",
    )
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Pull]:
        # A pull is named after its agency.
        return super().get_queryset(request).select_related("agency")

    @admin.display(description="whose data")
    def disclosures(self, pull: Pull) -> str:
        """The way to the learners whose data were in the pull."""
        url = reverse("admin:privacy_disclosure_changelist")
        return format_html('<a class="text-link" href="{}?pull__id__exact={}">disclosures</a>', url, pull.pk)


@admin.register(Disclosure)
class DisclosureAdmin(_OfTheState):
    state_path = "pull__agency__member_state"
    list_display = ("at", "learner", "user", "agency", "operation", "whole_pull")
    list_filter = ("pull__operation",)
    list_select_related = ("user", "pull__agency")
    search_fields = ("user__username", "learner_names", "pull__agency__name")
    fields = readonly_fields = ("learner", "user", "at", "agency", "operation", "pull")
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Disclosure]:
        rows: QuerySet[Disclosure] = super().get_queryset(request).select_related("user", "pull__agency")
        state = limited_to(request.user)
        # Of a learner who has moved to another state, its administrators see, and find, the user name only.
        in_scope = Q() if state is None else Q(user__learner__member_state=state)

        def known(text: Any) -> Case:
            return Case(When(in_scope, then=text), default=Value("")) if in_scope else text

        name, latin, reading = (F(f"user__learner__{part}") for part in ("legal_name", "latin_name", "name_reading"))
        return rows.annotate(
            learner_name=known(name), learner_names=known(Concat(name, Value(" "), latin, Value(" "), reading))
        )

    @admin.display(description="learner", ordering="learner_name", empty_value="-")
    def learner(self, disclosure: Any) -> str | None:
        return disclosure.learner_name or None

    @admin.display(description="at", ordering="pull__at")
    def at(self, disclosure: Disclosure) -> datetime:
        return disclosure.pull.at

    @admin.display(description="agency", ordering="pull__agency__name")
    def agency(self, disclosure: Disclosure) -> str:
        return str(disclosure.pull.agency)

    @admin.display(description="operation", ordering="pull__operation")
    def operation(self, disclosure: Disclosure) -> str:
        return disclosure.pull.operation

    @admin.display(description="pull")
    def whole_pull(self, disclosure: Disclosure) -> str:
        url = reverse("admin:privacy_pull_change", args=[disclosure.pull_id])
        return format_html('<a class="text-link" href="{}">the pull</a>', url)


@admin.register(AuditEntry)
class AuditEntryAdmin(_SuperusersOnly, ModelAdmin):
    list_display = ("at", "actor", "action", "subject_kind", "subject_id")
    list_filter = ("action", "subject_kind")
    search_fields = ("=actor", "=subject_id", "=request_id")
    ordering = ("-id",)
