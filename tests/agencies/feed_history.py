"""A feed's life, step by step, and readers who do what the guide for agencies says; checked against what is true."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import connection, transaction

from accounts.models import User
from agencies import services
from agencies.errors import NoGrant
from agencies.feed import services as feed
from agencies.feed.rules import FeedCursor, pseudonym
from agencies.models import Agency, Grant, ProgressRow
from agencies.scope import publisher_scope
from common import clock
from common.errors import Gone
from events import public as events
from learners.events import ProfileChanged
from learners.models import Learner, SkillState
from privacy.models import ConsentRecord
from privacy.public import LEARNING_RECORDS, SHARE_PROGRESS
from tests.agencies.factories import consent, consent_to_records, drain, give_skill, make_agency, tell
from tests.factories import make_learner

HOME, ABROAD = "PH", "TH"


class Reader:
    """An agency's program: keeps what it was told and the cursor, starts anew on 410, deletes all on 403."""

    def __init__(self, history: History, limit: int) -> None:
        self.history, self.limit = history, limit
        self.held: dict[str, int] = {}
        self.start_anew()
        self.restarts = 0

    def start_anew(self) -> None:
        self.cursor: FeedCursor | None = None
        self.came: set[str] = set()
        self.is_full = True

    def read_page(self) -> tuple[list[str], bool]:
        """Pull one page; return whom it told of, and whether there is more to pull at once."""
        history = self.history
        try:
            page = feed.pull(
                agency_id=history.agency.pk,
                state=HOME,
                client_id="reader",
                after=self.cursor,
                limit=self.limit,
                now=history.now,
            )
        except Gone:
            self.start_anew()
            self.restarts += 1
            return [], True
        except NoGrant:
            self.held.clear()
            self.start_anew()
            return [], False
        self.cursor = page.cursor
        true = history.truth()
        for item in page.entries:
            self.came.add(item.learner)
            if item.withdrawn:
                assert (item.enrolments, item.skills, item.certificates) == (None, None, None)
                self.held.pop(item.learner, None)
            else:
                assert item.learner in true, "told of somebody who may not be told of"
                assert item.skills is not None
                self.held[item.learner] = item.skills[0]["level"]
        if self.is_full and not page.more:
            self.held = {learner: level for learner, level in self.held.items() if learner in self.came}
            self.is_full = False
        return [item.learner for item in page.entries], page.more

    def read_all(self) -> list[str]:
        """Pull until there is no more; return whom the pages told of."""
        told: list[str] = []
        before = self.restarts
        # While nothing is written: the start, each row twice at most (an old and a new chain), and what is behind.
        for _ in range(2 * len(self.history.learners) + 4):
            entries, more = self.read_page()
            told += entries
            assert self.restarts <= before + 1, "a pull from the start was sent away again"
            if not more:
                return told
        raise AssertionError("the pull does not end")


class History:
    """An agency with a grant, and learners who do not share yet. Every step is what users, workers and staff do."""

    def __init__(self, *, learners: int = 3) -> None:
        self.now: datetime = clock.now()
        self.agency: Agency = make_agency(HOME, grants=("learner",))
        self.learners: list[Learner] = [make_learner(HOME, name="Learner") for _ in range(learners)]
        for learner in self.learners:
            give_skill(learner, level=0)
            consent_to_records(learner)
        self.readers = [Reader(self, 1), Reader(self, 2)]
        self.backup: tuple[str, int] | None = None

    # What learners do.
    def share(self, learner: int, given: bool) -> None:
        consent(self.learners[learner], self.agency, given=given)

    def allow_records(self, learner: int, given: bool) -> None:
        consent_to_records(self.learners[learner], given=given)

    def learn(self, learner: int, level: int) -> None:
        SkillState.objects.filter(learner=self.learners[learner]).update(level=level)
        tell(self.learners[learner])

    def move(self, learner: int, state: str) -> None:
        Learner.objects.filter(pk=self.learners[learner].pk).update(member_state_id=state)
        events.record(ProfileChanged(learner_id=self.learners[learner].pk, member_state=state))

    # What staff do.
    def activate(self, learner: int, is_active: bool) -> None:
        user = User.objects.get(pk=self.learners[learner].pk)
        user.is_active = is_active
        user.save()

    def grant(self, is_given: bool) -> None:
        services.end_grant(
            grant_id=Grant.objects.get().pk, valid_to=None if is_given else self.now.date(), actor="staff"
        )

    # What time and workers do.
    def pass_days(self, days: int) -> None:
        self.now += timedelta(days=days)

    def work(self) -> None:
        drain()
        feed.rebuild_due_feeds(now=self.now)

    def clean_up(self) -> None:
        feed.withdraw_invisible(now=self.now)
        feed.purge_tombstones(now=self.now)

    def back_up(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT last_value FROM agencies_feed_position")
            self.backup = (transaction.savepoint(), cursor.fetchone()[0])

    def restore(self, *, by_the_book: bool = True) -> None:
        """All is as it was at the backup, the sequence too; readers know what they know."""
        assert self.backup is not None
        transaction.savepoint_rollback(self.backup[0])
        with connection.cursor() as cursor:
            cursor.execute("SELECT setval('agencies_feed_position', %s)", [self.backup[1]])
        if by_the_book:
            feed.begin_epoch(actor="operator")

    def truth(self) -> dict[str, int]:
        """Whom the agency may know of at this moment, and their levels, told from the rows without the product's code."""
        grant = Grant.objects.get()
        if grant.valid_to is not None and grant.valid_to <= self.now.date():
            return {}
        key = bytes(self.agency.pseudonym_key)
        found = {}
        for learner in Learner.objects.filter(pk__in=[learner.pk for learner in self.learners]).select_related("user"):
            said = {}
            for record in ConsentRecord.objects.filter(user=learner.user).order_by("ordinal"):
                said[record.purpose_id] = record.given
            if (
                said.get(SHARE_PROGRESS)
                and said.get(LEARNING_RECORDS)
                and learner.user.is_active
                and learner.member_state_id == HOME
            ):
                found[pseudonym(key, learner.pk)] = SkillState.objects.get(learner=learner).level
        return found

    def settle(self) -> None:
        """Workers catch up; then every reader, and one who starts now, ends soon and holds what is true, told once."""
        self.work()
        true = self.truth()
        for reader in self.readers:
            reader.read_all()
            assert reader.held == true, "missed"
            assert reader.read_all() == [], "told again"
        new = Reader(self, 2)
        told = new.read_all()
        assert new.held == true
        assert len(told) == len(set(told)), "told twice"
        with publisher_scope():
            kept = ProgressRow.objects.filter(withdrawn=True, document__isnull=False)
            assert not kept.exists(), "the document of somebody who withdrew is kept"


@contextmanager
def undone(monkeypatch_clock: Callable[[Callable[[], datetime]], None]) -> Iterator[History]:
    """Yield a history whose rows are gone afterwards; the product's clock shows the history's time."""
    with transaction.atomic():
        history = History()
        monkeypatch_clock(lambda: history.now)
        try:
            yield history
        finally:
            transaction.set_rollback(True)
