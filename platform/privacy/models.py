"""Purposes, consents, the ledger of disclosures, and the audit log."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.timezone import localtime

from common.ids import new_id


class Purpose(models.Model):
    """What personal data may be used for. `per_agency`: consent is given to one agency at a time."""

    code = models.CharField(max_length=40, primary_key=True)
    per_agency = models.BooleanField()
    # Without this consent no learning can be recorded, so enrolment needs it.
    needed_to_learn = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.code


class PurposeText(models.Model):
    """The words a person consents to, in one language; a change is a new version, never an edit."""

    purpose = models.ForeignKey(Purpose, on_delete=models.PROTECT, related_name="texts")
    version = models.PositiveIntegerField()
    language = models.CharField(max_length=20)
    title = models.CharField(max_length=200)
    body = models.TextField()
    machine_drafted = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["purpose", "version", "language"], name="one_text_per_version_and_language")
        ]

    def __str__(self) -> str:
        return f"{self.purpose_id} v{self.version} {self.language}"


class PurposeTextReview(models.Model):
    """A person has read a text in its language and found that it says what the others say; written once.

    Personal data: who read it, and who of the staff recorded that.
    """

    text = models.OneToOneField(PurposeText, on_delete=models.PROTECT, related_name="review")
    reviewer = models.CharField(max_length=200, help_text="name and office of who has read it, a native reader")
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, editable=False)
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)

    def __str__(self) -> str:
        return f"{self.text} by {self.reviewer}"


class ConsentRecord(models.Model):
    """One statement of a person: consent given or withdrawn; append-only. The newest per purpose and agency holds.

    Personal data: who, to what, when, in which words. Kept as proof for as long as what it allowed.
    """

    ordinal = models.BigAutoField(primary_key=True)
    record_id = models.UUIDField(
        default=new_id, editable=False, help_text="made by the client: a repeat is the same record"
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="consents")
    purpose = models.ForeignKey(Purpose, on_delete=models.PROTECT)
    agency = models.ForeignKey("agencies.Agency", on_delete=models.PROTECT, null=True, blank=True)
    given = models.BooleanField()
    text_version = models.PositiveIntegerField()
    text_language = models.CharField(max_length=20)
    channel = models.CharField(max_length=20, default="api")
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        # Per person: a record of the same id of another person is neither a conflict nor can its existence be guessed.
        constraints = [
            models.UniqueConstraint(fields=["user", "record_id"], name="one_consent_per_person_and_record_id")
        ]
        # The newest record of each purpose and agency of a person.
        indexes = [models.Index(fields=["user", "purpose", "agency", "-ordinal"], name="consent_newest_first")]

    def __str__(self) -> str:
        return f"{self.purpose_id} {'given' if self.given else 'withdrawn'}"


class Pull(models.Model):
    """One answer to an agency that held, or was computed from, learners' data: who asked, for what purpose, how much."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    agency = models.ForeignKey("agencies.Agency", on_delete=models.PROTECT)
    client_id = models.CharField(max_length=100)
    purpose = models.ForeignKey(Purpose, on_delete=models.PROTECT, null=True)
    operation = models.CharField(max_length=60)
    fields = ArrayField(models.CharField(max_length=40), default=list)
    row_count = models.PositiveIntegerField()
    request_id = models.CharField(max_length=64, blank=True, default="")
    at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.operation}, {self.agency}, {localtime(self.at):%-d %b %Y}"


class Disclosure(models.Model):
    """One learner's data were in one pull. The learner reads this ledger; nobody edits it.

    Personal data: the learner's id.
    """

    pull = models.ForeignKey(Pull, on_delete=models.PROTECT, related_name="disclosures")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="disclosures")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["pull", "user"], name="one_disclosure_per_pull_and_learner")]
        # The learner's own ledger, newest first.
        indexes = [models.Index(fields=["user", "-id"], name="disclosure_by_learner")]

    def __str__(self) -> str:
        return f"in the pull {self.pull}"


class AuditEntry(models.Model):
    """Who did what to what, written in the transaction that did it; append-only (a trigger refuses changes).

    Personal data: the actor's id and the subject's id; `detail` holds codes and numbers only.
    """

    at = models.DateTimeField(db_default=Now())
    actor = models.CharField(max_length=64, help_text="user id, client id or the name of a worker")
    action = models.CharField(max_length=80)
    subject_kind = models.CharField(max_length=60)
    subject_id = models.CharField(max_length=64)
    detail = models.JSONField(default=dict)
    request_id = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        verbose_name_plural = "audit entries"
        indexes = [models.Index(fields=["subject_kind", "subject_id"], name="audit_by_subject")]

    def __str__(self) -> str:
        return f"{self.action} {self.subject_kind} {self.subject_id}"
