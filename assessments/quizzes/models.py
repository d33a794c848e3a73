"""Quizzes: how an attempt is drawn and judged. No personal data."""

from __future__ import annotations

from decimal import Decimal
from functools import cached_property

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from assessments.quizzes.rules import Blueprint, read_document
from common.ids import new_id


class Quiz(models.Model):
    """The blueprint of an assessment of a course, as its author has it by now: what learners are offered is a version.

    `open` and `windows` are operation: they hold for every version and change at once. Its items
    come from one of pools, sections or forms.

    pools: [{"skill": "AIS-A1", "count": 3}, {"skill": "AIS-B1", "level": 2, "difficulty": "hard", "count": 2}, …]: so many
    items of the course's banks whose first skill, level and stated difficulty are those; what is not given is whatever.
    sections: [{"titles": {"en": "Basics"}, "pools": […], "shuffle": true, "min_share": "0.5"}, …], asked in this order.
    forms: [{"name": "A", "items": [item codes]}, …]: fixed lists, equally long.
    skill_minimums: {"AIS-A1": "0.5"}: smallest share of the skill's items for passing, beside `pass_share` of all.
    prerequisites: [{"quiz": slug}, {"lessons": true}, {"skill": "AIS-A1", "level": 1}, …], all of them.
    windows: [{"opens": "2026-05-01T09:00", "closes": "…", "zone": "Asia/Tokyo", "cohort": code or not}, …]: local times.

    Modes: assessment counts, practice does not; placement is evidence and lets lessons be skipped; certification is
    evidence at the cut of `certified_level`. In the last two a learner has no other attempt under way.
    """

    class Mode(models.TextChoices):
        ASSESSMENT = "assessment", "assessment"
        PRACTICE = "practice", "practice"
        PLACEMENT = "placement", "placement"
        CERTIFICATION = "certification", "certification"

    class ReviewWhat(models.TextChoices):
        NOTHING = "nothing", "nothing"
        SCORE = "score", "the score"
        MARKS = "marks", "the score, and which items were right"
        FEEDBACK = "feedback", "the score, which items were right, and their feedback"

    class ReviewWhen(models.TextChoices):
        AT_ONCE = "at_once", "at once"
        AFTER_WINDOW = "after_window", "when the last window has closed"
        AFTER_LAST_ATTEMPT = "after_last_attempt", "after the last attempt, or one that was passed"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    course = models.ForeignKey("courses.Course", on_delete=models.PROTECT, related_name="quizzes")
    slug = models.SlugField(max_length=80)
    titles = models.JSONField(help_text="title by language")
    mode = models.CharField(max_length=14, choices=Mode, default=Mode.ASSESSMENT)
    pools = models.JSONField(default=list)
    sections = models.JSONField(default=list)
    forms = models.JSONField(default=list)
    attempt_limit = models.PositiveSmallIntegerField(default=3, validators=[MinValueValidator(1)])
    cool_down_s = models.PositiveIntegerField(default=0, help_text="from the end of an attempt to the next start")
    time_limit_s = models.PositiveIntegerField(
        default=3600,
        validators=[MinValueValidator(60), MaxValueValidator(86400)],
        help_text="from the start, by the server's clock; a learner's extra time comes on top",
    )
    pass_share = models.DecimalField(
        max_digits=4, decimal_places=3, default=Decimal("0.6"), validators=[MinValueValidator(0), MaxValueValidator(1)]
    )
    skill_minimums = models.JSONField(default=dict)
    shuffle_items = models.BooleanField(default=True)
    shuffle_options = models.BooleanField(
        default=True, help_text="where the order is the answer, options are shuffled all the same"
    )
    options_in_order = models.JSONField(default=list, help_text="codes of items whose options stay in order")
    review_what = models.CharField(max_length=8, choices=ReviewWhat, default=ReviewWhat.FEEDBACK)
    review_when = models.CharField(max_length=18, choices=ReviewWhen, default=ReviewWhen.AT_ONCE)
    prerequisites = models.JSONField(default=list)
    windows = models.JSONField(default=list)
    cut_at_close = models.BooleanField(
        default=False, help_text="an attempt ends when its window closes; otherwise it may run to its own end"
    )
    certified_level = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="level whose cut a certification measures at"
    )
    max_exposure = models.DecimalField(
        max_digits=4,
        decimal_places=3,
        default=Decimal("0.3"),
        validators=[MinValueValidator(Decimal("0.001")), MaxValueValidator(1)],
        help_text="share of a certification's attempts that an item may come in",
    )
    open = models.BooleanField(default=False, help_text="learners may start attempts")

    class Meta:
        ordering = ["course", "slug"]
        verbose_name_plural = "quizzes"
        constraints = [
            models.UniqueConstraint(fields=["course", "slug"], name="one_quiz_per_course_and_slug"),
            # The statement that counts attempts inserts the first one without looking at the limit.
            models.CheckConstraint(condition=models.Q(attempt_limit__gte=1), name="at_least_one_attempt"),
            models.CheckConstraint(condition=models.Q(time_limit_s__gte=1), name="some_time_to_answer"),
            models.CheckConstraint(
                condition=models.Q(pass_share__gte=0, pass_share__lte=1), name="pass_share_is_a_share"
            ),
        ]

    def __str__(self) -> str:
        return self.slug


class QuizVersion(models.Model):
    """A quiz as it was frozen: attempts are drawn, shown and judged by theirs for good. Append-only (a trigger refuses changes).

    blueprint: `rules.document_of` the quiz's blueprint. digest: SHA-256 of its RFC 8785 form. No personal data.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # Found by the constraints' indexes.
    quiz = models.ForeignKey(Quiz, on_delete=models.PROTECT, related_name="versions", db_index=False)
    number = models.PositiveIntegerField(help_text="counts the versions of the quiz from 1")
    digest = models.CharField(max_length=64)
    blueprint = models.JSONField()
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["quiz", "number"]
        constraints = [
            models.UniqueConstraint(fields=["quiz", "digest"], name="one_quiz_version_per_content"),
            models.UniqueConstraint(fields=["quiz", "number"], name="one_quiz_version_per_number"),
        ]

    def __str__(self) -> str:
        return f"{self.number}"

    @cached_property
    def read(self) -> Blueprint:
        """The blueprint as the rules take it."""
        return read_document(self.blueprint)


class EditionQuiz(models.Model):
    """The version of a quiz that an edition offers. No personal data."""

    edition = models.ForeignKey(
        "courses.Edition", on_delete=models.CASCADE, related_name="pinned_quizzes", db_index=False
    )
    quiz = models.ForeignKey(Quiz, on_delete=models.CASCADE, related_name="pinned")
    version = models.ForeignKey(QuizVersion, on_delete=models.PROTECT, db_index=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["edition", "quiz"], name="one_version_per_edition_and_quiz")]

    def __str__(self) -> str:
        return f"{self.quiz_id}"


class ItemExposure(models.Model):
    """In how many attempts of a certification an item was drawn; counted up as they start. No personal data.

    The row without an item counts the attempts themselves.
    """

    quiz = models.ForeignKey(Quiz, on_delete=models.CASCADE, related_name="exposures")
    item = models.ForeignKey("assessments.Item", on_delete=models.CASCADE, null=True)
    drawn = models.PositiveIntegerField()

    class Meta:
        constraints = [
            # Target of the upsert; also finds a quiz's counts.
            models.UniqueConstraint(
                fields=["quiz", "item"], nulls_distinct=False, name="one_exposure_per_quiz_and_item"
            )
        ]

    def __str__(self) -> str:
        return str(self.drawn)
