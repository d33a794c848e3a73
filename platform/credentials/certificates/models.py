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

    number: 1 for the first award; a renewal is a decision of its own with the next number. Personal data: the learner's.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    learner = models.ForeignKey("learners.Learner", on_delete=models.CASCADE, related_name="awards")
    achievement = models.ForeignKey(Achievement, on_delete=models.PROTECT)
    number = models.PositiveSmallIntegerField(db_default=1)
    decided_at = models.DateTimeField()
    facts = models.JSONField(help_text="levels with probabilities, completion, rule and framework version")
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
