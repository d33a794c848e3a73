"""Places in status lists: each handed out once, whoever else is taking some at the moment."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import connections, transaction

from common import clock
from credentials.certificates import keys, status_allocation
from credentials.certificates.signer import signer_for
from credentials.certificates.status_indexes import CAPACITY
from credentials.models import StatusList

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _registered() -> None:
    with transaction.atomic():
        keys.ensure_registered(signer_for("jp"), issuer="jp", now=clock.now())


def meanwhile(work: Callable[[], object]) -> threading.Thread:
    def run() -> None:
        try:
            work()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def taken(count: int) -> list[status_allocation.StatusEntry]:
    with transaction.atomic():
        return status_allocation.allocate("jp", count)


def test_who_comes_while_another_is_issuing_takes_from_another_list_and_waits_for_nobody() -> None:
    taken(1)
    found: list[list[status_allocation.StatusEntry]] = []
    with transaction.atomic():
        ours = status_allocation.allocate("jp", 3)
        other = meanwhile(lambda: found.append(taken(3)))
        other.join(60)
        assert not other.is_alive()
    (theirs,) = found
    assert {place[0] for place in ours} & {place[0] for place in theirs} == set()
    # Nobody else is there: the first list again.
    assert {place[0] for place in taken(2)} == {min(ours[0][0], theirs[0][0])}
    assert StatusList.objects.count() == 2


def test_with_enough_lists_side_by_side_one_waits_and_opens_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status_allocation, "OPEN_LISTS", 1)
    found: list[list[status_allocation.StatusEntry]] = []
    taken(1)
    with transaction.atomic():
        ours = status_allocation.allocate("jp", 3)
        other = meanwhile(lambda: found.append(taken(3)))
        other.join(0.5)
        assert other.is_alive()
    other.join(60)
    assert StatusList.objects.count() == 1
    assert len({place[2] for place in [*ours, *found[0]]}) == 6


def test_many_at_a_time_get_each_place_once() -> None:
    found: list[status_allocation.StatusEntry] = []
    start = threading.Barrier(6)

    def work() -> None:
        start.wait()
        for _ in range(4):
            found.extend(taken(25))

    threads = [meanwhile(work) for _ in range(6)]
    for thread in threads:
        thread.join(120)
    assert len(found) == len({(place[0], place[2]) for place in found}) == 600
    assert StatusList.objects.count() <= status_allocation.OPEN_LISTS
    assert sum(StatusList.objects.values_list("used", flat=True)) == 600


def test_a_list_that_fills_up_is_followed_by_a_new_one_and_what_is_rolled_back_is_free_again() -> None:
    taken(1)
    StatusList.objects.update(used=CAPACITY - 2)
    with transaction.atomic():
        status_allocation.allocate("jp", 5)
        transaction.set_rollback(True)
    assert StatusList.objects.get().used == CAPACITY - 2
    places = taken(5)
    assert [number for _, number, _ in places] == [1, 1, 2, 2, 2]
    assert list(StatusList.objects.order_by("number").values_list("used", flat=True)) == [CAPACITY, 3]
    assert StatusList.objects.order_by("number").last().published_at is not None
