"""Everything other apps may know about events: how to record one, and how a batch of them looks to a consumer."""

from events.idempotency import IDEMPOTENCY_KEY, IdempotencyKeyRequired, IdempotencyKeyReused, idempotent
from events.registry import Consumer, Happened, install
from events.services import drain, is_waiting, lag_seconds, record, record_many, recording

__all__ = [
    "IDEMPOTENCY_KEY",
    "Consumer",
    "Happened",
    "IdempotencyKeyRequired",
    "IdempotencyKeyReused",
    "drain",
    "idempotent",
    "install",
    "is_waiting",
    "lag_seconds",
    "record",
    "record_many",
    "recording",
]
