"""Publishing the progress feed, one publisher at a time, and answering an agency's pull."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, TypedDict
from uuid import UUID

from django.conf import settings
from django.db import transaction

from agencies.errors import NoGrant
from agencies.feed import rules, selectors, statements
from agencies.feed.documents import (
    ProgressCertificate,
    ProgressEnrolment,
    ProgressSkill,
    PublishedDocument,
    for_agency,
    progress_documents,
)
from agencies.feed.rules import FeedCursor
from agencies.grants.rules import GrantFacts, may_see_learners, tombstones_until
from agencies.grants.selectors import agencies_with_due_feeds, grants
from agencies.models import Agency, FeedEpoch, ProgressRow
from agencies.scope import agency_scope, publisher_scope
from common import clock
from common.database import lock_for_transaction
from common.errors import Gone
from common.schemas import Keywords, MonthText
from events.public import Recorded
from learners.events import AccountChanged, OfLearner, ProfileChanged
from privacy import public as privacy
from privacy.events import ConsentChanged
from privacy.public import SHARE_EXPLANATIONS, SHARE_PROGRESS

# One key for the whole feed: positions then become visible in their order. A key per agency would let publishers run
# side by side, but a batch touches several agencies and would have to take their locks in one order.
FEED_LOCK = "agencies.feed"
OPERATION = "progress"
FIELDS = ("learner", "state", "enrolments", "skills", "certificates")
FIELDS_OF_TOMBSTONES = ("learner", "state")
_CHUNK = 500
# A pull shows the effect of these before the feed does (see `pull`). If they are undone before the feed is updated, the row
# does not differ from what it was, and the agency would never hear that the learner is back.
_PUBLISHED_EARLY = (ConsentChanged, ProfileChanged, AccountChanged)


@dataclass(frozen=True)
class ProgressItem:
    """One learner, as of `changed_month`; it replaces whatever was told of the same `learner` before."""

    learner: Annotated[str, Keywords("The learner's id for your agency; other agencies know another.")]
    withdrawn: Annotated[bool, Keywords("True: delete all you hold of this learner. The members below are then null.")]
    changed_month: Annotated[MonthText, Keywords("UTC; the feed's order is its cursor's.")]
    state: Annotated[str, Keywords("ISO 3166-1 alpha-2")]
    enrolments: list[ProgressEnrolment] | None
    skills: list[ProgressSkill] | None
    certificates: list[ProgressCertificate] | None
    explanations: Annotated[
        bool | None,
        Keywords("Whether you may ask why the levels are what they are; when no longer, delete what you got."),
    ]


class ProgressPage(TypedDict):
    """A page of the feed."""

    items: list[ProgressItem]
    next: Annotated[str, Keywords("Always there: keep it and go on from it, now or at your next run.")]
    more: Annotated[bool, Keywords("Whether more is waiting already.")]
    tombstones_until: Annotated[
        date | None,
        Keywords("null: a grant is in force. A day: your grant ended, and until then only tombstones can be pulled."),
    ]


@dataclass(frozen=True)
class Pulled:
    """One page of the feed, where to go on from, and whether there is more already.

    `tombstones_until` is None while a grant is in force; after its end it is the last day on which tombstones are told.
    """

    entries: Sequence[ProgressItem]
    cursor: FeedCursor
    more: bool
    tombstones_until: date | None = None


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
    longer wanted (a consent withdrawn, grant ended, other state, account inactive or gone) becomes a tombstone. Constant
    queries, whatever the number of learners.
    """
    ids = sorted(learner_ids)
    if not ids:
        return 0
    with publisher_scope():
        # Before anything is read: the last publisher of a learner then read the newest state, and positions become
        # visible in the order they are handed out.
        lock_for_transaction(FEED_LOCK)
        day = now.date()
        states = selectors.states_of_visible(ids)
        consents = privacy.agencies_consented_to(user_ids=states, purpose=SHARE_PROGRESS) if states else {}
        given = grants(on=day) if consents else ()
        pairs = rules.wanted(states=states, consents=consents, grants=given, purpose=SHARE_PROGRESS, day=day)
        moved = _put(pairs, states, given, republish, now) if pairs else 0
        return moved + statements.withdraw_rows(learner_ids=ids, keep=pairs, now=now)


