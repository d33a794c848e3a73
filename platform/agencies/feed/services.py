"""Publishing the progress feed, one publisher at a time, and answering an agency's pull."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, TypedDict
from uuid import UUID

from django.conf import settings
from django.db import transaction

from agencies.errors import NoGrant
from agencies.feed import rules, selectors, statements
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
from common.database import lock_for_transaction
from common.errors import Gone
from common.schemas import Keywords
from events.public import Recorded
from learners import public as learners
from learners.events import OfLearner, ProfileChanged
from privacy import public as privacy
from privacy.events import ConsentChanged
from privacy.public import SHARE_PROGRESS

# One key for the whole feed: positions then become visible in their order. A key per agency would let publishers run
# side by side, but a batch touches several agencies and would have to take their locks in one order.
FEED_LOCK = "agencies.feed"
OPERATION = "progress"
FIELDS = ("learner", "state", "enrolments", "skills", "certificates")
_CHUNK = 500
# A pull shows the effect of these before the feed does (see `pull`). If they are undone before the feed is updated, the row
# does not differ from what it was, and the agency would never hear that the learner is back.
_PUBLISHED_EARLY = (ConsentChanged, ProfileChanged)


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

    A repeat at most publishes again what the agency has already.
    """
    concerned: set[UUID] = set()
    again: set[UUID] = set()
    for event in (record.event for record in recorded):
        learner_id = event.user_id if isinstance(event, ConsentChanged) else event.learner_id
        concerned.add(learner_id)
        if isinstance(event, _PUBLISHED_EARLY):
            again.add(learner_id)
    publish(learner_ids=concerned, republish=again, now=clock.now())


@transaction.atomic
def publish(*, learner_ids: Collection[UUID], now: datetime, republish: Collection[UUID] = ()) -> int:
    """Bring the rows of these learners up to date for every agency; return how many moved. A repeat moves none.

    A wanted row is inserted, or moves to the end if its content changed or the learner is in `republish`; a row that is no
    longer wanted (consent withdrawn, grant ended, other state, account gone) becomes a tombstone. Constant queries,
    whatever the number of learners.
    """
    ids = sorted(learner_ids)
    if not ids:
        return 0
    with publisher_scope():
        # Before anything is read: the last publisher of a learner then read the newest state, and positions become
        # visible in the order they are handed out.
        lock_for_transaction(FEED_LOCK)
        day = now.date()
        states = learners.states_of(ids)
        consents = privacy.agencies_consented_to(user_ids=ids, purpose=SHARE_PROGRESS)
        pairs = (
            rules.wanted(states=states, consents=consents, grants=grants(on=day), purpose=SHARE_PROGRESS, day=day)
            if consents
            else []
        )
        moved = _put(pairs, states, republish, now) if pairs else 0
        return moved + statements.withdraw_rows(learner_ids=ids, keep=pairs, now=now)


def _put(
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
    return statements.put_rows(rows, republish=republish, now=now)


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

    A change while a feed is being rebuilt sets a later `feed_due_at`, so that the feed is rebuilt again.
    """
    due = agencies_with_due_feeds(on=now.date())
    for agency_id, due_at in due:
        rebuild_feed(agency_id=agency_id, now=now)
        Agency.objects.filter(pk=agency_id).update(feed_rebuilt_on=now.date())
        Agency.objects.filter(pk=agency_id, feed_due_at=due_at).update(feed_due_at=None)
    return len(due)


@transaction.atomic
def pull(*, agency_id: UUID, state: str | None, client_id: str, after: int | None, limit: int, now: datetime) -> Pulled:
    """Return the agency's rows behind the position `after` (None: from the start) and write the disclosure ledger.

    Page and ledger are one transaction: without the ledger's entry there is no answer. A row whose learner withdrew,
    moved away or left a moment ago is returned as a tombstone even before the feed has it. Constant queries.

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
    """Return the row as it is published to the agency; without a document it is a tombstone."""
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
    with publisher_scope():
        lock_for_transaction(FEED_LOCK)
        return statements.purge_tombstones(before=now - kept_for)
