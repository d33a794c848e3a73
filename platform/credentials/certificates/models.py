"""Achievements, the decisions to award them, and the certificates that prove it."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from common.ids import new_id


class Achievement(models.Model):
    """What a course can be certified by, for good; what it asks and says stands in its versions."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    course = models.ForeignKey("courses.Course", on_delete=models.PROTECT, related_name="achievements")
    slug = models.SlugField(max_length=80)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["course", "slug"], name="one_achievement_per_course_and_slug")]

    def __str__(self) -> str:
        return self.slug


class AchievementVersion(models.Model):
    """What an achievement asks and says under one number. Nothing of it changes once an authority approved it (a trigger).

    A draft is edited, a proposed version can be approved, a closed one can not; approvals that it has go on until their
    authority ends them.

    criteria: {"course_completed": true, "quizzes": [id, …], "skills": [{"skill": "AIS-A1", "level": 1}, …]}; the members of
    `rules.missing`. texts: {"en": {"name": …, "description": …, "criteria": …}, …}
    """

    class State(models.TextChoices):
        DRAFT = "draft", "draft"
        PROPOSED = "proposed", "proposed"
        CLOSED = "closed", "closed"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    achievement = models.ForeignKey(Achievement, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(default=1)
    criteria = models.JSONField()
    texts = models.JSONField()
    validity_days = models.PositiveIntegerField(
        null=True, blank=True, help_text="empty: as long as the platform's others"
    )
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    proposed_by = models.UUIDField(null=True)
    proposed_at = models.DateTimeField(null=True)

    class Meta:
        permissions = [("approve_achievementversion", "Can approve versions of achievements for the own authority")]
        constraints = [
            models.UniqueConstraint(fields=["achievement", "number"], name="one_version_per_achievement_and_number"),
            models.CheckConstraint(
                condition=~models.Q(state="proposed") | models.Q(proposed_at__isnull=False),
                name="achievement_version_proposed_at_some_time",
            ),
            models.CheckConstraint(
                condition=models.Q(validity_days__isnull=True) | models.Q(validity_days__gte=1),
                name="achievement_version_valid_for_some_days",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.achievement} v{self.number}"


class Approval(models.Model):
    """An authority has a version awarded to its own learners, until `ended_at`. Written once and ended once (triggers).

    authority: the code of a member state, or "regional", which counts for the learners of states that have no active
    approval of their own. by: who is not known where the platform's own files were loaded.
    """

    REGIONAL = "regional"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    achievement = models.ForeignKey(Achievement, on_delete=models.PROTECT, related_name="approvals")
    version = models.ForeignKey(AchievementVersion, on_delete=models.PROTECT, related_name="approvals")
    authority = models.CharField(max_length=8)
    approved_by = models.UUIDField(null=True)
    approved_at = models.DateTimeField()
    ended_by = models.UUIDField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["achievement", "authority"],
                condition=models.Q(ended_at__isnull=True),
                name="one_active_approval_per_achievement_and_authority",
            ),
            models.CheckConstraint(
                condition=models.Q(authority="regional") | models.Q(authority__regex=r"^[A-Z]{2}$"),
                name="approval_by_the_region_or_a_state",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version} {self.authority}"


class PassedQuiz(models.Model):
    """A learner passed a quiz, at the earliest at `passed_at`; never unset. Only quizzes that count, no practice.

    Personal data: the learner's.
    """

    learner = models.ForeignKey("learners.Learner", on_delete=models.CASCADE, related_name="+")
    quiz_id = models.UUIDField()
    passed_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "passed quizzes"
        constraints = [models.UniqueConstraint(fields=["learner", "quiz_id"], name="one_pass_per_learner_and_quiz")]

    def __str__(self) -> str:
        return f"{self.learner_id} {self.quiz_id}"


class Issuer(models.Model):
    """An issuing authority: that of a member state, or the regional one for learners of states without an active one.

    Its DID follows from the site's address and `slug` (credentials.certificates.signer.did_of). The name stands on what is
    signed from now on; what was signed keeps the name of its day.
    """

    REGIONAL = "regional"

    slug = models.SlugField(primary_key=True, max_length=40)
    member_state = models.OneToOneField(
        "member_states.MemberState", on_delete=models.PROTECT, null=True, related_name="issuer"
    )
    name = models.CharField(max_length=200)
    active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(slug="regional", member_state__isnull=True)
                | ~models.Q(slug="regional") & models.Q(member_state__isnull=False),
                name="one_regional_issuer_and_the_states",
            )
        ]

    def __str__(self) -> str:
        return self.name


