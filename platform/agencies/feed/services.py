"""Publishing the progress feed, one publisher at a time, and answering an agency's pull."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, TypedDict
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from psycopg.types.json import Jsonb

from agencies.errors import NoGrant
from agencies.feed import rules, selectors
from agencies.feed.documents import (
    ProgressCertificate,
    ProgressDocument,
    ProgressEnrolment,
    ProgressSkill,
    for_agency,
    progress_documents,
)
from agencies.grants.rules import may_see_learners
from agencies.grants.selectors import agencies_with_due_feeds, grants
from agencies.models import Agency, ProgressRow
from agencies.scope import agency_scope, publisher_scope
from common import clock
from common.errors import Gone
from common.rendering import to_json
from common.schemas import Keywords
from events.public import Recorded
from learners import public as learners
from learners.events import OfLearner, ProfileChanged
from privacy import public as privacy
from privacy.events import ConsentChanged
from privacy.public import SHARE_PROGRESS

# One key for the whole feed: positions then become visible in their order. A key per agency would let publishers run
# side by side, but a batch touches several agencies and would have to take their locks in one order.
FEED_LOCK = 0x41_46_45_45_44
OPERATION = "progress"
FIELDS = ("learner", "state", "enrolments", "skills", "certificates")
_CHUNK = 500
# A pull tells of these before the feed does (see `pull`). Should they be undone before the feed gets to them, the row
# would not differ from what it was, and the agency would never hear that the learner is back.
_PUBLISHED_EARLY = (ConsentChanged, ProfileChanged)

_PUT = """
INSERT INTO agencies_progressrow AS kept
    (agency_id, learner_id, pseudonym, member_state_id, position, withdrawn, document, changed_at)
SELECT agency_id, learner_id, pseudonym, member_state_id, nextval('agencies_feed_position'), false, document, %s
FROM jsonb_to_recordset(%s) AS given
    (agency_id uuid, learner_id uuid, pseudonym text, member_state_id text, document jsonb)
ON CONFLICT (agency_id, learner_id) DO UPDATE SET
    member_state_id = EXCLUDED.member_state_id, position = EXCLUDED.position, withdrawn = false,
    document = EXCLUDED.document, changed_at = EXCLUDED.changed_at
-- What did not change keeps its place: a pull has nothing new to tell of it.
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


@dataclass(frozen=True)
class ProgressItem:
    """One learner, as of `changed_on`; it replaces whatever was told of the same `learner` before."""

    learner: Annotated[str, Keywords("The learner's id for your agency; other agencies know another.")]
    withdrawn: Annotated[bool, Keywords("True: delete all you hold of this learner. The members below are then null.")]
    changed_on: Annotated[date, Keywords("A UTC day; the feed's order is its cursor's.")]
    state: Annotated[str, Keywords("ISO 3166-1 alpha-2")]
    enrolments: list[ProgressEnrolment] | None
    skills: list[ProgressSkill] | None
    certificates: list[ProgressCertificate] | None


class ProgressPage(TypedDict):
    """A page of the feed."""

    items: list[ProgressItem]
    next: Annotated[str, Keywords("Always there: keep it and go on from it, now or at your next run.")]
    more: Annotated[bool, Keywords("Whether more is waiting already.")]


@dataclass(frozen=True)
class Pulled:
    """One page of the feed, the position to go on from, and whether there is more already."""

    entries: Sequence[ProgressItem]
    position: int
    more: bool


def update_feed(recorded: Sequence[Recorded[OfLearner | ConsentChanged]]) -> None:
    """Consumer: rebuilds the progress rows of the learners concerned, for every agency they consent to.

    A repeat tells an agency again what it knows, at most.
    """
    concerned: set[UUID] = set()
    again: set[UUID] = set()
    for event in (entry.event for entry in recorded):
        learner_id = event.user_id if isinstance(event, ConsentChanged) else event.learner_id
        concerned.add(learner_id)
        if isinstance(event, _PUBLISHED_EARLY):
            again.add(learner_id)
    publish(learner_ids=concerned, republish=again, now=clock.now())


@transaction.atomic
def publish(*, learner_ids: Collection[UUID], now: datetime, republish: Collection[UUID] = ()) -> int:
    """Bring the rows of these learners up to date for every agency; return how many moved. A repeat moves none.

    What is wanted goes in or moves to the end if its content changed, or if the learner is in `tell_again`; what is no
    longer wanted (consent withdrawn, grant ended, other state, account gone) becomes a tombstone. Constant queries,
    whatever the number of learners.
    """
    ids = sorted(learner_ids)
    if not ids:
        return 0
    with publisher_scope(), connection.cursor() as cursor:
        # Before anything is read: the last publisher of a learner then read the newest state, and positions become
        # visible in the order they are handed out.
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [FEED_LOCK])
        day = now.date()
        states = learners.states_of(ids)
        consents = privacy.agencies_consented_to(user_ids=ids, purpose=SHARE_PROGRESS)
        pairs = (
            rules.wanted(states=states, consents=consents, grants=grants(on=day), purpose=SHARE_PROGRESS, day=day)
            if consents
            else []
        )
        moved = _put(cursor, pairs, states, republish, now) if pairs else 0
        cursor.execute(
            _WITHDRAW, [now, ids, [agency_id for agency_id, _ in pairs], [learner_id for _, learner_id in pairs]]
        )
        return moved + int(cursor.rowcount)


