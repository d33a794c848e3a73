"""What a person should review, and what that person decided."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from assessments.integrity import rules
from common.ids import new_id


class IntegrityRun(models.Model):
    """One night's search: attempts submitted from `since` on and before `until` were looked at, each once.

    The next night begins where this one ended. No personal data: counts only.
    """

    since = models.DateTimeField(unique=True)
    until = models.DateTimeField()
    made_at = models.DateTimeField(db_default=Now())
    rule_version = models.CharField(max_length=40)
    attempts = models.PositiveIntegerField(help_text="attempts that were new")
    pairs = models.PositiveBigIntegerField(help_text="pairs of attempts that were compared")
    timed = models.PositiveIntegerField(help_text="attempts whose times were compared")
    hints = models.PositiveIntegerField()

    class Meta:
        ordering = ["-since"]

    def __str__(self) -> str:
        return f"{self.until}"


class IntegrityHint(models.Model):
    """Something unusual in one attempt (`fast_answers`) or between two (`shared_answers`): for a person to look at.

    It is no verdict and nothing follows from it by itself: no score, level or certificate depends on this table. A named
    person closes it once, with a reason; the statistic and what was found are never changed. `facts` holds the numbers
    that the explanation tells (assessments.integrity.words). Deleted after a while (data/rule.toml).
    Personal data: a suspicion about one or two learners; goes with either of them.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=14, choices=[(kind, kind.replace("_", " ")) for kind in rules.KINDS])
    quiz = models.ForeignKey("assessments.Quiz", on_delete=models.PROTECT, related_name="+")
    attempt = models.ForeignKey("assessments.Attempt", on_delete=models.CASCADE, related_name="+")
    other = models.ForeignKey("assessments.Attempt", on_delete=models.CASCADE, null=True, related_name="+")
    statistic = models.FloatField(help_text="answers in common; or how slow in standard units, fast is negative")
    p_value = models.FloatField(help_text="how often chance alone does that much, for one attempt or pair")
    q_value = models.FloatField(help_text="p-value adjusted for everything compared that night")
    facts = models.JSONField()
    rule_version = models.CharField(max_length=40)
    made_at = models.DateTimeField(db_default=Now())
    state = models.CharField(max_length=9, choices=[(state, state) for state in rules.STATES], default=rules.OPEN)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    reason = models.TextField(blank=True, default="")

    class Meta:
        constraints = [
            # A night that runs again finds the same and adds nothing.
            models.UniqueConstraint(
                fields=["kind", "attempt", "other"], nulls_distinct=False, name="one_hint_per_kind_and_attempts"
            ),
            models.CheckConstraint(
                condition=models.Q(kind=rules.SHARED, other__isnull=False, attempt__lt=models.F("other"))
                | models.Q(kind=rules.FAST, other__isnull=True),
                name="only_shared_answers_have_two_attempts",
            ),
            models.CheckConstraint(
                condition=models.Q(state=rules.OPEN, decided_at__isnull=True, reason="")
                | (models.Q(decided_at__isnull=False) & ~models.Q(state=rules.OPEN) & ~models.Q(reason="")),
                name="closed_with_a_reason",
            ),
        ]
        # Reviewers take the open ones, the oldest first.
        indexes = [models.Index(fields=["state", "made_at"], name="hints_to_look_at")]

    def __str__(self) -> str:
        return self.get_kind_display()
