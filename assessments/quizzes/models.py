"""Quizzes: how an attempt is drawn and judged. No personal data."""

from __future__ import annotations

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from common.ids import new_id


class Quiz(models.Model):
    """The blueprint of an assessment of an edition.

    pools: [{"skill": "AIS-A1", "count": 3}, {"skill": "AIS-B1", "level": 2, "count": 2}, …]: so many items of the
    edition's bank whose first skill (and, if given, level) is that. `mode` assessment counts, practice does not.
    """

    class Mode(models.TextChoices):
        ASSESSMENT = "assessment", "assessment"
        PRACTICE = "practice", "practice"
        PLACEMENT = "placement", "placement"
        CERTIFICATION = "certification", "certification"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    edition = models.ForeignKey("courses.Edition", on_delete=models.PROTECT, related_name="quizzes")
    slug = models.SlugField(max_length=80)
    titles = models.JSONField(help_text="title by language")
    mode = models.CharField(max_length=14, choices=Mode, default=Mode.ASSESSMENT)
    pools = models.JSONField()
    attempt_limit = models.PositiveSmallIntegerField(default=3, validators=[MinValueValidator(1)])
    time_limit_s = models.PositiveIntegerField(
        default=3600,
        validators=[MinValueValidator(60), MaxValueValidator(86400)],
        help_text="from the start, by the server's clock",
    )
    pass_share = models.DecimalField(
        max_digits=4, decimal_places=3, default=Decimal("0.6"), validators=[MinValueValidator(0), MaxValueValidator(1)]
    )
    open = models.BooleanField(default=False, help_text="learners may start attempts")

    class Meta:
        ordering = ["edition", "slug"]
        verbose_name_plural = "quizzes"
        constraints = [
            models.UniqueConstraint(fields=["edition", "slug"], name="one_quiz_per_edition_and_slug"),
            # The statement that counts attempts inserts the first one without looking at the limit.
            models.CheckConstraint(condition=models.Q(attempt_limit__gte=1), name="at_least_one_attempt"),
            models.CheckConstraint(condition=models.Q(time_limit_s__gte=1), name="some_time_to_answer"),
            models.CheckConstraint(
                condition=models.Q(pass_share__gte=0, pass_share__lte=1), name="pass_share_is_a_share"
            ),
        ]

    def __str__(self) -> str:
        return self.slug
