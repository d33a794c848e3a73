"""How far a learner got in a lesson."""

from __future__ import annotations

from django.core.validators import MaxValueValidator
from django.db import models


class LessonProgress(models.Model):
    """The furthest point of a lesson, merged from any number of devices in any order: maximum, and first time done.

    Nothing here is a score: a client says how far it read, never how well (assessments grade).
    Personal data: learner (by the enrolment), times.
    """

    enrolment = models.ForeignKey("learners.Enrolment", on_delete=models.CASCADE, related_name="progress")
    lesson = models.ForeignKey("courses.Lesson", on_delete=models.PROTECT)
    furthest = models.PositiveSmallIntegerField(validators=[MaxValueValidator(100)], help_text="per cent")
    done_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            # Target of the upsert.
            models.UniqueConstraint(fields=["enrolment", "lesson"], name="one_progress_per_enrolment_and_lesson"),
            models.CheckConstraint(condition=models.Q(furthest__lte=100), name="furthest_is_a_percentage"),
        ]

    def __str__(self) -> str:
        return f"{self.furthest} %"
