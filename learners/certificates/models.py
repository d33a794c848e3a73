"""Achievements, the decisions to award them, and the certificates that prove it."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from common.ids import new_id


class Achievement(models.Model):
    """What can be certified, with its criteria; a change of criteria is a new version in a new row.

    criteria: {"edition_completed": true, "skills": [{"skill": "AIS-A1", "level": 1}, …]}
    texts: {"en": {"name": …, "description": …, "criteria": …}, …}
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    slug = models.SlugField(max_length=80)
    version = models.PositiveIntegerField(default=1)
    edition = models.ForeignKey("courses.Edition", on_delete=models.PROTECT, related_name="achievements")
    criteria = models.JSONField()
    texts = models.JSONField()
    active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["slug", "version"], name="one_achievement_per_version"),
            models.UniqueConstraint(
                fields=["slug"], condition=models.Q(active=True), name="one_active_version_per_achievement"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.slug} v{self.version}"


class Award(models.Model):
    """The decision that a learner has earned an achievement, with the facts it rests on; written once.

    Personal data: the learner's.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    learner = models.ForeignKey("learners.Learner", on_delete=models.CASCADE, related_name="awards")
    achievement = models.ForeignKey(Achievement, on_delete=models.PROTECT)
    decided_at = models.DateTimeField()
    facts = models.JSONField(help_text="levels with probabilities, completion, rule and framework version")
    evidence_sha256 = models.CharField(max_length=64, help_text="over the ids of the evidence, sorted")

    class Meta:
        constraints = [
            # Exactly once: whoever decides a second time finds the first.
            models.UniqueConstraint(fields=["learner", "achievement"], name="one_award_per_learner_and_achievement")
        ]

    def __str__(self) -> str:
        return str(self.pk)


class IssuerKey(models.Model):
    """A public key of the issuer with the time in which it signs; the private key is never in the database.

    A key that signs no more stays, so that what it signed in its time verifies for ever. Two issuers (two addresses of
    one installation) may use one key: they are two rows.
    """

    id = models.CharField(max_length=300, primary_key=True, help_text="the verification method: DID, #, Multikey")
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


class Certificate(models.Model):
    """One signed Open Badges 3.0 credential. `credential` is the exact text that was signed and is never changed.

    Personal data: the name on it. Whoever was handed the certificate can look at it by `public_code`.
    """

    class Status(models.TextChoices):
        ACTIVE = "active", "active"
        REVOKED = "revoked", "revoked"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # Verification page: look up by public code.
    public_code = models.CharField(max_length=26, unique=True)
    award = models.OneToOneField(Award, on_delete=models.CASCADE, related_name="certificate")
    learner = models.ForeignKey("learners.Learner", on_delete=models.CASCADE, related_name="certificates")
    key = models.ForeignKey(IssuerKey, on_delete=models.PROTECT)
    credential = models.TextField()
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.ACTIVE)
    status_reason = models.CharField(max_length=200, blank=True, default="")
    status_changed_at = models.DateTimeField(null=True)
    issued_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.public_code
