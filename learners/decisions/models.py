"""Levels that people decide, and levels that are frozen while they are disputed."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now


class LevelDecision(models.Model):
    """People decided that a learner has a level of a skill; written once, never edited (a trigger refuses it).

    `computed_level` is what evidence had given when they decided, or when the level was frozen: a decision below it is a
    cap, any other a floor. What was decided before stays as it is; the newest decision counts.
    Personal data: the learner, the ids of those who decided, and their reason; goes when the learner is erased.
    """

    class Cause(models.TextChoices):
        ASSESSORS = "assessors", "assessors"
        APPEAL = "appeal", "appeal"
        REVIEW = "review", "review"

    id = models.UUIDField(primary_key=True, editable=False)
    learner = models.ForeignKey("learners.Learner", on_delete=models.CASCADE, related_name="level_decisions")
    skill_code = models.CharField(max_length=20)
    level = models.PositiveSmallIntegerField(help_text="0: none")
    computed_level = models.PositiveSmallIntegerField(help_text="what evidence had given, as they saw it")
    cause = models.CharField(max_length=10, choices=Cause.choices)
    decided_by = ArrayField(models.UUIDField(), help_text="accounts of those who decided")
    reason = models.TextField()
    rubric = models.CharField(max_length=40, null=True, help_text="version of the rubric, where there was one")
    framework_version = models.CharField(max_length=30)
    decided_at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = "level decided by people"
        verbose_name_plural = "levels decided by people"
        constraints = [
            models.CheckConstraint(condition=models.Q(level__lte=6), name="decided_level_at_most_6"),
            models.CheckConstraint(condition=models.Q(computed_level__lte=3), name="decision_saw_a_computed_level"),
            models.CheckConstraint(condition=models.Q(decided_by__len__gte=1), name="decided_by_somebody"),
            models.CheckConstraint(condition=~models.Q(reason=""), name="decided_for_a_reason"),
        ]
        # A learner's level is read together with all decisions on it.
        indexes = [models.Index(fields=["learner", "skill_code", "decided_at"], name="decisions_of_a_learner")]

    def __str__(self) -> str:
        return f"{self.skill_code} {self.level}"


class LevelFreeze(models.Model):
    """A level is disputed: until `released_at` it stays what it was, whatever evidence or people say meanwhile.

    `level`, `since` and `decision` are what stood when the freeze began, kept so that not even a recomputation under
    other item parameters moves a disputed level. Only `released_at` is ever set afterwards, once.
    Personal data: the learner's.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    learner = models.ForeignKey("learners.Learner", on_delete=models.CASCADE, related_name="level_freezes")
    skill_code = models.CharField(max_length=20)
    level = models.PositiveSmallIntegerField()
    since = models.DateTimeField(null=True)
    cause = models.CharField(max_length=10)
    decision = models.ForeignKey(LevelDecision, on_delete=models.CASCADE, null=True, related_name="+")
    reason = models.CharField(max_length=40, help_text="a code, such as appeal")
    frozen_at = models.DateTimeField()
    released_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "frozen level"
        verbose_name_plural = "frozen levels"
        constraints = [
            # Two freezes of one level could not both be "what it was".
            models.UniqueConstraint(
                fields=["learner", "skill_code"], condition=models.Q(released_at=None), name="one_open_freeze_per_level"
            ),
            models.CheckConstraint(
                condition=models.Q(released_at=None) | models.Q(released_at__gte=models.F("frozen_at")),
                name="released_after_frozen",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.skill_code} {self.level}"
