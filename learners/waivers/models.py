"""Lessons that a learner may skip."""

from __future__ import annotations

from django.db import models


class LessonWaiver(models.Model):
    """After a placement, a lesson of an enrolment counts as done: the learner holds all that it teaches.

    Written once. A waived lesson may still be done, and progress in it is recorded as in any other. It counts in every edition
    of the course in which the lesson leads to no level above those held: `waivers.rules.counts`.
    levels: skill -> the level that the lesson led to, in the edition for which it was waived.
    because: [{"skill": code, "level": that the lesson leads to, "held": the learner's level, "probability": with which it
    is held, "evidence": id of the answer that gave it, "rule": version of the rule that gave it}, …], by skill.
    Personal data: the learner (by the enrolment), levels.
    """

    enrolment = models.ForeignKey("learners.Enrolment", on_delete=models.CASCADE, related_name="waivers")
    lesson = models.ForeignKey("courses.Lesson", on_delete=models.PROTECT)
    levels = models.JSONField(default=dict)
    because = models.JSONField()
    framework_version = models.CharField(max_length=30)
    rule_version = models.CharField(max_length=40, help_text="of the rule that waives")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            # Waiving twice is one waiver.
            models.UniqueConstraint(
                fields=["enrolment", "lesson", "levels"], name="one_waiver_per_enrolment_lesson_and_levels"
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)