def _put(
    cursor: Any,
    pairs: Sequence[tuple[UUID, UUID]],
    states: Mapping[UUID, str],
    republish: Collection[UUID],
    now: datetime,
) -> int:
    documents = progress_documents({learner_id for _, learner_id in pairs})
    keys = dict(Agency.objects.filter(pk__in={agency_id for agency_id, _ in pairs}).values_list("pk", "pseudonym_key"))
    rows = [
        {
            "agency_id": agency_id,
            "learner_id": learner_id,
            "pseudonym": rules.pseudonym(bytes(keys[agency_id]), learner_id),
            "member_state_id": states[learner_id],
            "document": for_agency(bytes(keys[agency_id]), documents[learner_id]),
        }
        for agency_id, learner_id in pairs
        if learner_id in documents
    ]
    cursor.execute(_PUT, [now, Jsonb(rows, dumps=to_json), list(republish)])
    return int(cursor.rowcount)


def rebuild_feed(*, agency_id: UUID, now: datetime) -> int:
    """Bring an agency's whole feed up to date, in short transactions; return how many rows moved. May be repeated."""
    concerned = selectors.learners_of_feed(agency_id) | privacy.users_consenting_to(
        agency_id=agency_id, purpose=SHARE_PROGRESS
    )
    ordered = sorted(concerned)
    return sum(
        publish(learner_ids=ordered[start : start + _CHUNK], now=now) for start in range(0, len(ordered), _CHUNK)
    )


def rebuild_due_feeds(*, now: datetime) -> int:
    """Rebuild the feeds whose grants changed, began or ended since they were last rebuilt; return how many.

    A change while a feed is being rebuilt leaves its mark standing, so that it is rebuilt again.
    """
    due = agencies_with_due_feeds(on=now.date())
    for agency_id, mark in due:
        rebuild_feed(agency_id=agency_id, now=now)
        Agency.objects.filter(pk=agency_id).update(feed_rebuilt_on=now.date())
        Agency.objects.filter(pk=agency_id, feed_due_at=mark).update(feed_due_at=None)
    return len(due)


@transaction.atomic
def pull(*, agency_id: UUID, state: str | None, client_id: str, after: int | None, limit: int, now: datetime) -> Pulled:
    """Return the agency's rows behind the position `after` (None: from the start) and write the disclosure ledger.

    Page and ledger are one transaction: without the ledger's entry there is no answer. A row whose learner withdrew,
    moved away or left a moment ago is told as a tombstone even before the feed has it. Constant queries.

    Raises:
        NoGrant: no learner-level grant of the agency's own state is in force.
        Gone: tombstones behind `after` were purged, so that going on would miss withdrawals.
    """
    if not may_see_learners(
        grants(agency_id=agency_id, on=now.date()),
        agency_id=agency_id,
        state=state,
        purpose=SHARE_PROGRESS,
        day=now.date(),
    ):
        raise NoGrant()
    with agency_scope(agency_id):
        rows = selectors.rows_behind(agency_id=agency_id, position=after or 0, limit=limit + 1)
        # After the rows, never before: a purge in between would take tombstones away unnoticed.
        if after is not None and after < selectors.horizon(agency_id):
            raise Gone()
    page = rows[:limit]
    live = [row.learner_id for row in page if not row.withdrawn]
    states = learners.states_of(live) if live else {}
    consents = privacy.agencies_consented_to(user_ids=live, purpose=SHARE_PROGRESS) if live else {}
    shown = {
        learner_id
        for learner_id in live
        if states.get(learner_id) == state and agency_id in consents.get(learner_id, frozenset())
    }
    if page:
        privacy.record_pull(
            agency_id=agency_id,
            client_id=client_id,
            purpose=SHARE_PROGRESS,
            operation=OPERATION,
            fields=FIELDS,
            user_ids=sorted(shown),
            row_count=len(page),
        )
    return Pulled(
        entries=[_item(row, row.document if row.learner_id in shown else None) for row in page],
        position=page[-1].position if page else after or 0,
        more=len(rows) > limit,
    )


def _item(row: ProgressRow, document: ProgressDocument | None) -> ProgressItem:
    """Return the row as the agency is told it; without a document it is a tombstone."""
    return ProgressItem(
        learner=row.pseudonym,
        withdrawn=document is None,
        changed_on=row.changed_at.astimezone(UTC).date(),
        state=row.member_state_id,
        enrolments=document["enrolments"] if document else None,
        skills=document["skills"] if document else None,
        certificates=document["certificates"] if document else None,
    )


@transaction.atomic
def purge_tombstones(*, now: datetime) -> int:
    """Delete tombstones past their retention and raise the feeds' horizons; return how many. May be repeated.

    Retention: the setting AGENCY_TOMBSTONE_DAYS, 90 unless given. An agency that stays away longer starts anew (410).
    """
    kept_for = timedelta(days=settings.AGENCY_TOMBSTONE_DAYS)
    with publisher_scope(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [FEED_LOCK])
        cursor.execute(_PURGE, [now - kept_for])
        return int(cursor.fetchone()[0])
