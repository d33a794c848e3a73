"""Work that people mark: what waits, who is at it, and what they gave."""

from __future__ import annotations

from uuid import uuid4

from django.db import models

from common.ids import new_id


class MarkingTask(models.Model):
    """One answer that people mark. Its rubric is the key of the item's revision, frozen with it.

    `code` is all that markers know of whose work it is: random, and another one for each answer, so that no two works of a
    learner can be told to be of one hand. So is `id`, which stands in the address of the work's page: ids that carry an
    instant would be neighbours. `final` is written once, with the last mark that was needed.
    Personal data: the learner's work, by the attempt's item.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    attempt_item = models.OneToOneField(
        "assessments.AttemptItem", on_delete=models.CASCADE, related_name="marking_task"
    )
    code = models.CharField(max_length=12, unique=True)
    language = models.CharField(max_length=20)
    opened_at = models.DateTimeField()
    final = models.FloatField(null=True, help_text="0 to 1; null while marks are missing")
    closed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = "work to mark", "works to mark"
        default_permissions = ("view",)
        permissions = [("mark_markingtask", "Can mark the work of learners")]
        indexes = [
            # The queue: what waits, by age.
            models.Index(
                fields=["opened_at", "id"], condition=models.Q(final__isnull=True), name="waiting_works_by_age"
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(final__isnull=True, closed_at__isnull=True)
                | models.Q(final__gte=0, final__lte=1, closed_at__isnull=False),
                name="marked_work_is_closed",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class Claim(models.Model):
    """A marker has taken a work on until `expires_at`; then it is back in the queue. Deleted with the mark.

    Personal data: the marker's id.
    """

    task = models.ForeignKey(MarkingTask, on_delete=models.CASCADE, related_name="claims")
    marker_id = models.UUIDField(help_text="the marker's account")
    expires_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["task", "marker_id"], name="one_claim_per_task_and_marker")]

    def __str__(self) -> str:
        return str(self.expires_at)


class Mark(models.Model):
    """What one marker gave for one work, by the rubric's criteria; append-only (a trigger refuses changes).

    Numbers 1 and 2 were given without knowledge of each other; 3 decides where they were too far apart. The marker's page
    makes the id. There is no link to the marker's account: marks outlive it.
    Personal data: the learner's points and what was said about the work; the marker's id.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    task = models.ForeignKey(MarkingTask, on_delete=models.CASCADE, related_name="marks")
    # The trigger lets a mark go with the learner who is being erased, and with nobody else.
    learner = models.ForeignKey("learners.Learner", on_delete=models.CASCADE, related_name="marks")
    marker_id = models.UUIDField(help_text="the marker's account")
    number = models.PositiveSmallIntegerField(help_text="1, 2, or 3 for the one that decides")
    points = models.JSONField(help_text="points by the criteria's ids")
    comments = models.JSONField(default=dict, help_text="what was said, by the criteria's ids")
    reason = models.TextField(help_text="what was said about the whole")
    score = models.FloatField(help_text="points as a share of all that can be had")
    given_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["task", "marker_id"], name="nobody_marks_twice"),
            models.UniqueConstraint(fields=["task", "number"], name="one_mark_per_number"),
            models.CheckConstraint(condition=models.Q(number__gte=1, number__lte=3), name="at_most_three_marks"),
            models.CheckConstraint(condition=models.Q(score__gte=0, score__lte=1), name="mark_is_a_share"),
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.score:.2f}"
