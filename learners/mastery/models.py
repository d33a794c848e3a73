"""Evidence and the mastery that follows from it."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from learners.mastery.snapshots import V_A0, V_S0


class Evidence(models.Model):
    """One scored answer: proof for or against one or more skills; written once, never edited (a trigger refuses it).

    The id is the answer's, so that the same answer absorbed twice is one row. What a review changes is a further row that
    `corrects` the first; what counts is whatever is neither corrected nor voided. There is no link to the attempt: mastery
    must stay computable if assessments move away.
    Personal data: the learner's id; goes when the learner is erased.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    # Two triggers stand for the foreign key, and ask once per statement (0005_learners_of_evidence); the index below
    # begins with it.
    learner = models.ForeignKey(
        "learners.Learner", on_delete=models.CASCADE, related_name="evidence", db_index=False, db_constraint=False
    )
    item_id = models.UUIDField()
    item_revision = models.PositiveIntegerField()
    skills = ArrayField(models.CharField(max_length=20), help_text="codes of the framework, sorted")
    level = models.PositiveSmallIntegerField(help_text="level of the framework that the item is written for")
    score = models.FloatField(help_text="0 to 1")
    guess = models.FloatField(help_text="success rate of blind guessing: 0 for open answers, 1/options for a choice")
    difficulty = models.FloatField(help_text="logits: easy -1, medium 0, hard +1")
    mode = models.CharField(max_length=14, default="assessment")
    supervised = models.BooleanField(default=False)
    language = models.CharField(max_length=20)
    answered_at = models.DateTimeField(help_text="when the score was known; evidence counts in this order")
    framework_version = models.CharField(max_length=30)
    rule_version = models.CharField(max_length=40, help_text="of the scoring rule")
    seen_before = models.BooleanField(default=False, help_text="the learner had met the item before, practice included")
    corrects = models.UUIDField(null=True, help_text="evidence that this takes the place of, after a review")
    corrected_at = models.DateTimeField(null=True, help_text="of a correction: when a person decided it")
    voided = models.BooleanField(
        default=False, help_text="a correction that takes the answer out: it counts for nothing"
    )
    lapsed = models.BooleanField(
        default=False, help_text="left open until the time was over: counts as wrong for certified mastery alone"
    )
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = "evidence"
        verbose_name_plural = "evidence"
        constraints = [
            models.CheckConstraint(condition=models.Q(score__gte=0, score__lte=1), name="score_is_a_share"),
            models.CheckConstraint(condition=models.Q(guess__gte=0, guess__lt=1), name="guess_is_a_probability"),
            # A correction is corrected in turn, so that what holds is the end of one chain.
            models.UniqueConstraint(
                fields=["corrects"], condition=models.Q(corrects__isnull=False), name="one_successor_per_evidence"
            ),
        ]
        indexes = [
            # Whether any of a learner's evidence was corrected.
            models.Index(
                fields=["learner"], condition=models.Q(corrects__isnull=False), name="corrections_of_a_learner"
            ),
            # A learner's evidence, for a rebuild; and whether the learner answered an item before.
            models.Index(fields=["learner", "item_id"], name="evidence_of_learner_on_item"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class SittingTrace(models.Model):
    """Where a learner stood just before each answer of a sitting (the answers of one instant).

    What items' difficulties are learned from, and predictions checked against. The lists run side by side. Follows from
    the evidence. `skills` are those of the whole sitting, `earlier` the answers on each in earlier sittings. `waits` says whether
    the parameters of items and skills still have to learn from it.
    Personal data: the learner's.
    """

    class Waits(models.IntegerChoices):
        FOR_NOTHING = 0, "for nothing"
        FOR_SECONDS = 1, "for the next snapshot: an item is not calibrated yet"
        FOR_THE_NIGHT = 2, "for the night's snapshot"

    learner = models.ForeignKey(
        "learners.Learner", on_delete=models.CASCADE, related_name="sitting_traces", db_index=False
    )  # the constraint's index begins with it
    at = models.DateTimeField()
    evidence_ids = ArrayField(models.UUIDField())
    theta = ArrayField(models.FloatField(), help_text="logits: general and further ability on the answer's skills")
    theta_variance = ArrayField(models.FloatField())
    expected = ArrayField(models.FloatField(), help_text="success expected before the answer was known, 0 to 1")
    skills = ArrayField(models.CharField(max_length=20), default=list)
    earlier = ArrayField(models.PositiveIntegerField(), default=list, help_text="answers on each of `skills` before")
    waits = models.PositiveSmallIntegerField(choices=Waits)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["learner", "at"], name="one_trace_per_sitting")]
        indexes = [
            # What the next snapshot has to learn from.
            models.Index(fields=["waits"], condition=models.Q(waits__gt=0), name="traces_to_learn_from"),
        ]

    def __str__(self) -> str:
        return f"{self.learner_id} {self.at}"


