"""Further signed forms of what a learner holds, made by workers when the learner asks for them."""

from __future__ import annotations

from django.db import models


class CertificateJwt(models.Model):
    """A certificate as VC-JWT, for readers that know no Data Integrity: asked for, then signed once and never changed.

    token: the compact JWT; empty while it is only asked for. Web processes may ask; the issuer's role alone may sign.
    Personal data: the name in the token; goes with the certificate.
    """

    certificate = models.OneToOneField(
        "credentials.Certificate", on_delete=models.CASCADE, primary_key=True, related_name="jwt"
    )
    asked_at = models.DateTimeField()
    token = models.TextField(db_default="")
    key = models.ForeignKey(
        "credentials.IssuerKey", on_delete=models.PROTECT, null=True, related_name="certificate_jwts"
    )
    signed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(token="", key__isnull=True, signed_at__isnull=True)
                | (~models.Q(token="") & models.Q(key__isnull=False, signed_at__isnull=False)),
                name="a_certificate_jwt_is_signed_or_requested",
            )
        ]

    def __str__(self) -> str:
        return str(self.certificate_id)


class Passport(models.Model):
    """All that a learner holds as one signed Comprehensive Learner Record; replaced when they ask for a newer one.

    wanted_sha256: the content that is asked for and not signed yet; empty when nothing waits. content_sha256: of what
    the stored one was made from (credentials.presentations.passports.digest_of). credential: the text as it was signed.
    Personal data: the name, certificates and levels in the text; goes with the learner.
    """

    learner = models.OneToOneField(
        "learners.Learner", on_delete=models.CASCADE, primary_key=True, related_name="passport"
    )
    asked_at = models.DateTimeField()
    wanted_sha256 = models.CharField(max_length=64, db_default="")
    content_sha256 = models.CharField(max_length=64, db_default="")
    credential = models.TextField(db_default="")
    key = models.ForeignKey("credentials.IssuerKey", on_delete=models.PROTECT, null=True, related_name="passports")
    valid_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(credential="", content_sha256="", key__isnull=True, valid_until__isnull=True)
                | (
                    ~models.Q(credential="")
                    & ~models.Q(content_sha256="")
                    & models.Q(key__isnull=False, valid_until__isnull=False)
                ),
                name="a_passport_is_signed_or_asked_for",
            )
        ]

    def __str__(self) -> str:
        return str(self.learner_id)
