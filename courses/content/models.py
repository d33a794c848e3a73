"""The draft of each course, always one, in ordinary rows: course -> module -> activity, with texts per language.

Modules and activities have one identity for life, in every edition. What is removed keeps its row with a mark, so that it can
be put back. What learners read are editions (courses.publishing), which pin versions of this.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from common.ids import new_id
from courses.content.values import digest_of


class Authority(models.Model):
    """Who answers for courses: a member state, or the region as a whole (`regional`).

    second_person_publishes, second_person_approves_items: whether somebody else than the author has to agree.
    """

    REGIONAL = "regional"

    code = models.CharField(primary_key=True, max_length=20, help_text="ISO 3166 alpha-2 of a state, or “regional”")
    second_person_publishes = models.BooleanField(
        default=False, help_text="A course is published only when a second person has approved the proposal."
    )
    second_person_approves_items = models.BooleanField(
        default=False, help_text="A question is used only when another person than its author has approved it."
    )

    class Meta:
        ordering = ["code"]
        verbose_name_plural = "authorities"

    def __str__(self) -> str:
        return self.code


class TextStatus(models.TextChoices):
    """How far a translation may be trusted."""

    SOURCE = "source", "source text"
    MACHINE = "machine_drafted", "machine-drafted"
    REVIEWED = "reviewed", "reviewed by a person"


class Course(models.Model):
    """A course over all its editions, and its draft.

    wanted_languages: the languages that the course is meant to be offered in; an edition offers those that are complete.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    slug = models.SlugField(max_length=80, unique=True)
    authority = models.ForeignKey(
        Authority, on_delete=models.PROTECT, default=Authority.REGIONAL, related_name="courses"
    )
    source_language = models.CharField(max_length=20, default="en")
    wanted_languages = ArrayField(
        models.CharField(max_length=20),
        default=list,
        help_text="BCP 47 tags. An edition is offered in those of them in which every text is there.",
    )
    licence = models.CharField(max_length=40, default="CC-BY-4.0", help_text="SPDX identifier")
    attribution = models.CharField(max_length=200, blank=True, default="")
    requires_assessment = models.BooleanField(
        default=True, help_text="Completion needs a passed assessment of the course."
    )

    class Meta:
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.slug


class CourseMember(models.Model):
    """A person of a course's team. Owners invite others; others than the team see only what is published.

    language: for a translator or reviewer, the one language that this is about.
    """

    class Role(models.TextChoices):
        OWNER = "owner", "owner"
        AUTHOR = "author", "author"
        TRANSLATOR = "translator", "translator"
        REVIEWER = "reviewer", "reviewer"

    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    role = models.CharField(max_length=10, choices=Role)
    language = models.CharField(max_length=20, null=True, blank=True)

    class Meta:
        permissions = [("invite_coursemember", "Can take people into teams of the own authority's courses")]
        constraints = [
            models.UniqueConstraint(
                fields=["course", "user", "role", "language"],
                nulls_distinct=False,
                name="one_membership_per_role_and_language",
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=["owner", "author"], language__isnull=True)
                | models.Q(role__in=["translator", "reviewer"], language__isnull=False),
                name="translators_have_a_language",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.role})"


class SourceText(models.Model):
    """What a text in the source language said when something was translated from it. Append-only.

    digest: SHA-256 (hex) of the RFC 8785 form of `body`, the words by field.
    """

    digest = models.CharField(primary_key=True, max_length=64)
    body = models.JSONField()

    def __str__(self) -> str:
        return self.digest[:12]


class LanguageText(models.Model):
    """A text in one language.

    digest: of its words, as in SourceText. source: the source text that a translation was made from. A translation is stale
    when its `source` is not the digest of the text that stands in the source language now.
    """

    language = models.CharField(max_length=20)
    status = models.CharField(max_length=16, choices=TextStatus, default=TextStatus.SOURCE)
    digest = models.CharField(max_length=64, editable=False)
    source = models.ForeignKey(SourceText, on_delete=models.PROTECT, null=True, editable=False, related_name="+")
    changed_at = models.DateTimeField(null=True, editable=False)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, editable=False, related_name="+"
    )
    reviewed_at = models.DateTimeField(null=True, editable=False)
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, editable=False, related_name="+"
    )

    # The columns that hold words.
    WORDS: ClassVar[tuple[str, ...]]

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.digest = digest_of(self.words())
        super().save(*args, **kwargs)

    def words(self) -> dict[str, str]:
        """The words by field, as in SourceText."""
        return {name: getattr(self, name) for name in self.WORDS}


