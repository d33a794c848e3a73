"""Extra time for learners who need it."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from common.ids import new_id


class Accommodation(models.Model):
    """A learner has more time, in one quiz or (without a quiz) in all: the limit times `factor`, plus `extra_s`.

    Never edited: one that is no longer right is revoked, and another granted. Why it was granted is a code that says
    nothing of a person's health; what was shown to whoever granted it is deliberately not kept.
    Personal data: that the learner has extra time, and the code.
    """

    class Reason(models.TextChoices):
        DOCUMENTED_NEED = "documented_need", "a need that was shown to whoever grants it"
        LANGUAGE = "language", "no language of the quiz is the learner's own"
        TECHNICAL = "technical", "device or network"
        OTHER = "other", "another reason, known to whoever grants it"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    learner = models.ForeignKey("learners.Learner", on_delete=models.CASCADE, related_name="accommodations")
    quiz = models.ForeignKey(
        "assessments.Quiz", on_delete=models.CASCADE, null=True, blank=True, help_text="empty: every quiz"
    )
    factor = models.DecimalField(
        max_digits=3, decimal_places=2, default=1, validators=[MinValueValidator(1), MaxValueValidator(4)]
    )
    extra_s = models.PositiveIntegerField(default=0, validators=[MaxValueValidator(86400)])
    reason = models.CharField(max_length=20, choices=Reason)
    granted_by = models.CharField(max_length=60, help_text="id of the member of staff")
    granted_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            # Granting twice is one accommodation; also finds a learner's.
            models.UniqueConstraint(
                fields=["learner", "quiz"],
                condition=models.Q(revoked_at__isnull=True),
                nulls_distinct=False,
                name="one_accommodation_in_force",
            ),
            models.CheckConstraint(condition=models.Q(factor__gte=1, factor__lte=4), name="extra_time_never_shortens"),
        ]

    def __str__(self) -> str:
        return f"x {self.factor} + {self.extra_s} s"
