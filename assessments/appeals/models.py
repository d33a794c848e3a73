"""Appeals of learners against levels, scores and refusals, and what people decided about them."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from common.ids import new_id


class Reviewer(models.Model):
    """A member of staff who reviews appeals, under the name that learners are told; never the name they sign in with.

    Personal data: the name.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, primary_key=True, related_name="reviewer"
    )
    public_name = models.CharField(max_length=200, help_text="as learners are told it, in any script")

    def __str__(self) -> str:
        return self.public_name


class Appeal(models.Model):
    """A learner disputes one level, score or refusal. The client makes the id; what is disputed and why never changes.

    subject: the key of what is disputed (`rules.Subject.key`). disputed: that result as it stood when the appeal was
    opened; by kind {"level": 1}, {"score": 0.5, "passed": false, "items": {"<id>": 0.0, …}},
    {"completed": true, "skills": [{"skill": "AIS-A1", "wanted": 1, "level": 0}]}.
    due_rule: what the due date rests on, {"value": 30, "unit": "calendar_days", "standing": "unknown",
    "from_default": true}.
    Personal data: the learner's words.
    """

    class Kind(models.TextChoices):
        LEVEL = "level", "level"
        SCORE = "score", "score"
        REFUSAL = "refusal", "refusal"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    learner = models.ForeignKey("learners.Learner", on_delete=models.CASCADE, related_name="appeals")
    kind = models.CharField(max_length=8, choices=Kind)
    subject = models.CharField(max_length=120)
    skill = models.CharField(max_length=20, blank=True, default="")
    attempt = models.ForeignKey("assessments.Attempt", on_delete=models.CASCADE, null=True, related_name="appeals")
    item = models.ForeignKey("assessments.AttemptItem", on_delete=models.CASCADE, null=True, related_name="appeals")
    level_assessment_id = models.UUIDField(null=True)
    achievement = models.CharField(max_length=80, blank=True, default="", help_text="slug")
    grounds = models.TextField(max_length=4000)
    language = models.CharField(max_length=35, help_text="BCP 47 tag of the grounds")
    disputed = models.JSONField()
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField(help_text="a person has to have decided by then")
    due_time_zone = models.CharField(max_length=40, help_text="of the learner's state, in which the days were counted")
    due_rule = models.JSONField()
    reviewer = models.ForeignKey(Reviewer, on_delete=models.PROTECT, null=True, related_name="appeals")
    reviewer_since = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True, help_text="decided or withdrawn")
    withdrawn = models.BooleanField(default=False)

    class Meta:
        constraints = [
            # One dispute at a time: two reviewers cannot decide the same thing differently.
            models.UniqueConstraint(
                fields=["learner", "subject"],
                condition=models.Q(closed_at__isnull=True),
                name="one_open_appeal_per_subject",
            ),
            models.CheckConstraint(
                condition=models.Q(withdrawn=False) | models.Q(closed_at__isnull=False), name="withdrawn_is_closed"
            ),
            models.CheckConstraint(
                condition=models.Q(reviewer__isnull=True, reviewer_since__isnull=True)
                | models.Q(reviewer__isnull=False, reviewer_since__isnull=False),
                name="a_reviewer_has_a_since",
            ),
        ]
        indexes = [
            # A learner's list, newest first.
            models.Index(fields=["learner", "-opened_at", "-id"], name="appeals_of_a_learner"),
            # The queue, and what is overdue.
            models.Index(fields=["due_at"], condition=models.Q(closed_at__isnull=True), name="open_appeals_by_due_at"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class AppealStep(models.Model):
    """One thing that happened to an appeal; append-only (a trigger refuses changes).

    Personal data: who did it.
    """

    class What(models.TextChoices):
        OPENED = "opened", "opened"
        CLAIMED = "claimed", "claimed"
        ASSIGNED = "assigned", "assigned"
        RELEASED = "released", "released"
        OVERDUE = "overdue", "overdue"
        WITHDRAWN = "withdrawn", "withdrawn"
        DECIDED = "decided", "decided"

    appeal = models.ForeignKey(Appeal, on_delete=models.CASCADE, related_name="steps")
    learner = models.ForeignKey("learners.Learner", on_delete=models.CASCADE, related_name="+")
    what = models.CharField(max_length=9, choices=What)
    actor = models.CharField(max_length=64, help_text="user id, or the name of a worker")
    reviewer_name = models.CharField(max_length=200, blank=True, default="")
    at = models.DateTimeField()

    class Meta:
        ordering = ["appeal", "pk"]
        constraints = [
            # That it is late is noted, and told, once.
            models.UniqueConstraint(
                fields=["appeal"], condition=models.Q(what="overdue"), name="an_appeal_is_noted_overdue_once"
            )
        ]

    def __str__(self) -> str:
        return self.what


class AppealDecision(models.Model):
    """What a person decided about an appeal, and what followed; append-only (a trigger refuses changes).

    remedy: {"levels": {"AIS-A1": 2}, "scores": {"<attempt item>": 1.0 or null for struck}, "new_try": false}.
    revisions: item revisions whose scores were found wrong, or that were struck.
    Personal data: the reason, the names of learner and reviewer.
    """

    class Outcome(models.TextChoices):
        UPHELD = "upheld", "upheld"
        PARTLY_UPHELD = "partly_upheld", "partly upheld"
        DISMISSED = "dismissed", "dismissed"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    appeal = models.OneToOneField(Appeal, on_delete=models.CASCADE, related_name="decision")
    learner = models.ForeignKey("learners.Learner", on_delete=models.CASCADE, related_name="+")
    outcome = models.CharField(max_length=13, choices=Outcome)
    reason = models.TextField(max_length=4000, help_text="shown to the learner")
    remedy = models.JSONField()
    revisions = ArrayField(models.BigIntegerField(), default=list, help_text="keys of item revisions")
    decided_by = models.ForeignKey(Reviewer, on_delete=models.PROTECT, related_name="decisions")
    reviewer_name = models.CharField(max_length=200, help_text="as the learner was told it")
    decided_at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.outcome
