"""What happens at the same instant while answers are saved: none is lost, none comes too late, nobody waits for ever."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from threading import Event as Signal
from threading import Thread
from typing import Any

import pytest
from django.db import connection, transaction

from assessments.attempts import grading, saving, services, statements
from assessments.attempts.models import Attempt, AttemptItem
from assessments.attempts.selectors import attempts_for_update
from assessments.errors import AttemptExpired, AttemptSubmitted
from common import clock
from events.models import Event
from tests.assessments.factories import RIGHT, WRONG, enrol, make_bank, make_edition, make_quiz
from tests.assessments.test_races import in_threads, start, submit
from tests.factories import make_learner

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def edition():
    edition = make_edition()
    make_bank(edition, each=4)
    return edition


@pytest.fixture
def aiko(edition):
    learner = make_learner()
    enrol(learner, edition)
    return learner


def save(attempt: Any, learner: Any, *items: Any, by_kind: dict[str, Any] = RIGHT, sequence: int = 1, now: Any = None):
    return saving.save(
        attempt_id=attempt.id,
        learner_id=learner.pk,
        answers=[{"item": item.id, "response": by_kind[item.kind], "sequence": sequence} for item in items],
        now=now or clock.now(),
    )


def hand_in(attempt: Any, learner: Any, now: Any = None):
    return grading.submit(attempt_id=attempt.id, learner_id=learner.pk, answers=(), now=now or clock.now())


def overtaking(monkeypatch: Any, call: Any, alter: Any = None) -> list[Any]:
    """Have `call` run in another connection between the next closing's reading and its writing."""
    execute, came = grading.execute_together, []

    def overtaken(first, *others):
        if not came:
            came.append(True)
            came.extend(in_threads(lambda _: call(), [None], threads=1))
            first = alter(first) if alter else first
        return execute(first, *others)

    monkeypatch.setattr(grading, "execute_together", overtaken)
    return came


def test_an_answer_that_is_saved_while_the_attempt_is_handed_in_is_graded(edition, aiko, monkeypatch) -> None:
    attempt = start(make_quiz(edition), aiko).attempt
    save(attempt, aiko, *attempt.items[:3])
    came = overtaking(monkeypatch, lambda: save(attempt, aiko, attempt.items[3]))
    graded = hand_in(attempt, aiko)
    assert [entry["sequence"] for entry in came[1].saved] == [1], "the learner was told that it stands"
    assert [item.review.score for item in graded.items] == [1.0] * 4 + [0.0] * 4
    assert Event.objects.filter(kind="assessments.outcome_recorded").count() == 1


def test_whoever_did_not_look_whether_another_was_saved_would_lose_it(edition, aiko, monkeypatch) -> None:
    """The control: the same race, written whether or not an answer was saved since."""
    attempt = start(make_quiz(edition), aiko).attempt

    def naive(fragment):
        sql = fragment.sql.replace("AND attempt.saves = (given.row ->> 'saves')::integer", "")
        assert sql != fragment.sql
        return replace(fragment, sql=sql)

    came = overtaking(monkeypatch, lambda: save(attempt, aiko, attempt.items[3]), alter=naive)
    graded = hand_in(attempt, aiko)
    assert came[1].saved
    assert graded.score == 0.0


