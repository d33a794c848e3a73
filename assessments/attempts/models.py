"""Attempts of learners at quizzes."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from assessments.quizzes.rules import Blueprint
from common.ids import new_id


class AttemptAllowance(models.Model):
    """How many attempts of a quiz a learner has used; counted up by one atomic statement that knows the limit.

    Personal data: the learner's id, numbers and an instant.
    """

    quiz = models.ForeignKey("assessments.Quiz", on_delete=models.CASCADE)
    learner = models.ForeignKey("learners.Learner", on_delete=models.CASCADE)
    used = models.PositiveSmallIntegerField()
    granted = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text="attempts beyond the quiz's limit, by decisions on appeals"
    )
    granted_at = models.DateTimeField(null=True, help_text="when the last of these was granted")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["quiz", "learner"], name="one_allowance_per_quiz_and_learner")]

    def __str__(self) -> str:
        return str(self.used)


class Attempt(models.Model):
    """One attempt: drawn from a stored seed, timed by the server, graded once. The client makes the id.

    selection: {"rule": version of the choosing, "inputs": SHA-256 over all that it followed from, "seen": how many items of
    the bank were asked before, "ability": {skill: [mean, variance]} where the mode looks at it, "cut": logits,
    "exposure": {"attempts": n, "most": share}, "worth": [of each item in its order]}.
    `submitted_at` is the server's instant of the submission; `due_at` where the clock closed the attempt. Submitted without
    a score: people still mark some of its answers. After grading only a correction changes score and passed.
    Personal data: the learner's answers and score.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # Indexes below begin with quiz and with learner: none of their own, for each costs every submission.
    quiz = models.ForeignKey("assessments.Quiz", on_delete=models.PROTECT, related_name="attempts", db_index=False)
    # That the learner was enrolled in: what the outcome is told of.
    edition = models.ForeignKey("courses.Edition", on_delete=models.PROTECT, related_name="+", db_index=False)
    quiz_version = models.ForeignKey("assessments.QuizVersion", on_delete=models.PROTECT, db_index=False)
    learner = models.ForeignKey("learners.Learner", on_delete=models.CASCADE, related_name="attempts", db_index=False)
    number = models.PositiveSmallIntegerField(help_text="counts the learner's attempts of the quiz from 1")
    seed = models.BigIntegerField(help_text="draw and shuffles follow from it")
    language = models.CharField(max_length=20)
    started_at = models.DateTimeField()
    due_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)
    score = models.FloatField(null=True, help_text="mean of the scores of the items that count, 0 to 1")
    passed = models.BooleanField(null=True)
    rule_version = models.CharField(max_length=40, blank=True, default="")
    framework_version = models.CharField(
        max_length=30, blank=True, default="", help_text="current when it was scored: judges its answers for good"
    )
    closed_by_clock = models.BooleanField(
        default=False,
        db_default=False,
        help_text="nobody submitted it in time: what had been saved was graded",
    )
    expired = models.BooleanField(default=False, help_text="closed by the clock, and nothing had been saved")
    saves = models.PositiveIntegerField(
        default=0,
        db_default=0,
        help_text="how often answers were saved; tells whoever closes the attempt that another came meanwhile",
    )
    known_at = models.DateTimeField(
        null=True,
        help_text="when the outcome became known: after the submission where people marked or the clock closed",
    )
    outcome_published = models.BooleanField(
        default=True,
        help_text="false: closed while the consent to record learning was withdrawn; published once it is given",
    )
    device_class = models.CharField(
        max_length=10, blank=True, default="", help_text="phone, tablet or computer, if the frontend says so"
    )
    exclusive = models.BooleanField(
        default=False, help_text="placement or certification: the learner has no other attempt under way"
    )
    form = models.CharField(max_length=40, blank=True, default="", help_text="the fixed form, if the quiz has forms")
    selection = models.JSONField(default=dict, help_text="what the items were chosen by, to explain the draw")

    class Meta:
        indexes = [
            # A learner's list, newest first.
            models.Index(fields=["learner", "-started_at", "-id"], name="attempts_of_a_learner"),
            # Closing overdue attempts looks only at live ones.
            models.Index(
                fields=["due_at"], condition=models.Q(submitted_at__isnull=True), name="live_attempts_by_due_at"
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["quiz", "learner", "number"], name="one_attempt_per_number"),
            # One live attempt at a time.
            models.UniqueConstraint(
                fields=["quiz", "learner"],
                condition=models.Q(submitted_at__isnull=True),
                name="one_live_attempt_per_quiz",
            ),
            models.UniqueConstraint(
                fields=["learner"],
                condition=models.Q(submitted_at__isnull=True, exclusive=True),
                name="one_live_exclusive_attempt",
            ),
            models.CheckConstraint(
                condition=models.Q(score__isnull=True, passed__isnull=True)
                | models.Q(submitted_at__isnull=False, score__isnull=False, passed__isnull=False),
                name="scored_is_submitted_and_judged",
            ),
            # Only submitted answers are marked.
            models.CheckConstraint(
                condition=models.Q(expired=False)
                | models.Q(submitted_at__isnull=False, score__isnull=False, closed_by_clock=True),
                name="expired_is_closed",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def blueprint(self) -> Blueprint:
        """What the attempt was drawn by and is shown and judged by, whatever its quiz became since."""
        return self.quiz_version.read


class AttemptItem(models.Model):
    """One drawn item of an attempt, with the order its options are shown in, and later the answer and its score.

    While the attempt is live, `response` is what the learner has saved: the answer with the highest `saved_sequence` that
    arrived. When the attempt is closed it is what was handed in, and never changes again. `id` becomes the id of the
    evidence. `score` is the one that holds, after all corrections; in a graded attempt null means: the item is struck and
    counts for nothing. Personal data: the answer.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # Found by the constraint's index on attempt and position.
    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, related_name="items", db_index=False)
    position = models.PositiveSmallIntegerField()
    section = models.PositiveSmallIntegerField(default=0, help_text="number of the quiz's section; 0: it has none")
    revision = models.ForeignKey("assessments.ItemRevision", on_delete=models.PROTECT)
    option_order = ArrayField(models.CharField(max_length=20), default=list)
    response = models.JSONField(null=True, help_text="canonical form of its kind; null when left open")
    score = models.FloatField(null=True)
    seen_before = models.BooleanField(
        default=False, help_text="asked in an earlier attempt of the learner, of any mode"
    )
    seconds = models.FloatField(null=True, help_text="time on the item as the frontend measured it, if it says so")
    saved_sequence = models.BigIntegerField(
        null=True, help_text="the client's number of the answer that was saved last"
    )
    saved_at = models.DateTimeField(null=True, help_text="when that answer arrived, by the server's clock")

    class Meta:
        ordering = ["attempt", "position"]
        constraints = [models.UniqueConstraint(fields=["attempt", "position"], name="one_item_per_position")]

    def __str__(self) -> str:
        return f"{self.position}"


class ScoreCorrection(models.Model):
    """A person's decision that an item of a graded attempt has another score; append-only (a trigger refuses changes).

    `id` becomes the id of the evidence that replaces `corrects`: the attempt item's own, or that of the correction before.
    Personal data: the learner's id, the scores, who decided and why.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    learner = models.ForeignKey("learners.Learner", on_delete=models.CASCADE, related_name="score_corrections")
    item = models.ForeignKey(AttemptItem, on_delete=models.CASCADE, related_name="corrections")
    corrects = models.UUIDField(help_text="id of the evidence that this replaces")
    previous = models.FloatField(null=True, help_text="the score until then; null: the item was struck")
    score = models.FloatField(null=True, help_text="the score from then on; null: the item is struck")
    reason = models.TextField()
    actor = models.CharField(max_length=64, help_text="user id, or the name of what decided")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            # The corrections of an item are one chain: nothing is replaced twice.
            models.UniqueConstraint(fields=["corrects"], name="one_correction_per_evidence"),
            models.CheckConstraint(
                condition=models.Q(score__isnull=True) | models.Q(score__gte=0, score__lte=1),
                name="corrected_score_is_a_share",
            ),
            models.CheckConstraint(condition=~models.Q(reason=""), name="correction_has_a_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.previous} -> {self.score}"
