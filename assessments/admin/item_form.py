"""The form of an item: its newest revision, with its texts by language, as an author writes them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from assessments.admin.bank_scope import banks_seen_by, may_write
from assessments.items import kinds, services
from assessments.items.kinds import KINDS, Issue, ItemKind
from assessments.items.kinds.base import listed_from, listed_text, words
from assessments.items.kinds.numeric import reading_of_numbers
from assessments.items.models import Bank, Difficulty, Item, ItemRevision
from assessments.items.rules import Draft
from assessments.items.selectors import taken_codes
from courses import public as courses

TEXT_FIELDS = ("prompt", "options", "part", "unit", "feedback")
# A key is a letter or a rubric of thirty lines: the box is as high as what stands in it, where the browser knows how.
_GROWS = {"rows": 3, "style": "field-sizing: content; min-height: 4.5rem"}
_PLAIN_FIELDS = {"kind": "kind", "key": "key_text", "skills": "skills_text", "guess": "guess"}
_PARTS = {kind.part for kind in KINDS.values() if kind.part} | {"part"}


class _Conditions(dict[str, str]):
    """Which fields are shown for which kind, as conditions of the page's script, whatever the language."""

    def __missing__(self, field: str) -> str | None:
        return self.get(field.partition("__")[0])


def _for(*names: str) -> str:
    return f"[{', '.join(repr(name) for name in names)}].includes(kind)"


CONDITIONS = _Conditions(
    options=_for(*(kind.name for kind in KINDS.values() if kind.has_options)),
    part=_for(*(kind.name for kind in KINDS.values() if kind.part)),
    unit=_for("numeric"),
)


def _key_help(language: str) -> SafeString:
    """The key of each kind, by example, numbers as in `language`; the page's script shows that of the kind chosen."""
    return format_html_join(
        "",
        '<div x-show="{}"><b>{}</b>, for example<span style="display:block;white-space:pre-wrap;font-family:monospace;'
        'margin:.25rem 0 .25rem 1rem">{}</span>{}</div>',
        (
            (f"kind == '{kind.name}'", kind.label.capitalize(), *_example_and_hint(kind, language))
            for kind in KINDS.values()
        ),
    )


def _example_and_hint(kind: ItemKind, language: str) -> tuple[str, str]:
    hint = f"{kind.key_hint}. {reading_of_numbers(language)}" if kind.name == "numeric" else kind.key_hint
    return kind.key_example, hint


def _part_help() -> SafeString:
    return format_html_join(
        "",
        '<div x-show="{}"><b>{}</b>: {}</div>',
        ((f"kind == '{kind.name}'", kind.part.capitalize(), kind.part_example) for kind in KINDS.values() if kind.part),
    )


def newest(item: Item) -> ItemRevision | None:
    """The item's newest revision, approved or not."""
    return item.revisions.order_by("-number").first()


def languages_of(item: Item) -> list[str]:
    """The languages of the bank's courses, their own first, and any other that the newest revision has."""
    revision = newest(item)
    bank = item.bank
    ids = [bank.course_id] if bank.course_id else list(bank.uses.order_by("pk").values_list("course", flat=True))
    offered = [tag for course in map(courses.course, ids) if course is not None for tag in course.languages]
    return list(dict.fromkeys([*offered, *(revision.content if revision else ())])) or ["en"]


class NewItemForm(forms.ModelForm):
    """Where a new item goes, the course's own bank (made when there is none yet) or a shared one, and its code."""

    course: Any = forms.ModelChoiceField(queryset=None, required=False, widget=UnfoldAdminSelectWidget)
    shared_bank: Any = forms.ModelChoiceField(queryset=None, required=False, widget=UnfoldAdminSelectWidget)

    class Meta:
        model = Item
        fields = ("code",)

    @classmethod
    def for_user(cls, user: Any) -> type[NewItemForm]:
        """Return the form with the courses and banks that a user may choose."""
        courses_of_user = courses.drafts_of(user)
        fields = {
            "course": forms.ModelChoiceField(
                courses_of_user,
                required=False,
                widget=UnfoldAdminSelectWidget,
                help_text="The item goes into the course's own bank.",
            ),
            "shared_bank": forms.ModelChoiceField(
                banks_seen_by(user).filter(course__isnull=True),
                required=False,
                widget=UnfoldAdminSelectWidget,
                help_text="Instead of a course: a bank that several share.",
            ),
            "user": user,
        }
        return type("NewItemFormOfUser", (cls,), fields)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        course, shared = cleaned.get("course"), cleaned.get("shared_bank")
        if bool(course) == bool(shared):
            raise forms.ValidationError("Choose a course or a shared bank.")
        if course is not None and not courses.rights(self.user, course.pk).writes:  # type: ignore[attr-defined]
            raise forms.ValidationError("Items of this course are written by others of its team.")
        bank = services.bank_of_course(course.pk) if course is not None else shared
        assert isinstance(bank, Bank)
        if course is None and not may_write(self.user, bank):  # type: ignore[attr-defined]
            raise forms.ValidationError("Items of this bank are written by its authority.")
        code = cleaned.get("code")
        if code and (bank.items.filter(code=code).exists() or taken_codes(bank, [code])):
            self.add_error("code", "Another item that the course draws has this code.")
        self.instance.bank = bank
        return cleaned


