"""A learner's enrolment in one edition."""

from __future__ import annotations

from django.db import models

from common.ids import new_id


class Enrolment(models.Model):
    """A learner takes an edition; pinned to it for good. The client makes the id.

    `lessons_done_at` and `assessment_passed_at` are set once; `completed_at` when all that the edition asks is there.
    Personal data: learner, edition, instants.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    learner = models.ForeignKey("learners.Learner", on_delete=models.CASCADE, related_name="enrolments")
    edition = models.ForeignKey("courses.Edition", on_delete=models.PROTECT)
    enrolled_at = models.DateTimeField()
    lessons_done_at = models.DateTimeField(null=True)
    assessment_passed_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            # Enrolling twice is the same enrolment; also finds a learner's enrolment in an edition.
            models.UniqueConstraint(fields=["learner", "edition"], name="one_enrolment_per_learner_and_edition"),
        ]

    def __str__(self) -> str:
        return str(self.pk)
