"""What happens at the same instant: no place is taken twice, and an attempt is settled once."""

from __future__ import annotations

from collections import Counter
from threading import Barrier

import pytest

from assessments.attempts import grading
from assessments.errors import TaskTaken
from assessments.marking import services
from assessments.marking.models import Claim, Mark
from common import clock
from common.ids import new_id
from tests.assessments.test_marking import mark, opened
from tests.assessments.test_races import in_threads
from tests.factories import make_learner, make_user

pytestmark = pytest.mark.django_db(transaction=True)


def test_ten_markers_at_once_take_two_places():
    _, (task,) = opened(make_learner())
    taken = in_threads(
        lambda marker: services.claim(task_id=task.pk, marker_id=marker, now=clock.now()).pk and "taken",
        [new_id() for _ in range(10)],
        threads=6,
    )
    assert Counter(taken) == {"taken": 2, TaskTaken: 8}
    assert Claim.objects.count() == 2


def test_the_last_marks_of_two_works_at_once_settle_the_attempt_once(monkeypatch):
    settled = []
    monkeypatch.setattr(grading, "settle", lambda **given: settled.append(given))
    _, tasks = opened(make_learner(), tasks=2)
    for task in tasks:
        mark(task, make_user().pk, 3)
        services.claim(task_id=task.pk, marker_id=task.pk, now=clock.now())
    together = Barrier(2)

    def last(task):
        together.wait()
        return mark(task, task.pk, 3, claim=False).number

    assert in_threads(last, tasks, threads=2) == [2, 2]
    (call,) = settled
    assert len(call["marks"]) == 2


def test_one_mark_sent_many_times_at_once_is_one_mark():
    _, (task,) = opened(make_learner())
    marker, mark_id = new_id(), new_id()
    services.claim(task_id=task.pk, marker_id=marker, now=clock.now())
    given = in_threads(lambda _: mark(task, marker, 3, mark_id=mark_id, claim=False).pk, range(6), threads=6)
    assert given == [mark_id] * 6
    assert Mark.objects.count() == 1