def _put(
    pairs: Sequence[tuple[UUID, UUID]],
    states: Mapping[UUID, str],
    given: Sequence[GrantFacts],
    republish: Collection[UUID],
    now: datetime,
) -> int:
    explained = set(
        rules.wanted(
            states=states,
            consents=privacy.agencies_consented_to(user_ids=states, purpose=SHARE_EXPLANATIONS),
            grants=given,
            purpose=SHARE_EXPLANATIONS,
            day=now.date(),
        )
    )
    documents = progress_documents({learner_id for _, learner_id in pairs})
    keys = dict(Agency.objects.filter(pk__in={agency_id for agency_id, _ in pairs}).values_list("pk", "pseudonym_key"))
    rows = [
        {
            "agency_id": agency_id,
            "learner_id": learner_id,
            "pseudonym": rules.pseudonym(bytes(keys[agency_id]), learner_id),
            "member_state_id": states[learner_id],
            "document": for_agency(
                bytes(keys[agency_id]), documents[learner_id], explanations=(agency_id, learner_id) in explained
            ),
        }
        for agency_id, learner_id in pairs
        if learner_id in documents
    ]
    # What is published together stands in each agency's feed in another order, by which nobody can match two of them.
    rows.sort(key=lambda row: str(row["pseudonym"]))
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
def pull(
    *, agency_id: UUID, state: str | None, client_id: str, after: FeedCursor | None, limit: int, now: datetime
) -> Pulled:
    """Return the agency's next rows behind the cursor `after` (None: from the start) and write the disclosure ledger.

    Page and ledger are one transaction: without the ledger's entry there is no answer. A row whose learner withdrew,
    moved away or left a moment ago is returned as a tombstone even before the feed has it. After the end of a grant only
    tombstones are returned, for AGENCY_LAST_PULL_DAYS. Constant queries.

    Raises:
        NoGrant: no learner-level grant of the agency's own state is in force, and none ended in that time.
        Gone: tombstones behind `after` were purged, or it is from before a restore: going on would miss withdrawals.
    """
    until = _tombstones_until(agency_id=agency_id, state=state, day=now.date())
    with agency_scope(agency_id):
        # The newest position comes first, then the rows: what moves in between is behind it and comes later.
        life, newest = statements.feed_life()
        start = after or FeedCursor(life, selectors.newest_position(agency_id), "")
        rows, cursor, more = _page(agency_id, start, limit)
        # After the rows, never before: a purge in between would take tombstones away unnoticed.
        if after is not None and after.is_gone(life=life, newest=newest, horizon=selectors.horizon(agency_id)):
            raise Gone()
    if until is not None:
        rows, cursor, more = _tombstones(rows, start, cursor, more)
    live = [row.learner_id for row in rows if not row.withdrawn]
    states = selectors.states_of_visible(live) if live else {}
    consents = privacy.agencies_consented_to(user_ids=states, purpose=SHARE_PROGRESS) if states else {}
    shown = {
        learner_id
        for learner_id in live
        if states.get(learner_id) == state and agency_id in consents.get(learner_id, ())
    }
    if rows:
        privacy.record_pull(
            agency_id=agency_id,
            client_id=client_id,
            purpose=SHARE_PROGRESS,
            operation=OPERATION,
            fields=FIELDS if until is None else FIELDS_OF_TOMBSTONES,
            user_ids=sorted(shown),
            row_count=len(rows),
        )
    return Pulled(
        entries=[_item(row, row.document if row.learner_id in shown else None) for row in rows],
        cursor=cursor,
        more=more,
        tombstones_until=until,
    )


def _tombstones_until(*, agency_id: UUID, state: str | None, day: date) -> date | None:
    """Return the last day of pulling tombstones; None while a grant is in force.

    Raises:
        NoGrant: there is no grant in force, and that day is over.
    """
    days = settings.AGENCY_LAST_PULL_DAYS
    given = grants(agency_id=agency_id, on=day, ended_since=day - timedelta(days=days))
    if may_see_learners(given, agency_id=agency_id, state=state, purpose=SHARE_PROGRESS, day=day):
        return None
    until = tombstones_until(given, agency_id=agency_id, state=state, purpose=SHARE_PROGRESS, day=day, days=days)
    if until is None:
        raise NoGrant()
    return until


def _page(agency_id: UUID, start: FeedCursor, limit: int) -> tuple[Sequence[ProgressRow], FeedCursor, bool]:
    """Return the rows behind `start`, where they end, and whether there are more."""
    if start.after is None:
        found = selectors.rows_behind(agency_id=agency_id, position=start.position, limit=limit + 1)
        rows = found[:limit]
        return rows, start._replace(position=rows[-1].position) if rows else start, len(found) > limit
    found = selectors.rows_up_to(agency_id=agency_id, position=start.position, after=start.after, limit=limit + 1)
    rows = found[:limit]
    if len(found) > limit:
        return rows, start._replace(after=rows[-1].pseudonym), True
    more = selectors.is_any_behind(agency_id=agency_id, position=start.position)
    return rows, start._replace(after=None), more


def _tombstones(
    rows: Sequence[ProgressRow], start: FeedCursor, end: FeedCursor, more: bool
) -> tuple[Sequence[ProgressRow], FeedCursor, bool]:
    """Return the page up to its first row that is no tombstone yet, where that ends, and whether there is more now.

    The feed makes a tombstone of such a row within moments, or the grant is given back: then it must not have been passed.
    """
    kept = list(itertools.takewhile(lambda row: row.withdrawn, rows))
    if len(kept) == len(rows):
        return rows, end, more
    if not kept:
        return kept, start, False
    last = kept[-1]
    moved = {"position": last.position} if start.after is None else {"after": last.pseudonym}
    return kept, start._replace(**moved), False


def _item(row: ProgressRow, document: PublishedDocument | None) -> ProgressItem:
    """Return the row as it is published to the agency; without a document it is a tombstone."""
    return ProgressItem(
        learner=row.pseudonym,
        withdrawn=document is None,
        changed_month=rules.month(row.changed_at),
        state=row.member_state_id,
        enrolments=document["enrolments"] if document else None,
        skills=document["skills"] if document else None,
        certificates=document["certificates"] if document else None,
        explanations=document["explanations"] if document else None,
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


def withdraw_invisible(*, now: datetime) -> int:
    """Make tombstones of the learners whom no agency may know of any more; return how many rows moved. May be repeated.

    The feed hears of withdrawals and closed accounts by events. This finds those that no event told of: an account that
    was made inactive or erased by hand in the database.
    """
    return sum(
        publish(learner_ids=set(told_of) - selectors.states_of_visible(told_of).keys(), now=now)
        for told_of in selectors.learners_told_of(at_once=_CHUNK)
    )


@transaction.atomic
def begin_epoch(*, actor: str) -> UUID:
    """Begin a new life of the feeds, after a restore: every cursor handed out before gets 410 from now on.

    Each call begins another one.
    """
    epoch = FeedEpoch.objects.create()
    privacy.audit(actor=actor, action="agency_feed.epoch_begun", subject_kind="agency_feed", subject_id=str(epoch.pk))
    return epoch.pk
