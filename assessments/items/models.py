"""Items (questions) and their revisions. No personal data; the keys are secret."""

from __future__ import annotations

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


class Item(models.Model):
    """A question over all its revisions; it belongs to the bank of one course edition."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    edition = models.ForeignKey("courses.Edition", on_delete=models.PROTECT, related_name="items")
    code = models.SlugField(max_length=80)
    retired = models.BooleanField(default=False, help_text="no longer drawn; old attempts keep it")

    class Meta:
        ordering = ["edition", "code"]
        constraints = [models.UniqueConstraint(fields=["edition", "code"], name="one_item_per_edition_and_code")]

    def __str__(self) -> str:
        return self.code


class ItemRevision(models.Model):
    """One wording of an item with its key. Frozen once approved (a trigger refuses changes): attempts show what was drawn.

    content: {"en": {"prompt": "…", "options": [{"id": "a", "text": "…"}], "unit": "…", "feedback": "…"}, …}; the part that
    only one kind has (left, gaps, picture, limits) and the form of the key stand at the kind's class in
    `assessments.items.kinds`. The key of a task is its rubric.
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
    approved_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["item", "-number"]
        constraints = [
            # Also finds the newest revision of each item, for the draw.
            models.UniqueConstraint(fields=["item", "number"], name="one_revision_per_number"),
            models.CheckConstraint(condition=models.Q(guess__gte=0, guess__lt=1), name="guess_rate_is_a_probability"),
        ]

    def __str__(self) -> str:
        return f"{self.item} r{self.number}"
