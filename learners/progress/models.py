"""How far a learner got in a lesson."""

from __future__ import annotations

from django.core.validators import MaxValueValidator
from django.db import models


class LessonProgress(models.Model):
    """The furthest point of a lesson, merged from any number of devices in any order: maximum, and first time done.

    version, language, seen_at: digest and language of the text that was done last, and when; empty where no device said it.
    The lesson may be one that the enrolment's present edition does not have.
    Nothing here is a score: a client says how far it read, never how well (assessments grade).
    Personal data: learner (by the enrolment), times.
    """

    enrolment = models.ForeignKey("learners.Enrolment", on_delete=models.CASCADE, related_name="progress")
    lesson = models.ForeignKey("courses.Lesson", on_delete=models.PROTECT)
    furthest = models.PositiveSmallIntegerField(validators=[MaxValueValidator(100)], help_text="per cent")
    done_at = models.DateTimeField(null=True)
    version = models.CharField(max_length=64, blank=True, default="")
    language = models.CharField(max_length=20, blank=True, default="")
    seen_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            # Target of the upsert.
            models.UniqueConstraint(fields=["enrolment", "lesson"], name="one_progress_per_enrolment_and_lesson"),
            models.CheckConstraint(condition=models.Q(furthest__lte=100), name="furthest_is_a_percentage"),
        ]

    def __str__(self) -> str:
        return f"{self.furthest} %"
