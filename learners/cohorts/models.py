"""Named groups of a course's learners."""

from __future__ import annotations

from django.db import models

from common.ids import new_id


class Cohort(models.Model):
    """A group of learners of a course that sits together, e.g. a class in Jakarta; quizzes open to it by its code.

    No personal data; who is in it stands in `CohortMember`.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    course = models.ForeignKey("courses.Course", on_delete=models.PROTECT, related_name="cohorts")
    code = models.SlugField(max_length=40)
    title = models.CharField(max_length=120, blank=True, default="")

    class Meta:
        ordering = ["course", "code"]
        constraints = [models.UniqueConstraint(fields=["course", "code"], name="one_cohort_per_course_and_code")]

    def __str__(self) -> str:
        return self.code


class CohortMember(models.Model):
    """An enrolment is in a cohort of its course, whatever edition it is pinned to; it may be in several.

    Personal data: the learner (by the enrolment).
    """

    cohort = models.ForeignKey(Cohort, on_delete=models.CASCADE, related_name="members")
    enrolment = models.ForeignKey("learners.Enrolment", on_delete=models.CASCADE, related_name="memberships")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["cohort", "enrolment"], name="one_membership_per_cohort")]

    def __str__(self) -> str:
        return str(self.pk)
