"""Links that learners make to show certificates."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models


class ShownField(models.TextChoices):
    """What of a certificate a link may show; the verdict is always shown."""

    NAME = "name", "name"
    ACHIEVEMENT = "achievement", "achievement"
    SKILLS = "skills", "skills and levels"
    DATES = "dates", "dates"
    ISSUER = "issuer", "issuer"
    EVIDENCE = "evidence", "counts of evidence"


class Share(models.Model):
    """A link that a learner made to one or more certificates; what it shows and how long never changes.

    token_sha256: of the secret in the address; the secret itself is stored nowhere (credentials.sharing.tokens). views:
    how often it was looked at, never more than `max_views` where there is a limit. A revoked row stays until its time
    is over, so that a late repeat of its making does not open it again.
    Deliberately absent: who looked, when and from where. Personal data: whose it is; goes with the learner.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    learner = models.ForeignKey("learners.Learner", on_delete=models.CASCADE, related_name="shares")
    # The public page: look up by the digest.
    token_sha256 = models.BinaryField(max_length=32, unique=True)
    salt = models.BinaryField(max_length=16)
    fields = ArrayField(models.CharField(max_length=12, choices=ShownField))
    max_views = models.PositiveIntegerField(null=True)
    views = models.PositiveIntegerField(db_default=0)
    created_at = models.DateTimeField()
    # Retention: find those whose time is over.
    expires_at = models.DateTimeField(db_index=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(max_views__isnull=True) | models.Q(views__lte=models.F("max_views")),
                name="a_share_is_never_seen_too_often",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class SharedCertificate(models.Model):
    """One certificate of a link, at its position. The newest certificate of its award is shown: a correction replaces it.

    Personal data: of whom the certificate is.
    """

    share = models.ForeignKey(Share, on_delete=models.CASCADE, related_name="shared")
    certificate = models.ForeignKey("credentials.Certificate", on_delete=models.CASCADE, related_name="shares")
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["share", "position"]
        constraints = [
            models.UniqueConstraint(fields=["share", "certificate"], name="one_place_per_shared_certificate")
        ]

    def __str__(self) -> str:
        return f"{self.share_id} {self.position}"
