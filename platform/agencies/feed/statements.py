"""SQL of the progress feed's rows. Whoever writes has locked the feed and set the publisher's scope."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from psycopg.types.json import Jsonb

from common.rendering import to_json

_PUT = """
INSERT INTO agencies_progressrow AS kept
    (agency_id, learner_id, pseudonym, member_state_id, position, withdrawn, document, changed_at)
SELECT agency_id, learner_id, pseudonym, member_state_id, nextval('agencies_feed_position'), false, document, %s
FROM jsonb_to_recordset(%s) AS given
    (agency_id uuid, learner_id uuid, pseudonym text, member_state_id text, document jsonb)
ON CONFLICT (agency_id, learner_id) DO UPDATE SET
    member_state_id = EXCLUDED.member_state_id, position = EXCLUDED.position, withdrawn = false,
    document = EXCLUDED.document, changed_at = EXCLUDED.changed_at
-- What did not change keeps its position: a pull has nothing new to report of it.
WHERE kept.withdrawn OR kept.document IS DISTINCT FROM EXCLUDED.document
    OR kept.member_state_id <> EXCLUDED.member_state_id OR kept.learner_id = ANY(%s)
"""

_WITHDRAW = """
UPDATE agencies_progressrow AS kept
SET withdrawn = true, document = NULL, position = nextval('agencies_feed_position'), changed_at = %s
WHERE learner_id = ANY(%s) AND NOT withdrawn AND NOT EXISTS (
    SELECT FROM unnest(%s::uuid[], %s::uuid[]) AS given (agency_id, learner_id)
    WHERE given.agency_id = kept.agency_id AND given.learner_id = kept.learner_id
)
"""

_PURGE = """
WITH gone AS (
    DELETE FROM agencies_progressrow WHERE withdrawn AND changed_at < %s RETURNING agency_id, position
), raised AS (
    INSERT INTO agencies_feedhorizon AS kept (agency_id, purged_to)
    SELECT agency_id, max(position) FROM gone GROUP BY agency_id
    ON CONFLICT (agency_id) DO UPDATE SET purged_to = greatest(kept.purged_to, EXCLUDED.purged_to)
)
SELECT count(*) FROM gone
"""


# The server's own marks are part of it, because a restore into a new database or server and a recovery to a point in time
# are then found out even where nobody began a new epoch.
_LIFE = """
SELECT
    (SELECT id::text FROM agencies_feedepoch ORDER BY begun_at DESC, id DESC LIMIT 1),
    (SELECT system_identifier::text FROM pg_control_system()),
    (SELECT oid::text FROM pg_database WHERE datname = current_database()),
    left(pg_walfile_name(pg_current_wal_lsn()), 8),
    (SELECT last_value FROM agencies_feed_position)
"""


def feed_life() -> tuple[str, int]:
    """Return what tells this life of the database from those before a restore, and the highest position handed out in it.

    The life is 16 hexadecimal digits, made of the newest epoch, the server, the database and the timeline of its log.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LIFE)
        *marks, newest = cursor.fetchone()
    return hashlib.sha256("|".join(mark or "" for mark in marks).encode()).hexdigest()[:16], int(newest)


def put_rows(rows: Sequence[Mapping[str, Any]], *, republish: Collection[UUID], now: datetime) -> int:
    """Insert rows, or move those that differ to the end of the feed; return how many did either.

    Args:
        rows: `agency_id`, `learner_id`, `pseudonym`, `member_state_id`, `document` each; no pair of agency and learner twice.
        republish: learners whose rows move even if they are the same.
    """
    parameters: list[Any] = [now, Jsonb(list(rows), dumps=to_json), list(republish)]
    with connection.cursor() as cursor:
        cursor.execute(_PUT, parameters)
        return int(cursor.rowcount)


def withdraw_rows(*, learner_ids: Sequence[UUID], keep: Iterable[tuple[UUID, UUID]], now: datetime) -> int:
    """Make tombstones of the rows of these learners, at the end of the feed; return how many.

    Args:
        keep: pairs of agency and learner whose rows stay.
    """
    pairs = list(keep)
    with connection.cursor() as cursor:
        cursor.execute(
            _WITHDRAW,
            [now, list(learner_ids), [agency_id for agency_id, _ in pairs], [learner_id for _, learner_id in pairs]],
        )
        return int(cursor.rowcount)


def purge_tombstones(*, before: datetime) -> int:
    """Delete tombstones from before an instant and raise the horizons of their feeds; return how many."""
    with connection.cursor() as cursor:
        cursor.execute(_PURGE, [before])
        return int(cursor.fetchone()[0])
