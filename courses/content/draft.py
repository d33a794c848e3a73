"""The draft of a course as one value: read in a constant number of queries, and written so that it says just that."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import Prefetch

from common import clock
from courses.content.models import (
    Activity,
    Course,
    CourseText,
    LanguageText,
    Lesson,
    LessonSkill,
    LessonText,
    Module,
    ModuleText,
    SourceText,
)
from courses.content.values import (
    CourseContent,
    CourseWords,
    LessonContent,
    LessonWords,
    ModuleContent,
    ModuleWords,
    QuizPlace,
    Words,
    digest_of,
)

_BY_WHOM = ("changed_at", "changed_by", "reviewed_at", "reviewed_by")


def content_of_draft(course_id: UUID) -> CourseContent:
    """Everything that a course's draft says, without what was removed.

    Raises:
        Course.DoesNotExist: there is no such course.
    """
    activities = (
        Activity.objects.filter(removed_at__isnull=True)
        .order_by("position")
        .select_related("lesson")
        .prefetch_related("lesson__texts", "lesson__skills")
    )
    modules = (
        Module.objects.filter(removed_at__isnull=True)
        .order_by("position")
        .prefetch_related("texts", Prefetch("activities", queryset=activities))
    )
    course = Course.objects.prefetch_related("texts", Prefetch("modules", queryset=modules)).get(pk=course_id)
    return CourseContent(
        id=course.pk,
        slug=course.slug,
        licence=course.licence,
        attribution=course.attribution,
        source_language=course.source_language,
        languages=tuple(course.wanted_languages),
        requires_assessment=course.requires_assessment,
        texts={
            text.language: CourseWords(
                title=text.title, summary=text.summary, status=text.status, source=text.source_id
            )
            for text in course.texts.all()
        },
        modules=tuple(
            ModuleContent(
                id=module.pk,
                texts={
                    text.language: ModuleWords(title=text.title, status=text.status, source=text.source_id)
                    for text in module.texts.all()
                },
                activities=tuple(map(_activity_content, module.activities.all())),
            )
            for module in course.modules.all()
        ),
    )


def _activity_content(activity: Activity) -> LessonContent | QuizPlace:
    if activity.kind == Activity.Kind.QUIZ:
        return QuizPlace(id=activity.pk, slug=activity.slug)
    return LessonContent(
        id=activity.pk,
        slug=activity.slug,
        minutes=activity.lesson.minutes,
        skills={taught.skill_code: taught.level for taught in activity.lesson.skills.all()},
        texts={
            text.language: LessonWords(title=text.title, body=text.body, status=text.status, source=text.source_id)
            for text in activity.lesson.texts.all()
        },
    )


def texts_of_parts(
    content: CourseContent,
) -> tuple[Mapping[UUID, Mapping[str, ModuleWords]], Mapping[UUID, Mapping[str, LessonWords]]]:
    """The texts that are stored of a content's modules and of its lessons, also of those that are removed now."""
    modules: dict[UUID, dict[str, ModuleWords]] = defaultdict(dict)
    for title in ModuleText.objects.filter(module__in=[module.id for module in content.modules]):
        modules[title.module_id][title.language] = ModuleWords(title.title, title.status, title.source_id)
    lessons: dict[UUID, dict[str, LessonWords]] = defaultdict(dict)
    for text in LessonText.objects.filter(lesson__in=[lesson.id for lesson in content.lessons()]):
        lessons[text.lesson_id][text.language] = LessonWords(text.title, text.body, text.status, text.source_id)
    return modules, lessons


def write_draft(content: CourseContent, *, changed_by: UUID | None = None) -> None:
    """Make the draft of an existing course say `content`, within the caller's transaction, which holds the course's lock.

    Modules and activities that are not in it are marked as removed; those that were removed and are in it come back. Rows
    that say the same already are left as they are, with who changed and reviewed them.
    """
    Course.objects.filter(pk=content.id).update(
        slug=content.slug,
        licence=content.licence,
        attribution=content.attribution,
        source_language=content.source_language,
        wanted_languages=list(content.languages),
        requires_assessment=content.requires_assessment,
    )
    _write_outline(content)
    lessons = list(content.lessons())
    _remember_sources(content)
    _write_texts(CourseText, "course", {content.id: content.texts}, changed_by)
    _write_texts(ModuleText, "module", {module.id: module.texts for module in content.modules}, changed_by)
    _write_texts(LessonText, "lesson", {lesson.id: lesson.texts for lesson in lessons}, changed_by)
    _write_skills(lessons)