class ItemForm(forms.ModelForm):
    """An item's newest revision, its texts by language as `prompt__<tag>` and so on; `for_languages` makes the fields."""

    class Meta:
        model = Item
        fields = ("code",)

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
        fields: dict[str, Any] = {
            "languages": languages,
            "kind": forms.ChoiceField(choices=kinds.choices, widget=UnfoldAdminSelectWidget),
            "key_text": forms.CharField(
                label="key", widget=UnfoldAdminTextareaWidget(attrs=_GROWS), help_text=_key_help(languages[0])
            ),
            "skills_text": forms.CharField(
                label="skills",
                widget=UnfoldAdminTextInputWidget,
                help_text="Codes of the framework with commas between; pools go by the first.",
            ),
            "level": forms.IntegerField(min_value=1, max_value=6, widget=UnfoldAdminIntegerFieldWidget),
            "difficulty": forms.ChoiceField(choices=Difficulty.choices, widget=UnfoldAdminSelectWidget),
            "guess": forms.FloatField(
                label="guess rate",
                widget=UnfoldAdminDecimalFieldWidget,
                help_text="What blind guessing scores on average: 0 for what is typed, 0.25 for one of four options.",
            ),
        }
        fields["measures_same"] = forms.BooleanField(
            label="the question measures the same as before",
            required=False,
            widget=UnfoldBooleanSwitchWidget,
            help_text="For a typo in a prompt, when you approve: the answers so far, the learned difficulty and the "
            "statistics then go on. Where only feedback or a language differs, that is so without it.",
        )
        for tag in languages:
            fields[f"prompt__{tag}"] = forms.CharField(
                label=f"Prompt ({tag})", required=False, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3})
            )
            fields[f"options__{tag}"] = forms.CharField(
                label=f"Options ({tag})",
                required=False,
                widget=UnfoldAdminTextareaWidget(attrs={"rows": 5}),
                help_text="One a line, with its id: “a: text”. The same ids in every language.",
            )
            fields[f"part__{tag}"] = forms.CharField(
                label=f"Parts ({tag})",
                required=False,
                widget=UnfoldAdminTextareaWidget(attrs={"rows": 5}),
                help_text=_part_help(),
            )
            fields[f"unit__{tag}"] = forms.CharField(
                label=f"Unit ({tag})", required=False, widget=UnfoldAdminTextInputWidget
            )
            fields[f"feedback__{tag}"] = forms.CharField(
                label=f"Feedback ({tag})",
                required=False,
                widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
                help_text="Shown when the attempt is graded.",
            )
        return type("ItemFormInLanguages", (cls,), fields)

    def _stored(self, revision: ItemRevision | None) -> dict[str, Any]:
        if revision is None:
            return {}
        stored: dict[str, Any] = {
            "kind": revision.kind,
            "key_text": KINDS[revision.kind].key_text(revision.key, language=self.languages[0]),
            "skills_text": ", ".join(revision.skills),
            "level": revision.level,
            "difficulty": revision.difficulty,
            "guess": revision.guess,
        }
        for tag, text in revision.content.items():
            stored[f"prompt__{tag}"] = text.get("prompt", "")
            stored[f"options__{tag}"] = listed_text(text.get("options", ()))
            stored[f"part__{tag}"] = KINDS[revision.kind].part_text(text)
            stored[f"unit__{tag}"] = text.get("unit", "")
            stored[f"feedback__{tag}"] = text.get("feedback", "")
        return stored

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.languages and not self.errors:
            try:
                self.draft = self._draft(cleaned)
            except ValueError as error:
                self.add_error("key_text", str(error))
                return cleaned
            for issue in services.check(self.draft, bank=self.instance.bank):
                self.add_error(*self._place(issue))
        return cleaned

    def notes(self) -> list[str]:
        """What its author should know of how the key was read; of a form that has been saved."""
        kind = KINDS[self.cleaned_data["kind"]]
        return list(kind.key_notes(self.cleaned_data["key_text"], language=self.languages[0]))

    def _draft(self, cleaned: dict[str, Any]) -> Draft:
        content = {}
        kind = KINDS[cleaned["kind"]]
        for tag in self.languages:
            text: dict[str, Any] = {}
            for name in ("prompt", "unit", "feedback"):
                # Browsers send CR LF; files and other languages have LF.
                value = cleaned[f"{name}__{tag}"].replace("\r\n", "\n")
                if value:
                    text[name] = value
            options = listed_from(cleaned[f"options__{tag}"])
            if options:
                text["options"] = options
            if text or cleaned[f"part__{tag}"]:
                content[tag] = {**text, **self._part(kind, cleaned[f"part__{tag}"])}
        return Draft(
            kind=cleaned["kind"],
            content=content,
            key=kind.key_from_text(cleaned["key_text"], language=self.languages[0]),
            skills=tuple(words(cleaned["skills_text"])),
            level=cleaned["level"],
            difficulty=cleaned["difficulty"],
            guess=cleaned["guess"],
        )

    def _part(self, kind: ItemKind, written: str) -> dict[str, Any]:
        if not written.strip():
            return {}
        # Of a kind without parts it stands as such, for the rules to refuse.
        return {kind.part: kind.part_from_text(written)} if kind.part else {"part": written}

    def _place(self, issue: Issue) -> tuple[str | None, str]:
        """Return the field that a fault is about, and the message with what is left of its place."""
        part, *rest = issue.pointer.strip("/").split("/")
        field: str | None = _PLAIN_FIELDS.get(part, part)
        message = issue.message
        if part == "content" and rest:
            member = rest[1] if len(rest) > 1 else "prompt"
            field = f"{'part' if member in _PARTS else member}__{rest[0]}"
            # The picture's address and its description come before its regions.
            place, before = (rest[3:], 3) if rest[2:3] == ["regions"] else (rest[2:], 1)
            if place and place[0].isdigit():
                message = f"line {int(place[0]) + before}: {' '.join([*place[1:], message])}"
        elif part == "key" and rest:
            message = " ".join([*(str(int(entry) + 1) if entry.isdigit() else entry for entry in rest), message])
        return (field if field in self.fields else None), message
