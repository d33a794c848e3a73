"""A feed never skips: forced interleavings of two publishers and a reader, and a naive variant that fails the same test."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from uuid import UUID

import pytest
from django.db import connection, transaction

from agencies.feed import services as feed
from agencies.models import Agency, ProgressRow
from agencies.scope import publisher_scope
from common import clock
from learners.models import Learner
from tests.agencies.factories import Machine, consent, drain, give_skill, make_agency, signed_in_machine
from tests.factories import make_learner

pytestmark = pytest.mark.django_db(transaction=True)


class Writer(threading.Thread):
    """Publishes in a transaction of its own and holds the commit back until it is released."""

    def __init__(self, publish: Callable[[], object]) -> None:
        super().__init__(daemon=True)
        self._publish = publish
        self.has_written = threading.Event()
        self.may_commit = threading.Event()
        self.start()

    def run(self) -> None:
        try:
            with transaction.atomic():
                self._publish()
                self.has_written.set()
                assert self.may_commit.wait(10)
        finally:
            connection.close()

    def commit(self) -> None:
        self.may_commit.set()
        self.join(10)
        assert not self.is_alive()


def _somebody_waits_for_the_feed() -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
            if cursor.fetchone()[0]:
                return
        time.sleep(0.01)
    raise AssertionError("nobody waited")


def _two_learners(agency: Agency) -> list[Learner]:
    learners = [make_learner("PH", name="Learner") for _ in range(2)]
    for learner in learners:
        give_skill(learner)
        consent(learner, agency, tell=False)
    return learners


def _naively(agency: Agency, learner_id: UUID) -> None:
    """What the product does not do: take the position in the writer's own transaction, beside others."""
    with publisher_scope():
        with connection.cursor() as cursor:
            cursor.execute("SELECT nextval('agencies_feed_position')")
            position = cursor.fetchone()[0]
        ProgressRow.objects.create(
            agency=agency,
            learner_id=learner_id,
            pseudonym=learner_id.hex,
            member_state_id="PH",
            position=position,
            document={"enrolments": [], "skills": [], "certificates": [], "explanations": False},
            changed_at=clock.now(),
        )


def _read_all(machine: Machine, meanwhile: list[Callable[[], None]]) -> int:
    """Pull, let the writers go on one after the other, and pull from the cursor each time; return how many rows came."""
    rows, cursor = 0, None
    for step in [lambda: None, *meanwhile]:
        step()
        answer = machine.pull(cursor).json()
        rows += len(answer["items"])
        cursor = answer["next"]
    return rows


def test_a_commit_held_back_is_not_passed_over() -> None:
    agency = make_agency("PH")
    machine = signed_in_machine(agency)
    early, late = _two_learners(agency)
    held = Writer(lambda: feed.publish(learner_ids=[early.pk], now=clock.now()))
    assert held.has_written.wait(10)
    other = Writer(lambda: feed.publish(learner_ids=[late.pk], now=clock.now()))
    other.may_commit.set()
    _somebody_waits_for_the_feed()
    assert not other.has_written.is_set(), "the second publisher waits for the first one's commit"
    assert _read_all(machine, [held.commit, other.commit]) == 2


def test_the_naive_variant_does_pass_over_it() -> None:
    """Control: the same interleaving, with the sequence in the writer's transaction, loses a row for good."""
    agency = make_agency("PH")
    machine = signed_in_machine(agency)
    early, late = _two_learners(agency)
    held = Writer(lambda: _naively(agency, early.pk))
    assert held.has_written.wait(10)
    other = Writer(lambda: _naively(agency, late.pk))
    assert other.has_written.wait(10)
    assert _read_all(machine, [other.commit, held.commit]) == 1
    assert len(machine.pull().json()["items"]) == 2, "both rows are there"


def test_the_last_publisher_of_a_learner_has_the_newest_state() -> None:
    agency = make_agency("PH")
    machine = signed_in_machine(agency)
    learner, _ = _two_learners(agency)
    held = Writer(lambda: feed.publish(learner_ids=[learner.pk], now=clock.now()))
    assert held.has_written.wait(10)
    give_skill(learner, level=2)
    other = Writer(lambda: feed.publish(learner_ids=[learner.pk], now=clock.now()))
    other.may_commit.set()
    _somebody_waits_for_the_feed()
    held.commit()
    other.commit()
    [item] = machine.pull().json()["items"]
    assert item["skills"][0]["level"] == 2


def test_two_workers_share_the_events_and_publish_each_learner_once() -> None:
    agency = make_agency("PH")
    learners = [make_learner("PH", name="Learner") for _ in range(30)]
    with transaction.atomic():
        for learner in learners:
            consent(learner, agency)

    def work() -> None:
        try:
            drain()
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(20)
    items = signed_in_machine(agency).pull().json()["items"]
    assert len(items) == len({item["learner"] for item in items}) == 30
