"""Files that learners hand in with a task."""

from __future__ import annotations

from django.db import models


class HandedInFile(models.Model):
    """One file of an attempt, as it was kept: without the metadata that names its maker. The client makes the id.

    The file's name is never stored. Bytes in the database go with the attempt when the learner is erased, and are in the
    one backup there is (docs/decisions/0053).
    Personal data: the learner's work.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    attempt = models.ForeignKey("assessments.Attempt", on_delete=models.CASCADE, related_name="files")
    media_type = models.CharField(
        max_length=40,
        choices=[
            (value, value)
            for value in (
                "application/pdf",
                "image/jpeg",
                "image/png",
                "text/plain",
            )
        ],
    )
    size = models.PositiveIntegerField(help_text="bytes as kept")
    # Of the bytes as received: a repeated upload is recognised though what is kept differs.
    sha256 = models.BinaryField(max_length=32)
    body = models.BinaryField()
    uploaded_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.pk)
