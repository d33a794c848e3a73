"""SQL of the outbox: recording events with their deliveries, claiming deliveries, settling them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from common.database import Fragment, run_prepared

# The array by way of a subquery, as in all fragments: where the planner sees how long an array is, it plans at each call anew
# for what differs between them, which takes longer than writing.
_RECORD = """
    happened_{n} AS (
        INSERT INTO events_event (kind, version, payload, request_id)
        SELECT %s::text, %s::smallint, value, %s::text FROM jsonb_array_elements(%s::jsonb) {if_changed} RETURNING id
    ),
    owed_{n} AS (
        INSERT INTO events_delivery (event_id, consumer)
        SELECT happened.id, consumer FROM happened_{n} AS happened CROSS JOIN unnest(ARRAY(SELECT unnest(%s::text[]))) AS consumer
        ORDER BY happened.id
    )
"""


def events_and_deliveries(
    *,
    kind: str,
    version: int,
    request_id: str,
    payloads: str,
    consumers: Sequence[str],
    after_commit: Callable[[], object] | None,
) -> Fragment:
    """Return the fragment that inserts events of one kind and a delivery of each event for each consumer.

    Args:
        payloads: a JSON array, an element per event.
    """
    return Fragment(_RECORD, (kind, version, request_id, payloads, list(consumers)), after_commit=after_commit)


# The deliveries first and alone: else a backlog's every event is read, and sorted, for each batch.
_CLAIM = """
    WITH claimed AS MATERIALIZED (
        SELECT id, event_id FROM events_delivery
        -- Due by the database's clock, which also set the instant: a worker's clock may be off.
        WHERE consumer = %s::text AND NOT dead AND available_at <= statement_timestamp() {of_these}
        ORDER BY id LIMIT %s::int FOR UPDATE SKIP LOCKED
    )
    SELECT claimed.id, event.id, event.kind, event.version, event.payload::text, event.occurred_at::text
    FROM claimed JOIN events_event AS event ON event.id = claimed.event_id ORDER BY claimed.id
"""
# Two texts that never change rather than one with a condition that may be empty: the batch's plan is for itself.
_CLAIM_DUE = _CLAIM.format(of_these="")
_CLAIM_OF_THESE = _CLAIM.format(of_these="AND id = ANY(%s::bigint[])")


class StoredEvent(NamedTuple):
    """An event as the table holds it; its payload is not validated yet."""

    id: int
    kind: str
    version: int
    payload: str  # JSON
    occurred_at: str  # ISO 8601


def claim(*, consumer: str, limit: int, ids: Sequence[int] | None = None) -> dict[int, StoredEvent]:
    """Lock at most `limit` due deliveries of the consumer, the oldest first, until the transaction ends.

    Args:
        ids: only these deliveries, if given.

    Returns:
        Each delivery's id with its event. Deliveries that another transaction has locked, or settled meanwhile, are missing.
    """
    parameters: list[Any] = [consumer, limit] if ids is None else [consumer, list(ids), limit]
    rows = run_prepared(_CLAIM_DUE if ids is None else _CLAIM_OF_THESE, parameters)
    return {delivery_id: StoredEvent(*event) for delivery_id, *event in rows}


def settle(delivery_ids: Iterable[int]) -> None:
    """Delete deliveries whose effect is part of the transaction."""
    run_prepared("DELETE FROM events_delivery WHERE id = ANY(%s::bigint[])", [list(delivery_ids)])
