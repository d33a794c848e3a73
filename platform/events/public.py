"""Everything other apps may know about events: what one is, how to record it, and how a batch of them looks to a consumer."""

from events.idempotency import IDEMPOTENCY_KEY, IdempotencyKeyRequired, IdempotencyKeyReused, idempotent
from events.kinds import Event, FormerEvent, Instant, Recorded, UnreadableEvent, Value
from events.registry import Consumer, install
from events.services import drain, is_waiting, lag_seconds, record, record_many, recording

__all__ = [
    "IDEMPOTENCY_KEY",
    "Consumer",
    "Event",
    "FormerEvent",
    "IdempotencyKeyRequired",
    "IdempotencyKeyReused",
    "Instant",
    "Recorded",
    "UnreadableEvent",
    "Value",
    "drain",
    "idempotent",
    "install",
    "is_waiting",
    "lag_seconds",
    "record",
    "record_many",
    "recording",
]
