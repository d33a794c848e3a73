"""Two people, or two tabs, on one page: whoever saves second is told, and nothing that was typed is lost."""

from __future__ import annotations

import hashlib
import json
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from courses.admin.authoring import course_of
from courses.content.models import Activity, Course, CourseText, Lesson, LessonSkill, LessonText, Module, ModuleText
from courses.content.services import hold_draft

SEEN_TEMPLATE = "courses/admin/seen.html"

_EDITED_SINCE = _(
    "Somebody saved this page after you opened it. What you typed is still here, and nothing of it is saved yet. "
    "Open the page in another tab to compare; saving here again replaces the other version by yours."
)


def fingerprint(thing: Course | Lesson) -> str:
    """Return a digest of what the page of a course or of a lesson lets people change, as it is stored now."""
    rows: list[QuerySet[Any]]
    if isinstance(thing, Course):
        rows = [
            Course.objects.filter(pk=thing.pk),
            CourseText.objects.filter(course=thing.pk),
            Module.objects.filter(course=thing.pk),
            ModuleText.objects.filter(module__course=thing.pk),
            Activity.objects.filter(course=thing.pk),
        ]
    else:
        rows = [
            Activity.objects.filter(pk=thing.pk),
            Lesson.objects.filter(pk=thing.pk),
            LessonText.objects.filter(lesson=thing.pk),
            LessonSkill.objects.filter(lesson=thing.pk),
        ]
    stored = json.dumps([list(part.order_by("pk").values_list()) for part in rows], cls=DjangoJSONEncoder)
    return hashlib.sha256(stored.encode()).hexdigest()


class SeenForm(forms.ModelForm):
    """Carries what its page looked like when it was opened, and refuses once to save over anything newer.

    The page renders `seen` by `SEEN_TEMPLATE`. A form sent without it, as no browser would, is not compared.
    """

    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.is_bound and not self.instance._state.adding:
            self.initial["seen"] = fingerprint(self.instance)

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        course = course_of(self.instance)
        if self.instance._state.adding or course is None:
            return cleaned
        # Two who save at once wait for each other here, and the second compares with what the first stored.
        hold_draft(course.pk)
        stored, seen = fingerprint(self.instance), self.cleaned_data.get("seen")
        if seen and seen != stored:
            sent = cast(QueryDict, self.data).copy()
            sent[self.add_prefix("seen")] = stored
            self.data = sent
            raise ValidationError(_EDITED_SINCE, code="edited_since")
        return cleaned
