"""What answers say about items and forms: the kept reports of item analysis."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models


class AnalysisRun(models.Model):
    """One analysis of the items of a course over all its editions, kept as a report; its rows never change. The newest is shown.

    `digest` is the SHA-256 of what was analysed: nothing new, no new run. No personal data: no figure of fewer than ten
    learners is in any of its rows, nor can one be worked out by subtraction within one of its tables.
    """

    course = models.ForeignKey("courses.Course", on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    made_at = models.DateTimeField()
    digest = models.CharField(max_length=64)
    method = models.CharField(max_length=20, help_text="version of the rules that made the figures")
    learners = models.PositiveIntegerField()
    answers = models.PositiveIntegerField()
    tests = models.PositiveIntegerField(help_text="Mantel-Haenszel tests whose p-values were corrected together")

    class Meta:
        ordering = ["-day", "course"]
        constraints = [
            # A repeated or interrupted nightly job makes one report a day. Also finds the newest of a course.
            models.UniqueConstraint(fields=["course", "day"], name="one_analysis_per_course_and_day"),
        ]

    def __str__(self) -> str:
        return f"{self.day}"


class ItemStatistic(models.Model):
    """The figures of one measure in one run; null is "insufficient data", never zero.

    A measure is an item's revisions that measure the same: `revision` is the first, `joined` the numbers of those answered.

    thirds: [{"n": 40, "right": 0.55}, …] lowest to highest third by rest score, or [].
    options: [{"option": "a", "right": true, "share": 0.7, "thirds": [0.5, 0.7, 0.9]}, …], "option" null for what was left
    open; [] where there is nothing to choose. It tells the key: shown only to who may see items.
    findings: [{"flag": "best_choose_distractor", …}, …], the reasons of `flags`; `assessments.analysis.words` says them.
    No personal data.
    """

    run = models.ForeignKey(AnalysisRun, on_delete=models.CASCADE, related_name="items")
    revision = models.ForeignKey("assessments.ItemRevision", on_delete=models.PROTECT, related_name="+")
    joined = ArrayField(models.PositiveIntegerField(), default=list)
    n = models.PositiveIntegerField(help_text="learners who met it first in an analysed attempt; 0 below ten")
    facility = models.FloatField(null=True, help_text="mean score, 0 to 1")
    is_binary = models.BooleanField(default=True, help_text="every score was 0 or 1")
    discrimination = models.FloatField(null=True, help_text="correlation of the score with the rest score")
    timed = models.PositiveIntegerField(default=0, help_text="answers with a time")
    median_seconds = models.FloatField(null=True)
    difficulty = models.FloatField(null=True, help_text="observed, in logits beside the other items of the run")
    thirds = models.JSONField(default=list)
    options = models.JSONField(default=list)
    flags = ArrayField(models.CharField(max_length=40), default=list)
    findings = models.JSONField(default=list)

    class Meta:
        ordering = ["run", "revision"]
        # The list of items by flag.
        indexes = [GinIndex(fields=["flags"], name="item_statistics_by_flag")]
        constraints = [
            models.UniqueConstraint(fields=["run", "revision"], name="one_statistic_per_run_and_revision"),
            models.CheckConstraint(
                condition=models.Q(n=0, facility__isnull=True) | models.Q(n__gte=10), name="no_item_of_a_few_learners"
            ),
        ]

    def __str__(self) -> str:
        return str(self.revision)


class FormStatistic(models.Model):
    """How reliable the scores of one quiz are, for all learners (`factor` empty) or for a group; null with a `reason`.

    No personal data: no row of fewer than ten learners.
    """

    run = models.ForeignKey(AnalysisRun, on_delete=models.CASCADE, related_name="forms")
    quiz = models.ForeignKey("assessments.Quiz", on_delete=models.PROTECT, related_name="+")
    factor = models.CharField(max_length=30, blank=True, default="")
    group = models.CharField(max_length=40, blank=True, default="")
    n = models.PositiveIntegerField()
    items = models.PositiveIntegerField(help_text="scored items of an attempt")
    is_drawn = models.BooleanField(help_text="not everybody had the same items")
    is_binary = models.BooleanField(help_text="every score was 0 or 1: the coefficient is KR-20, else Cronbach's alpha")
    mean = models.FloatField(null=True)
    deviation = models.FloatField(null=True, help_text="standard deviation of the attempts' mean scores")
    reliability = models.FloatField(null=True)
    error = models.FloatField(null=True, help_text="standard error of measurement of a mean score, 0 to 1")
    reason = models.CharField(max_length=40, blank=True, default="")

    class Meta:
        ordering = ["run", "quiz", "factor", "group"]
        constraints = [
            models.UniqueConstraint(fields=["run", "quiz", "factor", "group"], name="one_form_statistic_per_group"),
            models.CheckConstraint(condition=models.Q(n__gte=10), name="no_form_of_a_few_learners"),
        ]

    def __str__(self) -> str:
        return " ".join(filter(None, [str(self.quiz), self.group]))


class DifResult(models.Model):
    """One measure (its first revision) in one group, and whether it is harder there than for equally able of the reference.

    The reference is the largest group of the factor; its own row has no test. `delta` is ETS's: negative where the item
    is harder for `group`; null with fewer than 200 answers in either group ("insufficient data"). `facility` null: withheld,
    for with it the total would tell the figures of a group that is too small; `n` is then only "at least 200".
    No personal data: no row of fewer than ten learners.
    """

    run = models.ForeignKey(AnalysisRun, on_delete=models.CASCADE, related_name="dif")
    revision = models.ForeignKey("assessments.ItemRevision", on_delete=models.PROTECT, related_name="+")
    factor = models.CharField(max_length=30)
    group = models.CharField(max_length=40)
    reference = models.CharField(max_length=40, blank=True, default="")
    n = models.PositiveIntegerField()
    facility = models.FloatField(null=True)
    discrimination = models.FloatField(null=True)
    median_seconds = models.FloatField(null=True)
    delta = models.FloatField(null=True)
    delta_error = models.FloatField(null=True, help_text="standard error of delta")
    p = models.FloatField(null=True)
    q = models.FloatField(null=True, help_text="p corrected over all tests of the run (Benjamini-Hochberg)")
    ets_class = models.CharField(max_length=1, blank=True, default="", help_text="A, B or C; empty: insufficient data")

    class Meta:
        ordering = ["run", "revision", "factor", "group"]
        constraints = [
            models.UniqueConstraint(fields=["run", "revision", "factor", "group"], name="one_dif_result_per_group"),
            models.CheckConstraint(condition=models.Q(n__gte=10), name="no_group_of_a_few_learners"),
        ]

    def __str__(self) -> str:
        return f"{self.revision} {self.group}"
