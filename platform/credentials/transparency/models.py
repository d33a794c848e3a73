"""The transparency log: entries, the tree over them, its signed heads, and the logs of others that we witness."""

from __future__ import annotations

from django.db import models


class LogEntry(models.Model):
    """One leaf of the log: that a certificate was issued, or that its status changed. Written once, never deleted.

    The index is the leaf's position in the tree, without gaps. `leaf` is the text that is hashed; it has a
    salted hash in it and no personal data. Personal data: none once its link is gone.
    """

    index = models.BigIntegerField(primary_key=True)
    leaf = models.BinaryField()
    logged_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.index)


class LogLink(models.Model):
    """Which certificate an entry is about, with the salt that proves it; written once, goes when the learner is erased.

    Without the salt nobody can find out whether an entry belongs to a credential's text: the entry stays and names
    nobody. `event_id` is that of the event of a change of status. Personal data: of whom the certificate is.
    """

    class Kind(models.TextChoices):
        ISSUED = "issued", "issued"
        STATUS = "status", "status changed"

    entry = models.OneToOneField(LogEntry, on_delete=models.PROTECT, primary_key=True, related_name="link")
    certificate = models.ForeignKey("credentials.Certificate", on_delete=models.CASCADE, related_name="log_links")
    kind = models.CharField(max_length=6, choices=Kind)
    event_id = models.BigIntegerField(null=True)
    # The status that was logged; empty for an issuance.
    status = models.CharField(max_length=20, blank=True, default="")
    salt = models.BinaryField(max_length=16)

    class Meta:
        constraints = [
            # Exactly once, however often the event comes.
            models.UniqueConstraint(
                fields=["certificate"], condition=models.Q(kind="issued"), name="one_log_entry_per_issued_certificate"
            ),
            models.UniqueConstraint(fields=["certificate", "event_id"], name="one_log_entry_per_change_of_status"),
            models.CheckConstraint(
                condition=models.Q(kind="issued", event_id=None, status="")
                | (models.Q(kind="status", event_id__isnull=False) & ~models.Q(status="")),
                name="a_log_link_is_of_one_kind",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class LogTile(models.Model):
    """Up to 256 neighbouring hashes of the tree (C2SP tlog-tiles); grows at its end, then never changes."""

    level = models.PositiveSmallIntegerField()
    index = models.BigIntegerField()
    hashes = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["level", "index"], name="one_log_tile_per_index")]

    def __str__(self) -> str:
        return f"{self.level}/{self.index}"


class LogCheckpoint(models.Model):
    """A head of the tree that the log signed and published; written once, never deleted.

    note: the signed text without the cosignatures of witnesses. verifier_key: of the key that signed it.
    """

    size = models.BigIntegerField(primary_key=True)
    root = models.BinaryField(max_length=32)
    note = models.TextField()
    verifier_key = models.CharField(max_length=300)
    published_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.size)


class LogCosignature(models.Model):
    """A witness's statement that a checkpoint continues every one it saw before, with the instant; written once."""

    checkpoint = models.ForeignKey(LogCheckpoint, on_delete=models.PROTECT, related_name="cosignatures")
    witness = models.CharField(max_length=300, help_text="the witness's verifier key")
    line = models.TextField(help_text="the signature line as it stands under the checkpoint")
    signed_at = models.DateTimeField(help_text="the instant that the witness signed")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["checkpoint", "witness"], name="one_cosignature_per_witness_and_checkpoint")
        ]

    def __str__(self) -> str:
        return f"{self.checkpoint_id} {self.witness}"


class WitnessedLog(models.Model):
    """The largest checkpoint of another's log that we cosigned as a witness; it only grows.

    note: the checkpoint as its log signed it, with our cosignature. Empty as long as none was cosigned.
    """

    witness = models.CharField(max_length=200, help_text="our name as a witness")
    origin = models.CharField(max_length=200)
    size = models.BigIntegerField(default=0)
    root = models.BinaryField(max_length=32)
    note = models.TextField(default="", blank=True)
    cosigned_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["witness", "origin"], name="one_record_per_witnessed_log")]

    def __str__(self) -> str:
        return self.origin


class LogFork(models.Model):
    """Two checkpoints of one size and two roots that one log signed: proof for everyone that it published two different trees."""

    origin = models.CharField(max_length=200)
    size = models.BigIntegerField()
    kept = models.TextField(help_text="the checkpoint that was seen first")
    refused = models.TextField(help_text="the one that contradicts it")
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["origin", "size"], name="one_proof_per_forked_size")]

    def __str__(self) -> str:
        return f"{self.origin} {self.size}"