def test_answers_that_are_saved_again_and_again_do_not_keep_a_submission_out(edition, aiko) -> None:
    attempt = start(make_quiz(edition), aiko).attempt
    stop = Signal()

    def saver() -> None:
        try:
            sequence = 0
            while not stop.is_set():
                sequence += 1
                try:
                    save(attempt, aiko, *attempt.items, sequence=sequence)
                except AttemptSubmitted:
                    return
        finally:
            connection.close()

    threads = [Thread(target=saver) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        graded = submit(attempt, aiko, WRONG)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert graded.score == 0.0, "the submission is the last word"
    assert set(AttemptItem.objects.values_list("score", flat=True)) == {0.0}


def test_what_is_saved_while_the_clock_closes_is_graded_or_refused_never_lost(edition, aiko, monkeypatch) -> None:
    now = clock.now()
    attempt = start(make_quiz(edition), aiko, now=now).attempt
    save(attempt, aiko, attempt.items[0], now=now)
    late = attempt.due_at + timedelta(minutes=1)
    write = statements.save_answers

    def closed_before(**given):
        in_threads(lambda _: grading.close_expired(now=late), [None], threads=1)
        return write(**given)

    monkeypatch.setattr(saving, "save_answers", closed_before)
    with pytest.raises(AttemptExpired) as refused:
        save(attempt, aiko, *attempt.items, sequence=2, now=attempt.due_at)
    assert refused.value.members["saved"] == [{"item": attempt.items[0].id, "sequence": 1}]
    assert Attempt.objects.get().score == 0.125
    assert AttemptItem.objects.filter(response__isnull=False).count() == 1


def test_of_twenty_devices_at_once_the_highest_number_stands(edition, aiko) -> None:
    attempt = start(make_quiz(edition), aiko).attempt
    single = next(item for item in attempt.items if item.kind == "single")
    others = [item for item in attempt.items if item is not single]

    def device(sequence: int):
        return save(
            attempt, aiko, *(others if sequence % 2 else others[::-1]), single,
            by_kind={**RIGHT, "single": "abcd"[sequence % 4]}, sequence=sequence,
        )  # fmt: skip

    told = in_threads(device, range(20), threads=10)
    assert not [result for result in told if isinstance(result, type)]
    assert set(AttemptItem.objects.values_list("saved_sequence", flat=True)) == {19}
    assert AttemptItem.objects.get(pk=single.id).response == "d"
    # Whoever was told a number was told one that stood, its own or a higher one.
    assert all(entry["sequence"] >= sequence for sequence, result in enumerate(told) for entry in result.saved)


def test_a_save_that_waited_finds_what_was_saved_meanwhile(edition, aiko) -> None:
    """The lower number waits for the attempt's row; its statement began before the higher one was there."""
    attempt = start(make_quiz(edition), aiko).attempt
    item = next(entry for entry in attempt.items if entry.kind == "single")
    told: list[Any] = []
    with transaction.atomic():
        attempts_for_update().get(pk=attempt.id)
        waiting = Thread(target=lambda: told.extend(in_threads(lambda _: save(attempt, aiko, item), [None], threads=1)))
        waiting.start()
        _until_somebody_waits()
        statements.save_answers(
            attempt_id=attempt.id,
            answers=[{"item": item.id, "sequence": 2, "response": "d", "seconds": None}],
            now=clock.now(),
        )
    waiting.join()
    assert told[0].saved == [{"item": item.id, "sequence": 2}]
    assert AttemptItem.objects.get(pk=item.id).response == "d"


def test_starting_another_attempt_that_asks_the_same_waits_for_the_save_and_both_go_on(edition, aiko) -> None:
    pools = [{"skill": "AIS-A1", "count": 4}]
    attempt = start(make_quiz(edition, pools=pools), aiko).attempt
    practice = make_quiz(edition, pools=pools, mode="practice")
    started: list[Any] = []
    with transaction.atomic():
        # A save as it is within its statement: the attempt and the last of its items are held.
        attempts_for_update().get(pk=attempt.id)
        AttemptItem.objects.filter(pk=attempt.items[-1].id).update(saved_sequence=1)
        other = Thread(target=lambda: started.extend(in_threads(lambda _: start(practice, aiko), [None], threads=1)))
        other.start()
        _until_somebody_waits()
        # The start holds none of the items while it waits: the others can be had at once.
        for item in attempt.items:
            AttemptItem.objects.select_for_update(nowait=True).get(pk=item.id)
    other.join()
    assert isinstance(started[0], services.Started)
    assert set(AttemptItem.objects.filter(attempt=attempt.id).values_list("seen_before", flat=True)) == {True}


def test_two_late_submissions_and_the_beat_at_once_close_once(edition, aiko) -> None:
    now = clock.now()
    attempt = start(make_quiz(edition), aiko, now=now).attempt
    save(attempt, aiko, *attempt.items[:4], now=now)
    late = attempt.due_at + timedelta(minutes=1)
    calls = [lambda: submit(attempt, aiko, WRONG, now=late), lambda: grading.close_expired(now=late)] * 5
    results = in_threads(lambda call: call(), calls, threads=10)
    assert Counter(result for result in results if isinstance(result, type)) == {AttemptExpired: 5}
    assert Attempt.objects.get().score == 0.5
    assert Event.objects.filter(kind="assessments.outcome_recorded").count() == 1


def _until_somebody_waits() -> None:
    """Until another connection waits for a lock of this transaction's; fails after ten seconds."""
    for _ in range(1000):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
            cursor.execute("SELECT pg_sleep(0.01)")
    raise AssertionError("nobody waits")
