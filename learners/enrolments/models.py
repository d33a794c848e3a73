"""A learner's enrolment in a course, pinned to one of its editions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models

from common.ids import new_id


class Enrolment(models.Model):
    """A learner takes a course in the edition that they are pinned to until they move. The client makes the id.

    `lessons_done_at`, `assessment_passed_at` and `completed_at` are the earliest instants at which that held for any edition
    that the enrolment was ever pinned to: they depend on what happened, not on the order in which it became known, and are
    never unset. A lesson that is waived counts as done. From `placed_at`, the first placement with answers, lessons may be
    waived. Personal data: learner, course, edition, instants.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    learner = models.ForeignKey("learners.Learner", on_delete=models.CASCADE, related_name="enrolments")
    # Together they are a foreign key too, to the edition and its course (a migration makes it).
    course = models.ForeignKey("courses.Course", on_delete=models.PROTECT, related_name="+")
    edition = models.ForeignKey("courses.Edition", on_delete=models.PROTECT)
    enrolled_at = models.DateTimeField()
    placed_at = models.DateTimeField(null=True)
    lessons_done_at = models.DateTimeField(null=True)
    assessment_passed_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            # Enrolling twice is the same enrolment; also finds a learner's enrolment in a course.
            models.UniqueConstraint(fields=["learner", "course"], name="one_enrolment_per_learner_and_course"),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    def save(self, *args: Any, **given: Any) -> None:
        """The course is the edition's, where nobody said it."""
        if self.course_id is None:
            self.course_id = self.edition.course_id
        super().save(*args, **given)

    def note_done(self, *, lessons_at: datetime | None, unassessed_at: datetime | None) -> bool:
        """Note, in memory, when all lessons of an edition were done; return whether anything is earlier than before.

        Args:
            lessons_at: the earliest instant, of any edition that the enrolment was pinned to; None for not yet.
            unassessed_at: the same, of the editions that ask for no assessment.
        """
        before = self.lessons_done_at, self.completed_at
        self.lessons_done_at = _earliest(self.lessons_done_at, lessons_at)
        assessed_at = None
        if self.lessons_done_at is not None and self.assessment_passed_at is not None:
            assessed_at = max(self.lessons_done_at, self.assessment_passed_at)
        self.completed_at = _earliest(self.completed_at, unassessed_at, assessed_at)
        return before != (self.lessons_done_at, self.completed_at)


def _earliest(*instants: datetime | None) -> datetime | None:
    return min((at for at in instants if at is not None), default=None)


class EnrolmentEdition(models.Model):
    """An enrolment was pinned to this edition from `since` on; the row stays when it moves.

    by: the account that did it; null for the platform itself.
    Personal data: the learner (by the enrolment), instants.
    """

    enrolment = models.ForeignKey(Enrolment, on_delete=models.CASCADE, related_name="pinned")
    edition = models.ForeignKey("courses.Edition", on_delete=models.PROTECT, related_name="+")
    since = models.DateTimeField()
    by = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["enrolment", "edition"], name="one_pin_per_enrolment_and_edition"),
        ]

    def __str__(self) -> str:
        return f"{self.enrolment_id} {self.edition_id}"
