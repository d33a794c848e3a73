"""Agencies, what they were granted, the progress feed they pull, and the published statistics."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from common.ids import new_id


def new_pseudonym_key() -> bytes:
    """Return 32 random bytes, the key of an agency's pseudonyms."""
    return secrets.token_bytes(32)


class Agency(models.Model):
    """A ministry, skills authority or regional body. `member_state` is empty for a regional body: it gets no learner rows.

    `pseudonym_key` never changes: with another key every learner would become a stranger to the agency. No personal data.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=200)
    role = models.CharField(max_length=200, blank=True, default="")
    member_state = models.ForeignKey("member_states.MemberState", on_delete=models.PROTECT, null=True, blank=True)
    active = models.BooleanField(default=True)
    pseudonym_key = models.BinaryField(max_length=32, default=new_pseudonym_key, editable=False)
    # The feed follows changed grants later, in pieces: since when it has been due, and the day it was rebuilt for.
    feed_due_at = models.DateTimeField(null=True, editable=False)
    feed_rebuilt_on = models.DateField(null=True, editable=False)

    class Meta:
        verbose_name_plural = "agencies"
        constraints = [
            models.UniqueConstraint(
                fields=["member_state", "name"], nulls_distinct=False, name="one_agency_per_state_and_name"
            )
        ]

    def __str__(self) -> str:
        return self.name


class ApiClient(models.Model):
    """An agency's machine that signs in with OAuth 2 client credentials; its state is the agency's, never a parameter."""

    application = models.OneToOneField("oauth2_provider.Application", on_delete=models.CASCADE, primary_key=True)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="clients")
    active = models.BooleanField(default=True)

    class Meta:
        verbose_name = "API client"
        verbose_name_plural = "API clients"

    def __str__(self) -> str:
        return f"{self.agency} client"


class Grant(models.Model):
    """What an agency may be told: of which state, for which purpose, on which legal basis, from when to when.

    Statistics of another state than the agency's own open when an administrator of that state has approved: `approved_at`.
    Personal data: the account of the member of staff who approved.
    """

    class Scope(models.TextChoices):
        LEARNER = "learner", "learner-level progress, of consenting learners"
        AGGREGATE = "aggregate", "statistics"

    agency = models.ForeignKey(Agency, on_delete=models.CASCADE, related_name="grants")
    member_state = models.ForeignKey("member_states.MemberState", on_delete=models.PROTECT)
    purpose = models.ForeignKey("privacy.Purpose", on_delete=models.PROTECT)
    scope = models.CharField(max_length=10, choices=Scope)
    legal_basis = models.TextField()
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True, help_text="first day on which it no longer holds")
    approved_at = models.DateTimeField(null=True, editable=False)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, editable=False, related_name="+"
    )

    class Meta:
        permissions = [("approve_grant", "Can approve that another state's agency reads the own state's statistics")]
        constraints = [
            models.UniqueConstraint(
                fields=["agency", "member_state", "purpose", "scope", "valid_from"],
                name="one_grant_per_agency_state_purpose",
            ),
            models.CheckConstraint(
                condition=models.Q(valid_to__isnull=True) | models.Q(valid_to__gte=models.F("valid_from")),
                name="grant_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.agency} {self.member_state_id} {self.scope}"


class ProgressRow(models.Model):
    """A learner's progress as one agency may see it: the newest state, moved to the end of the feed at each change.

    `position` is handed out under an advisory lock that is held to the commit, so rows become visible in its order and
    a reader's cursor passes over none. `withdrawn` is a tombstone: the document is empty. Row-level security lets an
    agency's session see its own rows only (migration 0003). The agency knows the learner by `pseudonym` alone.
    Personal data: learner, pseudonym, and the document for as long as the consent stands.
    """

    agency = models.ForeignKey(Agency, on_delete=models.CASCADE)
    learner_id = models.UUIDField(help_text="the account's id; no foreign key, for a tombstone outlives the account")
    pseudonym = models.CharField(max_length=32, help_text="the learner's id for this agency only")
    member_state = models.ForeignKey("member_states.MemberState", on_delete=models.PROTECT)
    position = models.BigIntegerField()
    withdrawn = models.BooleanField(default=False)
    document = models.JSONField(null=True)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            # Learner first: the publisher finds all rows of a learner by it, whichever agency holds them.
            models.UniqueConstraint(fields=["learner_id", "agency"], name="one_progress_row_per_agency_and_learner"),
            # The pull: the agency's rows behind a position, in order.
            models.UniqueConstraint(fields=["agency", "position"], name="progress_row_by_position"),
            # A pull from the start goes through the agency's rows in this order.
            models.UniqueConstraint(fields=["agency", "pseudonym"], name="progress_row_by_pseudonym"),
            # Whoever writes: of a learner who withdrew nothing is kept.
            models.CheckConstraint(
                condition=models.Q(withdrawn=True, document__isnull=True)
                | models.Q(withdrawn=False, document__isnull=False),
                name="tombstone_has_no_document",
            ),
        ]
        indexes = [
            # The purge takes old tombstones.
            models.Index(fields=["changed_at"], condition=models.Q(withdrawn=True), name="tombstone_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.agency_id} {self.position}"


class FeedEpoch(models.Model):
    """A life of this database's feeds; a restore from a backup begins another one, and the newest row counts.

    Cursors carry the epoch: after a restore positions are handed out a second time, so an older cursor gets 410.
    The id is random, because a number could be given again by a second restore of the same backup. No personal data.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    begun_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.id}"


class FeedHorizon(models.Model):
    """The highest position of an agency's feed whose tombstones were purged: an older cursor gets 410 and starts anew."""

    agency = models.OneToOneField(Agency, on_delete=models.CASCADE, primary_key=True)
    purged_to = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.agency_id} {self.purged_to}"


class StatisticCell(models.Model):
    """Learners of a state at a level of a skill, as published: rounded, and empty where too few (never the raw count).

    No personal data. `refreshed_at` is when the published figure last changed.
    """

    member_state = models.ForeignKey("member_states.MemberState", on_delete=models.CASCADE)
    skill_code = models.CharField(max_length=20)
    level = models.PositiveSmallIntegerField()
    learners = models.PositiveIntegerField(null=True, help_text="rounded to 5; empty below 10")
    refreshed_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = "figure"
        verbose_name_plural = "statistics"
        constraints = [
            models.UniqueConstraint(
                fields=["member_state", "skill_code", "level"], name="one_cell_per_state_skill_level"
            ),
            # The floor holds whoever writes: a small count cannot be stored.
            models.CheckConstraint(
                condition=models.Q(learners__isnull=True) | models.Q(learners__gte=10), name="no_small_cell"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member_state_id} {self.skill_code} {self.level}"