class Award(models.Model):
    """The decision that a learner has earned an achievement, with the facts it rests on; written once.

    One per learner and achievement, however many editions and versions there are. number: 1 for the first award; a renewal
    is a decision of its own with the next number. version: the one that counted for the learner then. edition: of the
    course, which the learner completed, or else took; null where the learner took none and none was asked for.
    Personal data: the learner's.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    learner = models.ForeignKey("learners.Learner", on_delete=models.CASCADE, related_name="awards")
    achievement = models.ForeignKey(Achievement, on_delete=models.PROTECT)
    version = models.ForeignKey(AchievementVersion, on_delete=models.PROTECT)
    edition = models.ForeignKey("courses.Edition", on_delete=models.PROTECT, null=True, related_name="+")
    number = models.PositiveSmallIntegerField(db_default=1)
    decided_at = models.DateTimeField()
    facts = models.JSONField(
        help_text="levels with probabilities, completion, edition, version, authority, rule and framework"
    )
    evidence_sha256 = models.CharField(max_length=64, help_text="over the ids of the evidence, sorted")

    class Meta:
        constraints = [
            # Exactly once: a second decision finds the first.
            models.UniqueConstraint(
                fields=["learner", "achievement", "number"], name="one_award_per_learner_achievement_and_number"
            )
        ]

    def __str__(self) -> str:
        return str(self.pk)


class IssuerKey(models.Model):
    """A public key of an issuer with the time in which it signs; the private key is never in the database.

    A key that signs no more stays, so that what it signed in its time verifies for ever. `did` is that of the address
    at which the installation signed: one that moved has rows for both.
    """

    id = models.CharField(max_length=300, primary_key=True, help_text="the verification method: DID, #, Multikey")
    issuer = models.ForeignKey(Issuer, on_delete=models.PROTECT, related_name="keys")
    did = models.CharField(max_length=200)
    multikey = models.CharField(max_length=64, help_text="Ed25519 public key as Multikey")
    valid_from = models.DateTimeField(db_default=Now())
    valid_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            # One key signs at a time: a new one closes the one before.
            models.UniqueConstraint(
                fields=["did"], condition=models.Q(valid_until__isnull=True), name="one_signing_key_per_issuer"
            )
        ]

    def __str__(self) -> str:
        return self.id


class StatusList(models.Model):
    """A pair of published lists, of revocations and of suspensions, in which each certificate has one random index.

    Indexes are allocated by a permutation keyed with `secret` (credentials.certificates.status_indexes). `used` of them
    are allocated; from outside nobody can see which, nor in which order. `revocation` and `suspension` are the
    signed credentials as they are served, of `published_at`; empty until the first is published.
    """

    id = models.BigAutoField(primary_key=True)
    issuer = models.ForeignKey(Issuer, on_delete=models.PROTECT, related_name="status_lists")
    number = models.PositiveIntegerField()
    secret = models.BinaryField(max_length=16)
    used = models.PositiveIntegerField(db_default=0)
    revocation = models.TextField(blank=True, db_default="")
    suspension = models.TextField(blank=True, db_default="")
    published_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["issuer", "number"], name="one_status_list_per_issuer_and_number")
        ]

    def __str__(self) -> str:
        return f"{self.issuer_id} {self.number}"


class Certificate(models.Model):
    """One signed Open Badges 3.0 credential. `credential` is the exact text that was signed and is never changed.

    `compact` is the same in short for a QR code, signed at the same time over the digest of that text as well
    (credentials.certificates.compact). A correction makes a new certificate of the same award: its `predecessor` is then
    superseded.
    Personal data: the name on it. Whoever was handed the certificate can look at it by `public_code`.
    """

    class Status(models.TextChoices):
        ACTIVE = "active", "active"
        SUSPENDED = "suspended", "suspended"
        REVOKED = "revoked", "revoked"
        SUPERSEDED = "superseded", "superseded"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # Verification page: look up by public code.
    public_code = models.CharField(max_length=26, unique=True)
    award = models.ForeignKey(Award, on_delete=models.CASCADE, related_name="certificates")
    learner = models.ForeignKey("learners.Learner", on_delete=models.CASCADE, related_name="certificates")
    predecessor = models.OneToOneField("self", on_delete=models.CASCADE, null=True, related_name="successor")
    key = models.ForeignKey(IssuerKey, on_delete=models.PROTECT)
    status_list = models.ForeignKey(StatusList, on_delete=models.PROTECT)
    status_index = models.PositiveIntegerField()
    credential = models.TextField()
    compact = models.BinaryField(db_default=b"", editable=False)
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.ACTIVE)
    status_reason = models.CharField(max_length=200, blank=True, default="")
    status_changed_at = models.DateTimeField(null=True)
    issued_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            # Exactly once: an award has one certificate that replaces none.
            models.UniqueConstraint(
                fields=["award"], condition=models.Q(predecessor__isnull=True), name="one_first_certificate_per_award"
            ),
            models.UniqueConstraint(fields=["status_list", "status_index"], name="one_certificate_per_place_in_a_list"),
        ]
        indexes = [
            # What a status list says: the few of its certificates that are withdrawn.
            models.Index(fields=["status_list"], condition=~models.Q(status="active"), name="withdrawn_of_a_list"),
            # Whose certificate expires next.
            models.Index(fields=["valid_until"], condition=models.Q(status="active"), name="active_by_expiry"),
        ]

    def __str__(self) -> str:
        return self.public_code