class Snapshot(models.Model):
    """A published version of the parameters of items and skills; judges answers given from `held_from` on. Never edited.

    It holds only what changed since the one before. No personal data.
    """

    version = models.CharField(max_length=40, unique=True)
    held_from = models.DateTimeField(unique=True)
    answers = models.PositiveIntegerField(help_text="learned from since the snapshot before")
    rule_version = models.CharField(max_length=40)

    def __str__(self) -> str:
        return self.version


class _Parameters(models.Model):
    """Mean and variance in logits after `count` answers, from an instant on."""

    held_from = models.DateTimeField(help_text="the snapshot's")
    mean = models.FloatField()
    variance = models.FloatField(help_text="of the online filter: no standard error")
    count = models.PositiveIntegerField()

    class Meta:
        abstract = True


class ItemParameters(_Parameters):
    """Difficulty and discrimination of an item's revision in one snapshot. Never edited, no personal data."""

    snapshot = models.ForeignKey(Snapshot, on_delete=models.PROTECT, related_name="items")
    item_id = models.UUIDField()
    item_revision = models.PositiveIntegerField()
    log_discrimination = models.FloatField(
        default=0.0, db_default=0.0, help_text="natural logarithm of what ability minus difficulty is multiplied by"
    )
    log_discrimination_variance = models.FloatField(default=V_A0, db_default=V_A0)

    class Meta:
        constraints = [
            # Finds what held at an instant.
            models.UniqueConstraint(
                fields=["item_id", "item_revision", "held_from"], name="one_difficulty_per_snapshot"
            )
        ]

    def __str__(self) -> str:
        return f"{self.item_id} r{self.item_revision} {self.mean:+.2f}"


class SkillParameters(_Parameters):
    """Offset and slope of a skill in one snapshot. Never edited, no personal data.

    The offset (`mean`) is how much easier its items are than stated; the slope, how many logits abler learners are for each
    ln(1 + answers in earlier sittings): how much what happens between sittings helps.
    """

    snapshot = models.ForeignKey(Snapshot, on_delete=models.PROTECT, related_name="skills")
    skill_code = models.CharField(max_length=20)
    slope = models.FloatField(default=0.0, db_default=0.0)
    slope_variance = models.FloatField(default=V_S0, db_default=V_S0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["skill_code", "held_from"], name="one_offset_per_snapshot")]

    def __str__(self) -> str:
        return f"{self.skill_code} {self.mean:+.2f}"


class Ability(models.Model):
    """A learner's general ability: mean and variance in logits, after `count` answers, by a named rule and snapshot.

    Whoever changes a learner's mastery holds this row's lock.
    A pure function of the learner's evidence: may be deleted and rebuilt. Personal data: the learner's.
    """

    learner = models.OneToOneField(
        "learners.Learner", on_delete=models.CASCADE, primary_key=True, related_name="ability"
    )
    mean = models.FloatField()
    variance = models.FloatField()
    count = models.PositiveIntegerField()
    last_at = models.DateTimeField(
        null=True, help_text="instant of the last answer absorbed: later evidence extends the state, other rebuilds it"
    )
    rule_version = models.CharField(max_length=40)
    snapshot = models.CharField(max_length=40, help_text="the newest that an answer was judged by")

    def __str__(self) -> str:
        return f"{self.mean:+.2f}"


