"""Courses as trainers author them: course -> edition -> module -> lesson, each with its texts per language.

No personal data. A published edition is frozen: its rows, and those below it, no longer change (courses.publishing).
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from common.ids import new_id


class TextStatus(models.TextChoices):
    """How far a translation may be trusted."""

    SOURCE = "source", "source text"
    MACHINE = "machine_drafted", "machine-drafted"
    REVIEWED = "reviewed", "reviewed by a person"


class Course(models.Model):
    """A course over all its editions."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    slug = models.SlugField(max_length=80, unique=True)
    licence = models.CharField(max_length=40, default="CC-BY-4.0", help_text="SPDX identifier")
    attribution = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.slug


class Edition(models.Model):
    """One edition of a course; enrolments are pinned to it. Frozen from `published_at` on."""

    class Status(models.TextChoices):
        DRAFT = "draft", "draft"
        PUBLISHED = "published", "published"
        RETIRED = "retired", "retired"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="editions")
    number = models.PositiveSmallIntegerField(default=1)
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT, editable=False)
    framework = models.ForeignKey("courses.Framework", on_delete=models.PROTECT)
    default_language = models.CharField(max_length=20, default="en")
    languages = ArrayField(
        models.CharField(max_length=20), default=list, help_text="BCP 47 tags in which the edition is offered"
    )
    requires_assessment = models.BooleanField(
        default=True, help_text="Completion needs a passed assessment of this edition."
    )
    published_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["course", "-number"]
        # The catalogue: what is published, newest first.
        indexes = [
            models.Index(
                fields=["-published_at", "-id"], condition=models.Q(status="published"), name="edition_in_catalogue"
            )
        ]
        constraints = [
            models.UniqueConstraint(fields=["course", "number"], name="one_edition_per_number"),
            # Enrolling into "the course" means its one published edition.
            models.UniqueConstraint(
                fields=["course"], condition=models.Q(status="published"), name="one_published_edition_per_course"
            ),
            models.CheckConstraint(
                condition=models.Q(status="draft", published_at__isnull=True)
                | ~models.Q(status="draft") & models.Q(published_at__isnull=False),
                name="published_has_an_instant",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.course.slug} ({self.number})"


class EditionText(models.Model):
    """Title and summary of an edition in one language."""

    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="texts")
    language = models.CharField(max_length=20)
    title = models.CharField(max_length=200)
    summary = models.TextField(blank=True, default="")
    status = models.CharField(max_length=16, choices=TextStatus, default=TextStatus.SOURCE)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["edition", "language"], name="one_edition_text_per_language")]

    def __str__(self) -> str:
        return self.title

    def get_inline_title(self) -> str:
        """The title in the admin's list of languages."""
        return f"{self.language} · {self.title}"


class Module(models.Model):
    """A part of an edition. `position` orders them; it is unique when the transaction ends, so that two may swap."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="modules")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["edition", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["edition", "position"], name="one_module_per_position", deferrable=models.Deferrable.DEFERRED
            )
        ]

    def __str__(self) -> str:
        return f"Module {self.position + 1}"

    def get_inline_title(self) -> str:
        """The title on the edition's page in the admin, which annotates it."""
        return getattr(self, "inline_title", None) or str(self)


class ModuleText(models.Model):
    """Title of a module in one language."""

    module = models.ForeignKey(Module, on_delete=models.CASCADE, related_name="texts")
    language = models.CharField(max_length=20)
    title = models.CharField(max_length=200)
    status = models.CharField(max_length=16, choices=TextStatus, default=TextStatus.SOURCE)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["module", "language"], name="one_module_text_per_language")]

    def __str__(self) -> str:
        return self.title


class Lesson(models.Model):
    """One lesson of a module; its body is Markdown, per language."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    module = models.ForeignKey(Module, on_delete=models.CASCADE, related_name="lessons")
    position = models.PositiveSmallIntegerField(default=0)
    slug = models.SlugField(max_length=80)
    minutes = models.PositiveSmallIntegerField(default=10, validators=[MinValueValidator(1), MaxValueValidator(240)])

    class Meta:
        ordering = ["module", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["module", "position"], name="one_lesson_per_position", deferrable=models.Deferrable.DEFERRED
            ),
            models.UniqueConstraint(fields=["module", "slug"], name="one_lesson_per_slug"),
        ]

    def __str__(self) -> str:
        return self.slug

    def get_inline_title(self) -> str:
        """The title on the edition's page in the admin, which annotates it."""
        return getattr(self, "inline_title", None) or self.slug


class LessonText(models.Model):
    """Title and Markdown body of a lesson in one language."""

    lesson = models.ForeignKey(Lesson, on_delete=models.CASCADE, related_name="texts")
    language = models.CharField(max_length=20)
    title = models.CharField(max_length=200)
    body = models.TextField(help_text="Markdown (CommonMark); raw HTML is shown as text")
    status = models.CharField(max_length=16, choices=TextStatus, default=TextStatus.SOURCE)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["lesson", "language"], name="one_lesson_text_per_language")]

    def __str__(self) -> str:
        return self.title

    def get_inline_title(self) -> str:
        """The title in the admin's list of languages."""
        return f"{self.language} · {self.title}"


class LessonSkill(models.Model):
    """A lesson teaches a skill up to a level."""

    lesson = models.ForeignKey(Lesson, on_delete=models.CASCADE, related_name="skills")
    skill = models.ForeignKey("courses.Skill", on_delete=models.PROTECT)
    level = models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(6)])

    class Meta:
        constraints = [models.UniqueConstraint(fields=["lesson", "skill"], name="one_level_per_lesson_and_skill")]

    def __str__(self) -> str:
        return f"{self.skill} {self.level}"
