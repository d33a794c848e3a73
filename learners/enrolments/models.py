"""A learner's enrolment in one edition."""

from __future__ import annotations

from datetime import datetime

from django.db import models

from common.ids import new_id


class Enrolment(models.Model):
    """A learner takes an edition; pinned to it for good. The client makes the id.

    `lessons_done_at` and `assessment_passed_at` are set once; `completed_at` when all that the edition asks is there.
    A lesson that is waived counts as done. From `placed_at`, the first placement with answers, lessons may be waived.
    Personal data: learner, edition, instants.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    learner = models.ForeignKey("learners.Learner", on_delete=models.CASCADE, related_name="enrolments")
    edition = models.ForeignKey("courses.Edition", on_delete=models.PROTECT)
    enrolled_at = models.DateTimeField()
    placed_at = models.DateTimeField(null=True)
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

    def note_lessons_done(self, at: datetime, *, requires_assessment: bool) -> None:
        """Set, in memory, that all lessons were done at an instant, and the completion if nothing else is asked."""
        self.lessons_done_at = at
        if self.assessment_passed_at is not None:
            self.completed_at = max(at, self.assessment_passed_at)
        elif not requires_assessment:
            self.completed_at = at
