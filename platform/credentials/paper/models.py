"""How certificates look on paper, and what was made of them."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from common.ids import new_id
from credentials.certificates.models import Certificate, Issuer
from credentials.paper.rules import DEFAULT_ACCENT


class PaperDesign(models.Model):
    """One version of how an authority's certificates look on paper and as images: pictures, a colour and texts.

    A draft (no version yet) is edited; published, it never changes and is never deleted (trigger). What is printed from
    then on has the issuer's newest published design, whenever the certificate was issued: the paper is a view of the
    signed credential. There is no code in it: pictures are made harmless, texts are set as text.
    texts: {"en": {"heading": …, "statement": …, "signatory": …, "office": …}, …}, each field optional.
    Personal data: the name and the signature of an officer of the authority, given to be shown; none of learners.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    issuer = models.ForeignKey(Issuer, on_delete=models.PROTECT, related_name="paper_designs")
    version = models.PositiveIntegerField(null=True, editable=False)
    accent = models.CharField(max_length=7, default=DEFAULT_ACCENT, help_text="Colour of the frame and the heading.")
    logo = models.BinaryField(default=b"", blank=True)
    signature = models.BinaryField(default=b"", blank=True)
    texts = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    published_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        permissions = [("publish_paperdesign", "Can publish paper design")]
        constraints = [
            models.UniqueConstraint(fields=["issuer", "version"], name="one_paper_design_per_issuer_and_version"),
            models.UniqueConstraint(
                fields=["issuer"],
                condition=models.Q(published_at__isnull=True),
                name="one_draft_of_paper_per_issuer",
            ),
            models.CheckConstraint(
                condition=models.Q(published_at__isnull=True, version__isnull=True)
                | models.Q(published_at__isnull=False, version__isnull=False),
                name="a_published_paper_design_has_its_version",
            ),
            # It is handed to the typesetter as a colour.
            models.CheckConstraint(condition=models.Q(accent__regex=r"^#[0-9a-f]{6}$"), name="accent_is_a_colour"),
        ]

    def __str__(self) -> str:
        return f"{self.issuer_id} v{self.version}" if self.version else f"{self.issuer_id} (draft)"


class Rendering(models.Model):
    """A page or image of a certificate as it was made, for whichever process is asked for it next.

    Only a cache: a missing row is made again with the same bytes. Rows are deleted after a week
    (`rendering_cache.delete_old_renderings`) and with their certificate. sha256 is over all
    that the bytes follow from: data, template, fonts and typesetter.
    Personal data: all that stands on the certificate.
    """

    sha256 = models.CharField(max_length=64, primary_key=True)
    certificate = models.ForeignKey(Certificate, on_delete=models.CASCADE, related_name="renderings")
    body = models.BinaryField()
    # Forgetting: the oldest first.
    made_at = models.DateTimeField(db_default=Now(), db_index=True)

    def __str__(self) -> str:
        return self.sha256