class CourseText(LanguageText):
    """Title and summary of a course in one language."""

    WORDS = ("title", "summary")

    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="texts")
    title = models.CharField(max_length=200)
    summary = models.TextField(blank=True, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["course", "language"], name="one_course_text_per_language")]

    def __str__(self) -> str:
        return self.title


class Module(models.Model):
    """A part of a course. `position` orders those that are not removed, and is unique when the transaction ends."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="modules")
    position = models.PositiveSmallIntegerField(null=True, default=0)
    removed_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["course", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["course", "position"], name="one_module_per_position", deferrable=models.Deferrable.DEFERRED
            ),
            models.CheckConstraint(
                condition=models.Q(removed_at__isnull=True, position__isnull=False)
                | models.Q(removed_at__isnull=False, position__isnull=True),
                name="removed_modules_have_no_place",
            ),
        ]

    def __str__(self) -> str:
        return f"Module {self.position + 1}" if self.position is not None else "Module"

    def get_inline_title(self) -> str:
        """The title on the course's page in the admin, which annotates it."""
        return getattr(self, "inline_title", None) or str(self)


class ModuleText(LanguageText):
    """Title of a module in one language."""

    WORDS = ("title",)

    module = models.ForeignKey(Module, on_delete=models.CASCADE, related_name="texts")
    title = models.CharField(max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["module", "language"], name="one_module_text_per_language")]

    def __str__(self) -> str:
        return self.title


class Activity(models.Model):
    """A lesson or a quiz in its place. What it is, is in a row of its own with the same key (Lesson; assessments' Quiz)."""

    class Kind(models.TextChoices):
        LESSON = "lesson", "lesson"
        QUIZ = "quiz", "quiz"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="activities")
    module = models.ForeignKey(Module, on_delete=models.CASCADE, related_name="activities")
    kind = models.CharField(max_length=10, choices=Kind)
    position = models.PositiveSmallIntegerField(null=True, default=0)
    slug = models.SlugField(max_length=80)
    removed_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["module", "position"]
        verbose_name_plural = "activities"
        constraints = [
            models.UniqueConstraint(
                fields=["module", "position"], name="one_activity_per_position", deferrable=models.Deferrable.DEFERRED
            ),
            models.UniqueConstraint(
                fields=["course", "slug"],
                condition=models.Q(removed_at__isnull=True),
                name="one_activity_per_slug",
            ),
            models.CheckConstraint(
                condition=models.Q(removed_at__isnull=True, position__isnull=False)
                | models.Q(removed_at__isnull=False, position__isnull=True),
                name="removed_activities_have_no_place",
            ),
        ]

    def __str__(self) -> str:
        return self.slug

    def get_inline_title(self) -> str:
        """The title on the course's page in the admin, which annotates it."""
        return getattr(self, "inline_title", None) or self.slug


class Lesson(models.Model):
    """What a lesson is besides its place; its body is Markdown, per language."""

    activity = models.OneToOneField(Activity, primary_key=True, on_delete=models.CASCADE, related_name="lesson")
    minutes = models.PositiveSmallIntegerField(default=10, validators=[MinValueValidator(1), MaxValueValidator(240)])

    def __str__(self) -> str:
        return str(self.activity)


class LessonText(LanguageText):
    """Title and Markdown body of a lesson in one language."""

    WORDS = ("title", "body")

    lesson = models.ForeignKey(Lesson, on_delete=models.CASCADE, related_name="texts")
    title = models.CharField(max_length=200)
    body = models.TextField(help_text="Markdown (CommonMark); raw HTML is shown as text")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["lesson", "language"], name="one_lesson_text_per_language")]

    def __str__(self) -> str:
        return self.title

    def get_inline_title(self) -> str:
        """The title in the admin's list of languages."""
        return f"{self.language} · {self.title}"


class LessonSkill(models.Model):
    """A lesson teaches a skill up to a level. The skill is named by its code, which all versions of the framework share."""

    lesson = models.ForeignKey(Lesson, on_delete=models.CASCADE, related_name="skills")
    skill_code = models.CharField(max_length=20)
    level = models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(6)])

    class Meta:
        constraints = [models.UniqueConstraint(fields=["lesson", "skill_code"], name="one_level_per_lesson_and_skill")]

    def __str__(self) -> str:
        return f"{self.skill_code} {self.level}"
