"""Requests and decisions about certificates and keys, and reminders of expiry.

Requests are for a correction, a bulk revocation or the rotation of a key.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from common.ids import new_id


class CertificateCorrection(models.Model):
    """Somebody asks that a certificate be issued anew with another legal name, and a member of staff decides; once.

    It takes two persons: one who could put any name on a certificate could give it to anybody.
    What was asked never changes (a trigger refuses it). A worker issues the new certificate, which is the `successor` of
    this one; it is valid no longer than the one it replaces.
    Personal data: the name and the reason; goes when the learner is erased.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    certificate = models.ForeignKey("credentials.Certificate", on_delete=models.CASCADE, related_name="corrections")
    learner = models.ForeignKey("learners.Learner", on_delete=models.CASCADE, related_name="certificate_corrections")
    legal_name = models.CharField(max_length=200, help_text="as it shall stand on the certificate")
    reason = models.CharField(max_length=500)
    asked_by = models.UUIDField(help_text="the learner's account, or that of staff who started it")
    asked_at = models.DateTimeField(db_default=Now())
    approved = models.BooleanField(null=True, help_text="null: nobody decided yet")
    decided_by = models.UUIDField(null=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "correction of a certificate"
        verbose_name_plural = "corrections of certificates"
        constraints = [
            models.UniqueConstraint(
                fields=["certificate"], condition=models.Q(approved__isnull=True), name="one_open_correction_at_a_time"
            ),
            models.CheckConstraint(
                condition=models.Q(approved__isnull=True, decided_by__isnull=True, decided_at__isnull=True)
                | models.Q(approved__isnull=False, decided_by__isnull=False, decided_at__isnull=False),
                name="correction_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=models.Q(decided_by__isnull=True)
                | ~models.Q(decided_by=models.F("asked_by")) & ~models.Q(decided_by=models.F("learner_id")),
                name="correction_by_two_persons",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class BulkRevocation(models.Model):
    """One person asks that many certificates be revoked, and another approves it; a worker then revokes them.

    What was asked never changes, and an approval is given once (a trigger refuses it). `member_state` is that to which
    whoever asked is limited. Ids of certificates and of staff are the only personal data.
    """

    MAX_CERTIFICATES = 5000  # certificates in one request: a transaction of a fraction of a second

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    certificates = ArrayField(models.UUIDField(), help_text="ids")
    reason = models.CharField(max_length=200)
    member_state = models.ForeignKey("member_states.MemberState", on_delete=models.PROTECT, null=True)
    requested_by = models.UUIDField()
    requested_at = models.DateTimeField(db_default=Now())
    approved_by = models.UUIDField(null=True)
    approved_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    revoked = models.PositiveIntegerField(null=True, help_text="so many were not withdrawn before")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(certificates__len__gte=1, certificates__len__lte=5000),
                name="bulk_revocation_of_some_certificates",
            ),
            models.CheckConstraint(
                condition=models.Q(approved_by__isnull=True) | ~models.Q(approved_by=models.F("requested_by")),
                name="bulk_revocation_by_two_persons",
            ),
            models.CheckConstraint(condition=~models.Q(reason=""), name="bulk_revocation_for_a_reason"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class ExpiryReminder(models.Model):
    """A learner is told, `days` before it, that a certificate expires: at most once for each certificate and distance.

    `claimed_at` is when a worker began to send it. If the worker died then, nobody knows whether it was sent, and it is not
    tried again: twice is worse than missing one of four. After a failure that is known, it is tried again, `tries` times
    at most.
    """

    certificate = models.ForeignKey("credentials.Certificate", on_delete=models.CASCADE, related_name="reminders")
    days = models.PositiveSmallIntegerField()
    due_at = models.DateTimeField(db_default=Now())
    tries = models.PositiveSmallIntegerField(db_default=0, default=0)
    claimed_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["certificate", "days"], name="one_reminder_per_certificate_and_distance")
        ]
        indexes = [
            # What is still to be sent.
            models.Index(
                fields=["id"],
                condition=models.Q(sent_at__isnull=True, claimed_at__isnull=True),
                name="reminder_to_send",
            )
        ]

    def __str__(self) -> str:
        return f"{self.certificate_id} {self.days}"


class KeyRotation(models.Model):
    """An issuer's next key: made where the keys are, approved by two persons, and then switched to.

    From then until the switch the next key stands in the DID document with `planned_from`, so that verifiers that keep
    a copy know it when it first signs. It signs from then on and not before, and only if two persons approved it, each signed
    in to the admin (a trigger holds both). `approved_by` is the second of them. Never deleted.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    issuer = models.ForeignKey("credentials.Issuer", on_delete=models.PROTECT, related_name="rotations")
    did = models.CharField(max_length=200)
    multikey = models.CharField(max_length=64, help_text="the next public key")
    planned_from = models.DateTimeField()
    prepared_at = models.DateTimeField()
    approved_by = models.UUIDField(null=True)
    approved_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["did"], condition=models.Q(approved_at__isnull=True), name="one_prepared_key_per_issuer"
            ),
            models.CheckConstraint(
                condition=models.Q(approved_by__isnull=True, approved_at__isnull=True)
                | models.Q(approved_by__isnull=False, approved_at__isnull=False),
                name="key_rotation_is_approved_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.issuer_id} {self.multikey}"


class KeyRotationApproval(models.Model):
    """One signed-in person's word that an issuer's next key is the right one. Written once, never deleted."""

    rotation = models.ForeignKey(KeyRotation, on_delete=models.PROTECT, related_name="approvals")
    approved_by = models.UUIDField()
    approved_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["rotation", "approved_by"], name="nobody_approves_a_key_twice"),
        ]

    def __str__(self) -> str:
        return f"{self.rotation_id} {self.approved_by}"
