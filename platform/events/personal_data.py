"""What the outbox and the answers kept for repeated calls hold of people."""

from __future__ import annotations

from common.personal_data import Basis, Erasure, Retention, Seen, Table, Use
from events.services import ANSWER_RETENTION, EVENT_RETENTION

_OUTBOX = Use(
    "operation",
    Basis.SERVICE,
    Retention(until="once every consumer had it", for_=EVENT_RETENTION),
    (Seen.NOBODY,),
    Erasure.DELETED_APART,
)

TABLES = (
    # What an event is about stands in its payload, by ids.
    Table("events.Event", _OUTBOX, learning="payload", none="id kind version occurred_at request_id"),
    Table("events.Delivery", _OUTBOX, pseudonymous="cause", none="id event consumer tries available_at dead"),
    Table(
        "events.StoredAnswer",
        Use(
            "operation",
            Basis.SERVICE,
            Retention(until="after the call", for_=ANSWER_RETENTION),
            (Seen.LEARNER,),
            Erasure.DELETED_APART,
        ),
        subject="caller",
        pseudonymous="caller",
        personal="answer",
        none="id key operation body_sha256 status created_at",
    ),
)
