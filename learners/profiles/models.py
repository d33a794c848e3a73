"""Who a learner is to the programme."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Now


class Learner(models.Model):
    """A learner's profile; its key is the account's key, so a learner's id is the user's id everywhere.

    One field holds the legal name, in any script: there is no family name to require. Deliberately absent:
    religion, address, identity numbers, and gender, which who wants to says elsewhere (learners/self_description).
    Personal data: all of it; goes with the account.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="learner"
    )
    legal_name = models.CharField(max_length=200, help_text="as it shall stand on certificates, in any script")
    latin_name = models.CharField(max_length=200, blank=True, default="")
    name_reading = models.CharField(max_length=200, blank=True, default="", help_text="how it is read, e.g. in kana")
    # Decides what law applies and which agencies may ever see anything.
    member_state = models.ForeignKey("member_states.MemberState", on_delete=models.PROTECT)
    languages = ArrayField(models.CharField(max_length=20), default=list, help_text="BCP 47 tags, preferred first")
    birth_year = models.PositiveSmallIntegerField(validators=[MinValueValidator(1900), MaxValueValidator(2100)])
    created_at = models.DateTimeField(db_default=Now())
    version = models.PositiveIntegerField(default=1, help_text="counts changes; the profile's ETag")

    class Meta:
        permissions = [("recover_learner", "Can hand over account recovery codes")]
        # Member-state administrators list their own state's learners.
        indexes = [models.Index(fields=["member_state", "user"], name="learner_by_state")]

    def __str__(self) -> str:
        return str(self.user_id)


class EarlierState(models.Model):
    """A state whose rule of age holds for an account though its profile names another: it lived there, or was refused there.

    Moving to a state with laxer rules lifts no rule (decision 0015).
    Personal data: all of it; goes with the account.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="earlier_states")
    member_state = models.ForeignKey("member_states.MemberState", on_delete=models.PROTECT)
    since = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "member_state"], name="one_row_per_account_and_state")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.member_state_id}"
