"""What frontends read: documents compiled at publishing, as ready bytes."""

from __future__ import annotations

from django.db import models


class Document(models.Model):
    """One compiled JSON document of a published edition in one language; never changed, so its ETag never lies.

    `ref` is the lesson's id for a lesson, else the edition's id. `etag` is the quoted SHA-256 of `body`. A draft has no
    documents; those of a retired edition stay, for the learners who are enrolled in it.
    """

    class Kind(models.TextChoices):
        CARD = "card", "catalogue card"
        COURSE = "course", "course page"
        LESSON = "lesson", "lesson"
        MANIFEST = "manifest", "manifest for offline use: every document with size and hash"

    edition = models.ForeignKey("courses.Edition", on_delete=models.CASCADE, related_name="documents")
    kind = models.CharField(max_length=10, choices=Kind)
    ref = models.UUIDField()
    language = models.CharField(max_length=20)
    body = models.BinaryField()
    etag = models.CharField(max_length=70)

    class Meta:
        constraints = [
            # Every read is one row by this key.
            models.UniqueConstraint(fields=["ref", "kind", "language"], name="one_document_per_ref_kind_language")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.language}"
