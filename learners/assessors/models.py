"""Cases in which a learner asks assessors for a level, and the verdicts on them."""

from __future__ import annotations

from django.db import models


class LevelAssessment(models.Model):
    """A learner asks for a level of a skill that only assessors give, and shows work for it. The client makes the id.

    What was asked and shown never changes. `outcome` is set when the case is decided, by the verdicts alone; a level that
    is given becomes a `LevelDecision` of the same id. A refusal is the assessors', with their reasons, and can be appealed.
    Personal data: the learner, and what they wrote about their work; goes when the learner is erased.
    """

    class State(models.TextChoices):
        OPEN = "open", "open"
        DECIDED = "decided", "decided"
        WITHDRAWN = "withdrawn", "withdrawn"

    class Outcome(models.TextChoices):
        GIVEN = "given", "level given"
        REFUSED = "refused", "refused"

    id = models.UUIDField(primary_key=True, editable=False)
    learner = models.ForeignKey("learners.Learner", on_delete=models.CASCADE, related_name="level_assessments")
    skill_code = models.CharField(max_length=20)
    level = models.PositiveSmallIntegerField()
    evidence = models.JSONField(help_text="[{kind, description, link}]: the work shown")
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, null=True)
    framework_version = models.CharField(max_length=30)
    rubric = models.CharField(max_length=40, help_text="version of the rubric it is judged by")
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "case for assessors"
        verbose_name_plural = "cases for assessors"
        constraints = [
            models.UniqueConstraint(
                fields=["learner", "skill_code"], condition=models.Q(state="open"), name="one_open_case_per_skill"
            ),
            models.CheckConstraint(condition=models.Q(level__gte=4, level__lte=6), name="assessors_give_levels_4_to_6"),
            models.CheckConstraint(
                condition=models.Q(state="decided", outcome__isnull=False)
                | (~models.Q(state="decided") & models.Q(outcome=None)),
                name="decided_with_an_outcome",
            ),
        ]
        # The assessors' queue: open cases, oldest first.
        indexes = [models.Index(fields=["state", "opened_at"], name="cases_by_state")]

    def __str__(self) -> str:
        return f"{self.skill_code} {self.level}"


class AssessorVerdict(models.Model):
    """One assessor's judgement of a case, made alone; written once, never edited (a trigger refuses it).

    Personal data: the learner, the assessor's account, their words; goes when the learner is erased.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    assessment = models.ForeignKey(LevelAssessment, on_delete=models.CASCADE, related_name="verdicts")
    # Beside the case's, for the trigger: the rows of an erased learner may go.
    learner = models.ForeignKey("learners.Learner", on_delete=models.CASCADE, related_name="+")
    assessor = models.UUIDField(help_text="account of the assessor")
    recommended = models.BooleanField(help_text="whether the level should be given")
    points = models.JSONField(help_text="{criterion: points}")
    reason = models.TextField()
    given_at = models.DateTimeField()

    class Meta:
        constraints = [
            # Two assessors are two people.
            models.UniqueConstraint(fields=["assessment", "assessor"], name="one_verdict_per_assessor"),
            models.CheckConstraint(condition=~models.Q(reason=""), name="verdict_has_a_reason"),
        ]

    def __str__(self) -> str:
        return str(self.pk)
