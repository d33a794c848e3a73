"""How certificates look: a draft per authority, its preview in every language, and publishing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from unfold.admin import ModelAdmin
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from accounts.admin_scope import StateScopedAdmin, limited_to
from common import clock
from common.errors import DomainError
from common.languages import canonical
from credentials.certificates.errors import GlyphMissing
from credentials.paper import images, rules, samples, services, typesetting
from credentials.paper.models import PaperDesign
from credentials.paper.selectors import design_from
from privacy import public as privacy

_PICTURES = ("logo", "signature")
_HELP: Mapping[str, str] = {
    "heading": "Instead of “Certificate”, on pages in this language.",
    "statement": "Below the name. May hold " + ", ".join(f"{{{name}}}" for name in rules.PLACEHOLDERS) + ".",
    "signatory": "Who signs, as it is written in this language.",
    "office": "The office of who signs.",
}


class PictureField(forms.FileField):
    """A picture as bytes, made harmless; None when none was handed in, False when it is to be taken away."""

    def __init__(self, what: str) -> None:
        super().__init__(
            label=what,
            required=False,
            widget=UnfoldAdminFileFieldWidget(attrs={"accept": "image/png,image/svg+xml"}),
            help_text=f"PNG, or SVG with its texts turned into paths; {images.MAX_BYTES // 1024} KB at most.",
        )

    def clean(self, data: Any, initial: Any = None) -> Any:
        if not data or data is initial:
            return None
        if data.size > images.MAX_BYTES:
            raise forms.ValidationError(f"is larger than {images.MAX_BYTES // 1024} KB")
        try:
            return images.harmless(data.read())
        except images.PictureRefused as error:
            raise forms.ValidationError(str(error)) from error


class _DesignForm(forms.ModelForm):
    """A draft. Texts come as a field for each language and kind (`TEXT_FIELDS`), and are kept together."""

    without_logo = forms.BooleanField(required=False, label="take the logo away")
    without_signature = forms.BooleanField(required=False, label="take the signature away")

    class Meta:
        model = PaperDesign
        fields = ("issuer", "accent")
        widgets = {"accent": UnfoldAdminTextInputWidget(attrs={"pattern": "#[0-9a-f]{6}", "size": 8})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, (language, field) in TEXT_FIELDS.items():
            if name in self.fields:
                self.fields[name].initial = self.instance.texts.get(language, {}).get(field, "")

    def clean_accent(self) -> str:
        accent = str(self.cleaned_data["accent"]).strip().lower()
        try:
            rules.require_accent(accent)
        except rules.TextRefused as error:
            raise forms.ValidationError(str(error)) from error
        return accent

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        texts: dict[str, dict[str, str]] = {}
        for name, (language, field) in TEXT_FIELDS.items():
            text = " ".join(cleaned.get(name, "").split())
            try:
                rules.require_line(text)
                rules.require_statement(text) if field == "statement" else None
            except rules.TextRefused as error:
                self.add_error(name, str(error))
            if text:
                texts.setdefault(language, {})[field] = text
        self.instance.texts = texts
        issuer = cleaned.get("issuer")
        if issuer and self.instance._state.adding and issuer.paper_designs.filter(version__isnull=True).exists():
            self.add_error("issuer", "This authority has a draft already.")
        for name in _PICTURES:
            if cleaned.get(name):
                setattr(self.instance, name, cleaned[name])
            elif cleaned.get(f"without_{name}"):
                setattr(self.instance, name, b"")
        return cleaned


TEXT_FIELDS: Mapping[str, tuple[str, str]] = {
    f"{field}_{code.replace('-', '_')}": (canonical(code), field)
    for code, _ in settings.LANGUAGES
    for field in rules.TEXT_LENGTHS
}


def _text_field(field: str) -> forms.CharField:
    return forms.CharField(
        label=field,
        required=False,
        max_length=rules.TEXT_LENGTHS[field],
        help_text=_HELP[field],
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}) if field == "statement" else UnfoldAdminTextInputWidget(),
    )


DesignForm = type(
    "DesignForm",
    (_DesignForm,),
    {
        **{name: PictureField(name) for name in _PICTURES},
        **{name: _text_field(field) for name, (_, field) in TEXT_FIELDS.items()},
    },
)


@admin.register(PaperDesign)
class PaperDesignAdmin(StateScopedAdmin, ModelAdmin):
    """Pictures, a colour and texts: no code. Trainers draft; who may publish is the authority's administrator."""

    state_path = "issuer__member_state"
    form = DesignForm
    list_display = ("issuer", "state", "version", "published_at")
    list_filter = ("issuer",)
    list_select_related = ("issuer",)
    ordering = ("issuer", "-created_at")
    readonly_fields = ("state", "version", "published_at")
    actions_detail = ("preview",)
    show_full_result_count = False

    @display(description="status", label={"draft": "warning", "published": "success"})
    def state(self, design: PaperDesign) -> str:
        return "published" if design.version else "draft"

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        pictures = ("logo", "without_logo"), ("signature", "without_signature")
        by_language = [
            (
                name,
                {
                    "fields": [field for field, (language, _) in TEXT_FIELDS.items() if language == canonical(code)],
                    "classes": ["collapse"],
                },
            )
            for code, name in settings.LANGUAGES
        ]
        about = (None, {"fields": ["issuer", ("state", "version", "published_at"), "accent"]})
        if not (self.has_change_permission(request, obj) if obj else self.has_add_permission(request)):
            return [about, ("Texts", {"fields": ["texts"]})]
        return [about, ("Pictures", {"fields": pictures}), *by_language]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        # What the form's own fields are called is not a column of the model.
        kwargs["fields"] = ["issuer", "accent"]
        return super().get_form(request, obj, change, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        # A draft stays its authority's.
        return (*self.readonly_fields, *(["issuer"] if obj is not None else []))

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        state = limited_to(request.user)
        if field is not None and db_field.name == "issuer" and state is not None:
            field.queryset = field.queryset.filter(member_state=state)
        return field

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.version is None)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and obj is not None and obj.version is None

    def _audit(self, request: HttpRequest, what: str, design: PaperDesign) -> None:
        privacy.audit(
            actor=str(request.user.pk),
            action=f"paper_design.{what}",
            subject_kind="paper_design",
            subject_id=str(design.pk),
        )

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> LogEntry:
        self._audit(request, "drafted", obj)
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> LogEntry:
        self._audit(request, "changed", obj)
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[PaperDesign]) -> Any:
        for design in queryset:
            self._audit(request, "thrown_away", design)
        return super().log_deletions(request, queryset)

    def get_urls(self) -> list[URLPattern]:
        own = path(
            "<uuid:object_id>/preview/<str:key>.png",
            self.admin_site.admin_view(self.sample),
            name="credentials_paperdesign_sample",
        )
        return [own, *super().get_urls()]

    def _shown(self, request: HttpRequest, object_id: str) -> PaperDesign:
        """The design, as far as this person may see it (its state's, else 404)."""
        design = self.get_object(request, str(object_id))
        if design is None:
            raise Http404
        if not self.has_view_permission(request, design):
            raise PermissionDenied
        return design

    def sample(self, request: HttpRequest, object_id: str, key: str) -> HttpResponse:
        """One page of the preview as PNG."""
        design = self._shown(request, object_id)
        if key not in dict(samples.languages()):
            raise Http404
        try:
            page = samples.sample_page(
                design_from(design),
                key,
                issuer=design.issuer.name,
                now=clock.now(),
                typesetter=typesetting.typesetter(),
            )
        except GlyphMissing as error:
            return HttpResponse(f"{error.title}: {error.members['character']}", status=422, content_type="text/plain")
        response = HttpResponse(page, content_type="image/png")
        response["Cache-Control"] = "private, no-store"
        return response

    @action(description="Preview and publish", url_path="preview", icon="visibility")
    def preview(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Pages in every language; a POST publishes the draft, or begins a new one from a published design."""
        design = self._shown(request, object_id)
        if request.method == "POST":
            return self._publish_or_go_on(request, design)
        return TemplateResponse(
            request,
            "admin/credentials/paper_preview.html",
            {
                **self.admin_site.each_context(request),
                "title": f"Preview: {design}",
                "opts": self.opts,
                "design": design,
                "samples": samples.languages(),
                "may_publish": design.version is None and request.user.has_perm("credentials.publish_paperdesign"),
                "may_go_on": design.version is not None and request.user.has_perm("credentials.add_paperdesign"),
            },
        )

    def _publish_or_go_on(self, request: HttpRequest, design: PaperDesign) -> HttpResponse:
        wanted = request.POST.get("do")
        needed = "credentials.add_paperdesign" if wanted == "redraft" else "credentials.publish_paperdesign"
        if not request.user.has_perm(needed):
            raise PermissionDenied("Your role does not publish designs of certificates on paper, or begin new ones.")
        shown, actor = design.pk, str(request.user.pk)
        try:
            if wanted == "publish":
                services.publish(design_id=design.pk, actor=actor, now=clock.now())
                messages.success(request, "The design is published: certificates are printed like this from now on.")
            elif wanted == "redraft":
                shown = services.redraft(design_id=design.pk, actor=actor).pk
                messages.success(request, "This is the draft of the next version.")
        except DomainError as error:
            messages.error(request, " ".join(filter(None, [str(error.title), str(error.detail)])))
            return HttpResponseRedirect(request.get_full_path())
        return HttpResponseRedirect(reverse("admin:credentials_paperdesign_change", args=[shown]))