def _write_outline(content: CourseContent) -> None:
    now = clock.now()
    kept_modules = [module.id for module in content.modules]
    kept = [activity.id for module in content.modules for activity in module.activities]
    Activity.objects.filter(course_id=content.id, removed_at__isnull=True).exclude(pk__in=kept).update(
        removed_at=now, position=None
    )
    Module.objects.bulk_create(
        [Module(id=module.id, course_id=content.id, position=n) for n, module in enumerate(content.modules)],
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["position", "removed_at"],
    )
    # A slug may pass from one activity to another, so all give theirs up before any takes its new one.
    moved = Activity.objects.filter(pk__in=kept)
    wanted = {activity.id: activity.slug for module in content.modules for activity in module.activities}
    if any(wanted[pk] != slug for pk, slug in moved.values_list("pk", "slug")):
        moved.update(slug=models.functions.Cast("pk", models.CharField()))
    Activity.objects.bulk_create(
        [
            Activity(
                id=activity.id,
                course_id=content.id,
                module_id=module.id,
                kind=Activity.Kind.QUIZ if isinstance(activity, QuizPlace) else Activity.Kind.LESSON,
                position=position,
                slug=activity.slug,
            )
            for module in content.modules
            for position, activity in enumerate(module.activities)
        ],
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["module", "position", "slug", "removed_at"],
    )
    Lesson.objects.bulk_create(
        [Lesson(activity_id=lesson.id, minutes=lesson.minutes) for lesson in content.lessons()],
        update_conflicts=True,
        unique_fields=["activity"],
        update_fields=["minutes"],
    )
    # Only now: an activity may have moved out of a module that is gone.
    Module.objects.filter(course_id=content.id, removed_at__isnull=True).exclude(pk__in=kept_modules).update(
        removed_at=now, position=None
    )


def _remember_sources(content: CourseContent) -> None:
    """Keep the present source texts, so that a translation can point at what it was made from."""
    present = [
        texts[content.source_language].fields() for texts in content.all_texts() if content.source_language in texts
    ]
    SourceText.objects.bulk_create(
        [SourceText(digest=digest_of(body), body=body) for body in present], ignore_conflicts=True
    )


def _write_texts(
    model: type[LanguageText], owner: str, wanted: Mapping[UUID, Mapping[str, Words]], changed_by: UUID | None
) -> None:
    rows: models.QuerySet[Any] = model._default_manager.filter(**{f"{owner}__in": list(wanted)})
    stored = {(getattr(row, f"{owner}_id"), row.language): row for row in rows}
    now = clock.now()
    changed = []
    for owner_id, texts in wanted.items():
        for language, words in texts.items():
            row = stored.pop((owner_id, language), None)
            fields = words.fields()
            values = {**fields, "status": words.status, "digest": digest_of(fields), "source_id": words.source}
            if row is not None and all(getattr(row, name) == value for name, value in values.items()):
                continue
            changed.append(
                model(
                    **{f"{owner}_id": owner_id, "language": language, **values},
                    changed_at=now,
                    changed_by_id=changed_by,
                )
            )
    rows.filter(pk__in=[row.pk for row in stored.values()]).delete()
    if changed:
        model._default_manager.bulk_create(
            changed,
            update_conflicts=True,
            unique_fields=[owner, "language"],
            update_fields=[*model.WORDS, "status", "digest", "source", *_BY_WHOM],
        )


def _write_skills(lessons: list[LessonContent]) -> None:
    wanted = {(lesson.id, code): level for lesson in lessons for code, level in lesson.skills.items()}
    stored = {
        (row.lesson_id, row.skill_code): row
        for row in LessonSkill.objects.filter(lesson__in=[lesson.id for lesson in lessons])
    }
    LessonSkill.objects.filter(pk__in=[row.pk for key, row in stored.items() if key not in wanted]).delete()
    LessonSkill.objects.bulk_create(
        [
            LessonSkill(lesson_id=lesson_id, skill_code=code, level=level)
            for (lesson_id, code), level in wanted.items()
            if (lesson_id, code) not in stored or stored[lesson_id, code].level != level
        ],
        update_conflicts=True,
        unique_fields=["lesson", "skill_code"],
        update_fields=["level"],
    )