class SkillState(models.Model):
    """A learner's mastery of one skill, and the level that counts.

    `computed_level`, since `computed_since`, is the highest that evidence reached and is never lowered by computation; 0
    is none yet. `level`, since `level_since`, is what counts: the computed one and what people decided
    (learners.decisions.rules).
    `probability` is that with which the threshold of `computed_level` (of level 1 when it is 0) was passed after the
    last sitting that had an answer on the skill; `shown_level` is the highest level of an item answered with credit.
    A skill that people decided about and nobody answered has no answers, no `last_at`, and the prior's numbers.
    A pure function of the learner's evidence and of what people decided. Personal data: the learner's.
    """

    learner = models.ForeignKey("learners.Learner", on_delete=models.CASCADE, related_name="skill_states")
    skill_code = models.CharField(max_length=20)
    mean = models.FloatField()
    variance = models.FloatField()
    count = models.PositiveIntegerField()
    earlier = models.PositiveIntegerField(
        default=0, db_default=0, help_text="answers given before the last sitting that had one"
    )
    last_at = models.DateTimeField(null=True)
    shown_level = models.PositiveSmallIntegerField(default=0)
    computed_level = models.PositiveSmallIntegerField(default=0)
    computed_since = models.DateTimeField(null=True)
    level = models.PositiveSmallIntegerField(default=0)
    probability = models.FloatField()
    level_since = models.DateTimeField(null=True)
    certified_level = models.PositiveSmallIntegerField(
        db_default=0, default=0, help_text="by the stricter test of learners.mastery.certification; 0 is none"
    )
    certified_at = models.DateTimeField(null=True)
    tests = models.JSONField(
        null=True,
        help_text="level: [log of the e-value, answers that counted, when it reached 1/alpha, framework version]",
    )
    framework_version = models.CharField(max_length=30, help_text="by which the computed level was judged last")

    class Meta:
        verbose_name = "mastery of a skill"
        verbose_name_plural = "mastery of skills"
        constraints = [
            models.UniqueConstraint(fields=["learner", "skill_code"], name="one_state_per_learner_and_skill"),
            # Levels above 3 are given by people, never computed (framework: automated_award).
            models.CheckConstraint(condition=models.Q(computed_level__lte=3), name="computed_level_at_most_3"),
            models.CheckConstraint(condition=models.Q(level__lte=6), name="level_at_most_6"),
        ]
        # The statistics count learners by skill and level.
        indexes = [models.Index(fields=["skill_code", "level"], name="state_by_skill_and_level")]

    def __str__(self) -> str:
        return f"{self.skill_code} {self.level}"


class LevelChange(models.Model):
    """A level was reached: by which evidence, with which probability, under which rule and version of the framework.

    Follows from the evidence, which names the versions; but for a level by an earlier version of the rule, which stays.

    Personal data: the learner's.
    """

    learner = models.ForeignKey("learners.Learner", on_delete=models.CASCADE, related_name="level_changes")
    skill_code = models.CharField(max_length=20)
    level = models.PositiveSmallIntegerField()
    evidence_id = models.UUIDField(help_text="the answer that made the difference")
    probability = models.FloatField()
    at = models.DateTimeField()
    framework_version = models.CharField(max_length=30, help_text="whose threshold was passed")
    rule_version = models.CharField(max_length=40)

    class Meta:
        verbose_name = "level reached"
        verbose_name_plural = "levels reached"
        constraints = [
            models.UniqueConstraint(
                fields=["learner", "skill_code", "level"], name="one_change_per_learner_skill_level"
            )
        ]

    def __str__(self) -> str:
        return f"{self.skill_code} {self.level}"
