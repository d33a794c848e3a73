"""The transactional outbox, and the answers kept for repeated calls."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


class Event(models.Model):
    """Something that happened, in the past tense, written in the transaction that made it true; never edited.

    `payload` has the members of the class of that `kind` and `version` (config/flow.py names them), which it is read by:
    values only (ids, codes, numbers), no free text. Personal data: learner ids, removed with the event
    after its retention (events.services.prune).
    """

    kind = models.CharField(max_length=80)
    version = models.PositiveSmallIntegerField()
    payload = models.JSONField()
    occurred_at = models.DateTimeField(db_default=Now())
    # Follows the cause through the jobs' logs.
    request_id = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        indexes = [
            # Retention deletes by age.
            models.Index(fields=["occurred_at"], name="event_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Delivery(models.Model):
    """One event that one consumer has not processed yet; deleted in the transaction of the effect.

    After `events.services.MAX_TRIES` failures it is dead: kept with its cause until a person retries it.
    """

    # Found by the constraint's index on event and consumer. One statement writes an event and its deliveries, so a foreign key
    # would only look up what was just written, row by row; that no event goes while it has deliveries is a trigger's.
    event = models.ForeignKey(
        Event, on_delete=models.CASCADE, related_name="deliveries", db_index=False, db_constraint=False
    )
    consumer = models.CharField(max_length=80)
    tries = models.PositiveSmallIntegerField(db_default=0, default=0)
    available_at = models.DateTimeField(db_default=Now())
    dead = models.BooleanField(db_default=False, default=False)
    cause = models.TextField(blank=True, db_default="", default="")

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(fields=["event", "consumer"], name="one_delivery_per_event_and_consumer"),
        ]
        indexes = [
            # The drain takes the oldest living deliveries of one consumer.
            models.Index(fields=["consumer", "id"], condition=models.Q(dead=False), name="delivery_to_drain"),
        ]

    def __str__(self) -> str:
        return f"{self.consumer} <- {self.event_id}"


class StoredAnswer(models.Model):
    """The answer to a call that carried an `Idempotency-Key`, written in the call's own transaction; kept 30 days.

    Personal data: whatever the answer holds; goes with the caller's account (`caller` is the user's id).
    """

    caller = models.CharField(max_length=64)
    key = models.CharField(max_length=200)
    operation = models.CharField(max_length=200)
    body_sha256 = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField(null=True)
    answer = models.BinaryField(default=b"")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["caller", "key"], name="one_answer_per_caller_and_key"),
        ]
        indexes = [models.Index(fields=["created_at"], name="answer_by_age")]

    def __str__(self) -> str:
        return f"{self.operation} {self.status}"
