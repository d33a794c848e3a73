"""Banks of items (questions) and the items' revisions. Of people only who wrote and approved them; the keys are secret."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from assessments.items import kinds
from common.ids import new_id


class Difficulty(models.TextChoices):
    """What the trainer expects, before any answer is known."""

    EASY = "easy", "easy"
    MEDIUM = "medium", "medium"
    HARD = "hard", "hard"


class Bank(models.Model):
    """A bank of items: a course's own, or one of an authority that several courses share (`BankUse`)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    title = models.CharField(max_length=200)
    course = models.OneToOneField(
        "courses.Course", on_delete=models.PROTECT, null=True, blank=True, related_name="bank", help_text="its own bank"
    )
    authority = models.ForeignKey(
        "courses.Authority",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="who answers for a shared bank",
    )

    class Meta:
        ordering = ["title", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(course__isnull=False, authority__isnull=True)
                | models.Q(course__isnull=True, authority__isnull=False),
                name="a_bank_is_of_a_course_or_an_authority",
            )
        ]

    def __str__(self) -> str:
        return self.title


class BankUse(models.Model):
    """A course that draws from a shared bank. Ended: it draws no longer, and what was answered is still analysed."""

    bank = models.ForeignKey(Bank, on_delete=models.PROTECT, related_name="uses")
    course = models.ForeignKey("courses.Course", on_delete=models.PROTECT, related_name="bank_uses")
    ended_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["bank", "course"]
        constraints = [models.UniqueConstraint(fields=["bank", "course"], name="one_use_per_bank_and_course")]

    def __str__(self) -> str:
        return f"{self.bank}: {self.course}"


class Item(models.Model):
    """A question over all its revisions, in a bank. Its identity, exposure and statistics are the same in every edition.

    withdrawn_at: it must not be asked again, for a reason, from that instant on and in no edition; never undone.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    bank = models.ForeignKey(Bank, on_delete=models.PROTECT, related_name="items")
    code = models.SlugField(max_length=80)
    retired = models.BooleanField(default=False, help_text="no longer drawn; old attempts keep it")
    withdrawn_at = models.DateTimeField(null=True, editable=False)
    withdrawn_reason = models.TextField(blank=True, default="", editable=False)

    class Meta:
        ordering = ["bank", "code"]
        constraints = [
            models.UniqueConstraint(fields=["bank", "code"], name="one_item_per_bank_and_code"),
            models.CheckConstraint(
                condition=models.Q(withdrawn_at__isnull=True, withdrawn_reason="")
                | (models.Q(withdrawn_at__isnull=False) & ~models.Q(withdrawn_reason="")),
                name="a_withdrawal_has_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class ItemRevision(models.Model):
    """One wording of an item with its key. Frozen once approved (a trigger refuses changes): attempts show what was drawn.

    content: {"en": {"prompt": "…", "options": [{"id": "a", "text": "…"}], "unit": "…", "feedback": "…"}, …}; the part that
    only one kind has (left, gaps, picture, limits) and the form of the key stand at the kind's class in
    `assessments.items.kinds`. The key of a task is its rubric.
    measured_as: number of the first revision that measures the same. Answers to all revisions with it are pooled: for the
    learned difficulty, for choosing and for analysis.
    """

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField(default=1)
    # The choices are a function, so that a new kind is no migration.
    kind = models.CharField(max_length=20, choices=kinds.choices)
    content = models.JSONField()
    key = models.JSONField()
    skills = ArrayField(models.CharField(max_length=20), help_text="codes of the framework")
    level = models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(6)])
    difficulty = models.CharField(max_length=6, choices=Difficulty, default=Difficulty.MEDIUM)
    guess = models.FloatField(
        help_text="success rate of blind guessing; mandatory, for the certification bound rests on it"
    )
    measured_as = models.PositiveIntegerField(default=1, editable=False)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, editable=False, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, editable=False)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, editable=False, related_name="+"
    )

    class Meta:
        ordering = ["item", "-number"]
        constraints = [
            # Also finds the newest revision of each item, for the draw.
            models.UniqueConstraint(fields=["item", "number"], name="one_revision_per_number"),
            models.CheckConstraint(condition=models.Q(guess__gte=0, guess__lt=1), name="guess_rate_is_a_probability"),
            models.CheckConstraint(
                condition=models.Q(measured_as__gte=1, measured_as__lte=models.F("number")),
                name="measured_as_a_revision_that_is_there",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item} r{self.number}"
