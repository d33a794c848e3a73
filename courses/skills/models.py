"""The AI-skills framework: versioned, never edited once loaded. No personal data."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now


class Framework(models.Model):
    """One version of the framework. `thresholds` and `award_rules` are what mastery is computed with under it.

    thresholds: success rate on a reference item, by computed level, e.g. {"1": 0.5, "2": 0.65, "3": 0.8}.
    """

    code = models.CharField(max_length=60)
    version = models.CharField(max_length=30)
    digest = models.CharField(max_length=64, help_text="SHA-256 of the canonical content that was loaded")
    language = models.CharField(max_length=20)
    licence = models.TextField()
    notice = models.TextField(blank=True, default="")
    references = models.JSONField(default=dict)
    award_rules = models.JSONField(default=dict)
    thresholds = models.JSONField(default=dict)
    tracks = models.JSONField(default=dict)
    current = models.BooleanField(default=False)
    loaded_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="one_framework_per_version"),
            models.UniqueConstraint(fields=["current"], condition=models.Q(current=True), name="one_current_framework"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.version}"


class SkillLevel(models.Model):
    """One of the six levels. `automated_award` is true for those that may ever be computed."""

    framework = models.ForeignKey(Framework, on_delete=models.CASCADE, related_name="levels")
    level = models.PositiveSmallIntegerField()
    key = models.CharField(max_length=40)
    name = models.CharField(max_length=80)
    description = models.JSONField(default=dict, help_text="autonomy, context, task")
    aqrf = ArrayField(models.PositiveSmallIntegerField(), default=list)
    evidence = ArrayField(models.CharField(max_length=60), default=list)
    automated_award = models.BooleanField()

    class Meta:
        ordering = ["framework", "level"]
        constraints = [models.UniqueConstraint(fields=["framework", "level"], name="one_row_per_framework_level")]

    def __str__(self) -> str:
        return f"{self.level} {self.name}"


class SkillArea(models.Model):
    """A group of skills, A to F."""

    framework = models.ForeignKey(Framework, on_delete=models.CASCADE, related_name="areas")
    code = models.CharField(max_length=4)
    name = models.CharField(max_length=120)
    description = models.TextField()

    class Meta:
        ordering = ["framework", "code"]
        constraints = [models.UniqueConstraint(fields=["framework", "code"], name="one_area_per_framework_code")]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Skill(models.Model):
    """One skill of the framework, e.g. AIS-A1, with its range of levels and its mappings to other frameworks."""

    framework = models.ForeignKey(Framework, on_delete=models.CASCADE, related_name="skills")
    area = models.ForeignKey(SkillArea, on_delete=models.PROTECT, related_name="skills")
    code = models.CharField(max_length=20)
    name = models.CharField(max_length=160)
    description = models.TextField()
    tracks = ArrayField(models.CharField(max_length=40), default=list)
    min_level = models.PositiveSmallIntegerField()
    max_level = models.PositiveSmallIntegerField()
    prerequisites = ArrayField(models.CharField(max_length=20), default=list)
    mappings = models.JSONField(default=dict)

    class Meta:
        ordering = ["framework", "code"]
        constraints = [models.UniqueConstraint(fields=["framework", "code"], name="one_skill_per_framework_code")]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class SkillStatement(models.Model):
    """What a person can do at a level of a skill."""

    skill = models.ForeignKey(Skill, on_delete=models.CASCADE, related_name="statements")
    level = models.PositiveSmallIntegerField()
    statement = models.TextField()

    class Meta:
        ordering = ["skill", "level"]
        constraints = [models.UniqueConstraint(fields=["skill", "level"], name="one_statement_per_skill_level")]

    def __str__(self) -> str:
        return self.statement


class FrameworkLabel(models.Model):
    """The name of a level or an area in a further language; machine drafts are marked as such wherever they are shown."""

    framework = models.ForeignKey(Framework, on_delete=models.CASCADE, related_name="labels")
    kind = models.CharField(max_length=10, choices=[("level", "level"), ("area", "area")])
    key = models.CharField(max_length=10)
    language = models.CharField(max_length=20)
    text = models.CharField(max_length=160)
    machine_drafted = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["framework", "kind", "key", "language"], name="one_label_per_key_and_language"
            )
        ]

    def __str__(self) -> str:
        return self.text
