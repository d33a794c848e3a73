"""Levels that people decided, and levels in dispute."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models


class LevelDecision(models.Model):
    """People decided a learner's level in a skill. Personal data: the learner's, who decided, and why."""

    id = models.UUIDField(primary_key=True, editable=False)
    learner = models.ForeignKey("learners.Learner", on_delete=models.CASCADE, related_name="level_decisions")
    skill_code = models.CharField(max_length=20)
    level = models.PositiveSmallIntegerField()
    cause = models.CharField(max_length=10)
    decided_by = ArrayField(models.UUIDField())
    reason = models.TextField()
    decided_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.skill_code} {self.level}"


class LevelFreeze(models.Model):
    """A learner's level in a skill is in dispute and stays as it is. Personal data: the learner's."""

    id = models.UUIDField(primary_key=True, editable=False)
    learner = models.ForeignKey("learners.Learner", on_delete=models.CASCADE, related_name="level_freezes")
    skill_code = models.CharField(max_length=20)
    reason = models.CharField(max_length=200)
    frozen_at = models.DateTimeField()
    released_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.skill_code
