"""Two workers absorb answers of one learner at the same time."""

from __future__ import annotations

import time
from datetime import timedelta
from threading import Thread

import pytest
from django.db import connection, transaction

from assessments.events import OutcomeCorrected, OutcomeRecorded
from events import public as events
from events.models import Delivery
from learners.mastery.services import rebuild
from learners.models import Ability, Evidence, Learner
from tests.factories import make_learner
from tests.learners.factories import ENROLLED_AT, an_answer, an_outcome, record_outcomes, recorded


def _worker() -> None:
    try:
        events.drain("mastery")
    finally:
        connection.close()


def _until_waiting(count: int) -> None:
    """Until so many connections wait for a lock."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0] >= count:
                return
        time.sleep(0.01)
    raise AssertionError(f"{count} workers never waited")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("first", [1, 2])
def test_two_drains_at_the_same_time_lose_and_double_nothing(known: bool, first: int) -> None:
    aiko, budi = make_learner("JP"), make_learner("ID")
    if known:
        for learner in (aiko, budi):
            record_outcomes(an_outcome(learner.pk, [an_answer(at=ENROLLED_AT - timedelta(days=1))]))
        _worker()
    doubled = an_outcome(aiko.pk, [an_answer() for _ in range(3)])
    later = ENROLLED_AT + timedelta(days=1)
    batches = [
        [doubled, an_outcome(budi.pk, [an_answer()])],
        [an_outcome(budi.pk, [an_answer(at=later)]), an_outcome(aiko.pk, [an_answer(at=later)]), doubled],
    ]
    if first == 2:
        batches.reverse()
    threads = []
    with transaction.atomic():
        # Held until both workers have claimed their events.
        model = Ability if known else Learner
        list(model.objects.select_for_update().filter(pk__in=[aiko.pk, budi.pk]))
        for batch in batches:
            _record_elsewhere(batch)
            threads.append(Thread(target=_worker))
            threads[-1].start()
            _until_waiting(len(threads))
    for thread in threads:
        thread.join(20)
    assert not Delivery.objects.filter(consumer="mastery").exists(), list(Delivery.objects.values("cause"))
    assert Evidence.objects.filter(learner=aiko).count() == 4 + known
    assert Evidence.objects.filter(learner=budi).count() == 2 + known
    assert Ability.objects.get(learner=aiko).count == 4 + known
    assert rebuild(learner_ids=[aiko.pk, budi.pk], write=False) == []
    # Whoever came second with the doubled answers had nothing to tell of them.
    assert len(recorded("learners.mastery_changed")) - 2 * known in {3, 4}


def _record_elsewhere(batch: list[OutcomeRecorded | OutcomeCorrected]) -> None:
    def record() -> None:
        try:
            record_outcomes(*batch)
        finally:
            connection.close()

    thread = Thread(target=record)
    thread.start()
    thread.join(10)
