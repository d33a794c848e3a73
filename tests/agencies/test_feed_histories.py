"""Whatever happens to a feed, in whatever order: no reader misses anything, is told twice, or pulls for ever."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from django.core.management import call_command
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from agencies.feed import selectors, statements
from agencies.feed.rules import FeedCursor
from common import clock
from tests.agencies.feed_history import ABROAD, HOME, History, undone

pytestmark = pytest.mark.django_db

LEARNER = st.integers(0, 2)
HISTORIES = int(os.environ.get("FEED_HISTORIES", "12"))


class Histories(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self._clock = pytest.MonkeyPatch()
        self._undone = undone(lambda now: self._clock.setattr(clock, "now", now))
        self.history = self._undone.__enter__()

    def teardown(self) -> None:
        try:
            self.history.settle()
        finally:
            self._undone.__exit__(None, None, None)
            self._clock.undo()

    @rule(learner=LEARNER, given=st.booleans())
    def share(self, learner: int, given: bool) -> None:
        self.history.share(learner, given)

    @rule(learner=LEARNER, given=st.booleans())
    def allow_records(self, learner: int, given: bool) -> None:
        self.history.allow_records(learner, given)

    @rule(learner=LEARNER, level=st.integers(0, 2))
    def learn(self, learner: int, level: int) -> None:
        self.history.learn(learner, level)

    @rule(learner=LEARNER, state=st.sampled_from([HOME, ABROAD]))
    def move(self, learner: int, state: str) -> None:
        self.history.move(learner, state)

    @rule(learner=LEARNER, is_active=st.booleans())
    def activate(self, learner: int, is_active: bool) -> None:
        self.history.activate(learner, is_active)

    @rule(is_given=st.booleans())
    def grant(self, is_given: bool) -> None:
        self.history.grant(is_given)

    @rule(days=st.sampled_from([1, 29, 31, 91]))
    def pass_days(self, days: int) -> None:
        self.history.pass_days(days)

    @rule()
    def work(self) -> None:
        self.history.work()

    @rule()
    def clean_up(self) -> None:
        self.history.clean_up()

    @rule(reader=st.integers(0, 1))
    def read_page(self, reader: int) -> None:
        self.history.readers[reader].read_page()

    @rule(reader=st.integers(0, 1))
    def start_anew(self, reader: int) -> None:
        self.history.readers[reader].start_anew()

    @rule()
    def settle(self) -> None:
        self.history.settle()

    @precondition(lambda self: self.history.backup is None)
    @rule()
    def back_up(self) -> None:
        self.history.back_up()

    @precondition(lambda self: self.history.backup is not None)
    @rule()
    def restore(self) -> None:
        self.history.restore()


def test_no_reader_misses_anything_whatever_happens() -> None:
    run_state_machine_as_test(
        Histories,
        settings=settings(
            max_examples=HISTORIES,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.fixture
def history(monkeypatch: pytest.MonkeyPatch) -> Iterator[History]:
    with undone(lambda now: monkeypatch.setattr(clock, "now", now)) as made:
        yield made


def a_purge_above_the_first_page(history: History) -> None:
    """All share, one withdraws, and the tombstone is purged: the feed's horizon is above every row that is left."""
    for learner in range(3):
        history.share(learner, True)
    history.work()
    history.share(2, False)
    history.work()
    history.pass_days(91)
    history.clean_up()
    for reader in history.readers:
        reader.start_anew()


def a_restore_in_the_middle(history: History, *, by_the_book: bool = True) -> None:
    """What readers were told after the backup is undone, and their positions are handed out to others."""
    history.share(0, True)
    history.settle()
    history.back_up()
    history.share(1, True)
    history.settle()
    history.restore(by_the_book=by_the_book)
    history.share(2, True)


def a_grant_given_back(history: History) -> None:
    """A grant ends and is given back; one reader pulls meanwhile, before the feed was made anew."""
    history.share(0, True)
    history.share(1, True)
    history.settle()
    history.pass_days(1)
    history.learn(0, 1)
    history.share(1, False)
    history.work()
    history.grant(False)
    for reader in history.readers:
        reader.read_all()
    history.grant(True)


@pytest.mark.parametrize("happens", [a_purge_above_the_first_page, a_restore_in_the_middle, a_grant_given_back])
def test_histories_in_which_readers_were_lost(history: History, happens: Any) -> None:
    happens(history)
    history.settle()


def test_control_a_chain_that_does_not_remember_its_start_never_ends(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selectors, "newest_position", lambda agency_id: 0)
    a_purge_above_the_first_page(history)
    with pytest.raises(AssertionError, match="sent away again"):
        history.settle()


def test_control_without_a_new_epoch_a_reader_misses_what_came_after_the_restore(history: History) -> None:
    a_restore_in_the_middle(history, by_the_book=False)
    with pytest.raises(AssertionError, match="missed"):
        history.settle()


def test_control_a_last_pull_that_passes_live_rows_loses_them(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    from agencies.feed import services

    monkeypatch.setattr(
        services, "_tombstones", lambda rows, start, end, more: ([row for row in rows if row.withdrawn], end, more)
    )
    a_grant_given_back(history)
    with pytest.raises(AssertionError, match="missed"):
        history.settle()


def test_a_cursor_from_another_life_is_found_out_in_every_case() -> None:
    life, newest = statements.feed_life()
    position = max(newest, 1)
    good = FeedCursor(life, position, None)
    assert not good.is_gone(life=life, newest=position, horizon=position)
    assert good.is_gone(life="another", newest=position, horizon=0)
    assert good.is_gone(life=life, newest=position - 1, horizon=0), "of positions that this life never handed out"
    assert good.is_gone(life=life, newest=position, horizon=position + 1)
    call_command("begin_feed_epoch")
    assert statements.feed_life()[0] != life
    assert statements.feed_life() == statements.feed_life()


def test_what_moves_while_a_page_is_read_comes_later(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    for learner in range(3):
        history.share(learner, True)
    history.work()
    newest_position = selectors.newest_position

    def and_then_a_worker_commits(agency_id: UUID) -> int:
        found = newest_position(agency_id)
        history.learn(0, 2)
        history.work()
        return found

    with monkeypatch.context() as patched:
        patched.setattr(selectors, "newest_position", and_then_a_worker_commits)
        history.readers[0].read_page()
    history.settle()
