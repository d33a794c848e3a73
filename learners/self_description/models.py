"""What learners choose to say of themselves so that unfairness can be found."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


class Gender(models.TextChoices):
    FEMALE = "female", "female"
    MALE = "male", "male"
    ANOTHER = "another", "another"
    NO_ANSWER = "no_answer", "no answer"


class SelfDescription(models.Model):
    """A learner's answer about their gender, given voluntarily and for one purpose: comparing how groups fare.

    Apart from the profile, so that nothing that reads profiles meets it: no list, export for agencies or page of the
    admin shows it, and it leaves this table only as counts of thirty people and more. It holds only while the consent
    `fairness_monitoring` does, and is deleted once that is withdrawn. Deliberately absent: anything else about a person.
    Personal data: all of it, of a sensitive kind; goes with the learner.
    """

    learner = models.OneToOneField(
        "learners.Learner", on_delete=models.CASCADE, primary_key=True, related_name="self_description"
    )
    gender = models.CharField(max_length=9, choices=Gender)
    said_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(gender__in=Gender.values), name="gender_is_one_of_the_answers")
        ]

    def __str__(self) -> str:
        return str(self.learner_id)
