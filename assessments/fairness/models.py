"""What the fairness monitor found. These tables contain no personal data."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from assessments.fairness import rules
from common.ids import new_id


class FairnessReport(models.Model):
    """One night's comparison of groups under a version of the rule; written once and kept (a trigger refuses changes).

    `rule` holds the rule's values as they were. What another part did not tell that night is null, and is shown as not
    known. No personal data: counts of thirty people and more.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    day = models.DateField(unique=True)
    made_at = models.DateTimeField(db_default=Now())
    since = models.DateTimeField(help_text="first attempts submitted from here on were counted")
    rule_version = models.CharField(max_length=40)
    rule = models.JSONField()
    quizzes = models.PositiveIntegerField(help_text="quizzes with attempts in the window")
    comparisons = models.PositiveIntegerField(
        help_text="groups compared with their reference; what chance is judged by"
    )
    alerts = models.PositiveIntegerField()
    appeals_overdue = models.PositiveIntegerField(
        null=True, help_text="undecided beyond their due date; null: not told"
    )
    dif = models.JSONField(
        null=True,
        help_text="items that work differently for a group: [{dimension, group, examined, flagged}]; null: not told",
    )

    class Meta:
        ordering = ["-day"]

    def __str__(self) -> str:
        return f"{self.day}"


class FairnessGroup(models.Model):
    """One group of one comparison of a report; written once and kept (a trigger refuses changes).

    `quiz` is null for all quizzes together, `group` is empty where a dimension has no two groups that are large enough.
    Of a group with fewer than thirty people nothing is stored but that the data are insufficient, which is what stands
    there for an empty group as well. `people` is rounded to the nearest 5, shares to whole percents. No personal data.
    """

    report = models.ForeignKey(FairnessReport, on_delete=models.PROTECT, related_name="groups")
    measure = models.CharField(
        max_length=20, choices=[(measure, measure.replace("_", " ")) for measure in rules.MEASURES]
    )
    quiz = models.ForeignKey("assessments.Quiz", on_delete=models.PROTECT, null=True, related_name="+")
    dimension = models.CharField(max_length=20)
    group = models.CharField(max_length=40, blank=True)
    verdict = models.CharField(max_length=12, choices=[(verdict, verdict) for verdict in rules.VERDICTS])
    people = models.PositiveIntegerField(null=True)
    share = models.FloatField(null=True, help_text="with the favourable outcome, 0 to 1")
    share_low = models.FloatField(null=True)
    share_high = models.FloatField(null=True)
    ratio = models.FloatField(null=True, help_text="to the reference's share, within the same quizzes")
    ratio_low = models.FloatField(null=True)
    ratio_high = models.FloatField(null=True)
    p_value = models.FloatField(null=True)
    q_value = models.FloatField(null=True, help_text="p-value adjusted for all comparisons of the report")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["report", "measure", "quiz", "dimension", "group"],
                nulls_distinct=False,
                name="one_figure_per_group",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    verdict=rules.INSUFFICIENT, people__isnull=True, share__isnull=True, ratio__isnull=True
                )
                | (models.Q(people__gte=30, share__isnull=False) & ~models.Q(verdict=rules.INSUFFICIENT)),
                name="small_groups_are_not_told",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.measure} {self.dimension} {self.group}"
