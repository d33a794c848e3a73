"""Work that people mark: two who do not know of each other, a third where they disagree, and nobody their own."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

import pytest
from django.db import InternalError, transaction
from django.db.utils import IntegrityError
from hypothesis import given
from hypothesis import strategies as st

from assessments.attempts import grading
from assessments.attempts.models import Attempt, AttemptItem
from assessments.errors import AlreadyMarked, InvalidMark, NotClaimed, OwnWork, TaskTaken
from assessments.events import MarkingNeeded
from assessments.items.kinds.rubric import Rubric
from assessments.items.models import Item, ItemRevision
from assessments.items.services import bank_of_course
from assessments.marking import rules, selectors, services
from assessments.marking.models import Claim, Mark, MarkingTask
from common import clock
from common.errors import NotFound
from common.ids import new_id
from events import public as events
from events.kinds import Recorded
from privacy import public as privacy
from privacy.models import AuditEntry
from tests.assessments.factories import edition_of, make_edition, make_quiz, path, version_of
from tests.assessments.test_kinds import RUBRIC, SAMPLES
from tests.factories import make_learner, make_user, signed_in

pytestmark = pytest.mark.django_db
shares = st.fractions(0, 1)


@given(first=shares, second=shares, third=shares, tolerance=st.integers(0, 100))
def test_two_marks_make_a_mean_and_a_third_decides_where_they_are_too_far_apart(first, second, third, tolerance):
    assert rules.final([], tolerance) is rules.final([first], tolerance) is None
    final = rules.final([first, second], tolerance)
    if abs(first - second) <= Fraction(tolerance, 100):
        assert final == (first + second) / 2
        # Who marked first makes no difference.
        assert final == rules.final([second, first], tolerance)
    else:
        assert final is None
        assert rules.final([first, second, third], tolerance) == third


def test_the_edge_of_the_tolerance_is_within_it():
    assert rules.final([Fraction(1, 5), Fraction(2, 5)], 20) == Fraction(3, 10)
    assert [rules.seats(marks) for marks in (0, 1, 2)] == [2, 1, 1]


def test_points_are_those_of_the_rubric_or_none():
    rubric = Rubric.of(RUBRIC)
    assert rubric.share({"aim": 1, "risk": 3}) == Fraction(4, 6)
    for points in ({"aim": 1}, {"aim": 2, "risk": 0}, {"aim": True, "risk": 0}, {"aim": 1, "risk": 1, "x": 1}):
        with pytest.raises(ValueError, match=r"criteria|levels"):
            rubric.share(points)


@pytest.fixture
def settled(monkeypatch):
    calls = []
    monkeypatch.setattr(grading, "settle", lambda **given: calls.append(given))
    return calls


def hand_in(learner, *, tasks=1, text="My plan for the shop", files=()):
    """A submitted attempt with works that wait to be marked, as the consumer finds it."""
    edition = make_edition(languages=("en", "th"))
    quiz, now = make_quiz(edition, pools=[]), clock.now()
    attempt = Attempt.objects.create(
        quiz=quiz,
        edition=edition_of(quiz),
        quiz_version=version_of(quiz),
        learner=learner,
        number=1,
        seed=1,
        language="en",
        started_at=now,
        due_at=now,
        submitted_at=now,
        score=0.0,
        passed=False,
    )
    items = []
    for position in range(tasks):
        item = Item.objects.create(bank=bank_of_course(edition.course_id), code=f"task-{position}")
        revision = ItemRevision.objects.create(item=item, approved_at=now, **SAMPLES["task"].draft().values())
        response = {"text": text, **({"files": [str(file) for file in files]} if files else {})}
        items.append(
            AttemptItem.objects.create(attempt=attempt, position=position, revision=revision, response=response)
        )
    return attempt, items


def needed(*attempt_items, at=None):
    """The event that asks for marks; ids of items of an attempt."""
    event = MarkingNeeded(attempt_id=new_id(), learner_id=new_id(), attempt_items=attempt_items)
    return Recorded(1, event, at or clock.now())


def pks(rows):
    return [row.pk for row in rows]


def opened(learner, **given):
    attempt, items = hand_in(learner, **given)
    services.open_tasks([needed(*pks(items))])
    return attempt, list(MarkingTask.objects.filter(attempt_item__attempt=attempt).order_by("attempt_item__position"))


@pytest.fixture
def aiko():
    return make_learner("JP", name="山田 愛子")


@pytest.fixture
def markers():
    return [make_user(is_staff=True).pk for _ in range(4)]


def mark(task, marker, aim, risk=0, *, now=None, mark_id=None, claim=True):
    now = now or clock.now()
    if claim:
        services.claim(task_id=task.pk, marker_id=marker, now=now)
    return services.give_mark(
        mark_id=mark_id or new_id(),
        task_id=task.pk,
        marker_id=marker,
        points={"aim": aim, "risk": risk},
        comments={"aim": "Clear."},
        reason="As the rubric says.",
        now=now,
    )


def waiting(marker, now=None):
    return list(selectors.queue(marker_id=marker, now=now or clock.now()))


def test_an_event_opens_each_work_once_however_often_it_comes(aiko, query_budget):
    attempts = [hand_in(make_learner("TH"), tasks=2)[1] for _ in range(3)]
    recorded = [*(needed(*pks(items)) for items in attempts), needed(new_id())]
    with query_budget(4):  # two, and a savepoint
        services.open_tasks(recorded)
    first = set(MarkingTask.objects.values_list("pk", "code"))
    services.open_tasks(recorded)
    assert set(MarkingTask.objects.values_list("pk", "code")) == first
    assert len({code for _, code in first}) == 6


def test_the_consumer_is_wired(aiko):
    _, items = hand_in(aiko)
    with transaction.atomic():
        events.record(MarkingNeeded(attempt_id=new_id(), learner_id=aiko.pk, attempt_items=(items[0].pk,)))
    assert events.drain("marking").done == 1
    assert MarkingTask.objects.get().attempt_item == items[0]


def test_two_markers_agree_and_the_attempt_is_settled_with_their_mean(aiko, markers, settled):
    attempt, (task,) = opened(aiko)
    first, second, other, _ = markers
    now = clock.now()
    mark(task, first, 3, 1, now=now)
    assert not settled
    assert waiting(first) == []
    # The second sees nothing of the first: not even that there is one.
    services.claim(task_id=task.pk, marker_id=second, now=now)
    seen = selectors.work(task_id=task.pk, marker_id=second, now=now)
    assert seen.earlier == []
    assert not any(hasattr(row, "given") and row.disputed for row in waiting(second))
    mark(task, second, 3, 0, now=now)
    task.refresh_from_db()
    assert task.final == pytest.approx(7 / 12)
    (call,) = settled
    assert call == {
        "attempt_id": attempt.pk,
        "marks": {task.attempt_item_id: task.final},
        "now": now,
        "actor": str(second),
    }
    assert waiting(other) == []
    assert Claim.objects.count() == 0
    assert list(AuditEntry.objects.filter(action="marking.marked").values_list("actor", flat=True)) == [
        str(first),
        str(second),
    ]


def test_where_two_are_too_far_apart_a_third_decides_and_sees_why(aiko, markers, settled):
    _, (task,) = opened(aiko)
    first, second, third, _ = markers
    mark(task, first, 3, 3)
    mark(task, second, 0, 0)
    assert not settled
    assert [waiting(first), waiting(second)] == [[], []]
    (found,) = waiting(third)
    assert found.disputed
    services.claim(task_id=task.pk, marker_id=third, now=clock.now())
    seen = selectors.work(task_id=task.pk, marker_id=third, now=clock.now())
    assert [(entry.number, entry.percent) for entry in seen.earlier] == [(1, 100), (2, 0)]
    assert not any(str(marker) in repr(seen) for marker in markers)
    mark(task, third, 1, 1)
    assert settled[0]["marks"] == {task.attempt_item_id: pytest.approx(1 / 3)}
    assert list(Mark.objects.order_by("number").values_list("marker_id", flat=True)) == [first, second, third]


def test_an_attempt_is_settled_once_all_its_works_are_marked(aiko, markers, settled):
    _, (element, other) = opened(aiko, tasks=2)
    for marker in markers[:2]:
        mark(element, marker, 3, 3)
    assert not settled
    for marker in markers[2:]:
        mark(other, marker, 1, 1)
    assert settled[0]["marks"] == {element.attempt_item_id: 1.0, other.attempt_item_id: pytest.approx(1 / 3)}
    assert len(settled) == 1


def test_what_grading_refuses_leaves_no_mark(aiko, markers, monkeypatch):
    _, (task,) = opened(aiko)
    mark(task, markers[0], 3)

    def fail(**given):
        raise NotFound()

    monkeypatch.setattr(grading, "settle", fail)
    with pytest.raises(NotFound):
        mark(task, markers[1], 3)
    task.refresh_from_db()
    assert (task.final, Mark.objects.count()) == (None, 1)


def test_nobody_marks_twice_or_their_own_work_or_without_taking_it_on(aiko, markers, settled):
    _, (task,) = opened(aiko)
    with pytest.raises(OwnWork):
        services.claim(task_id=task.pk, marker_id=aiko.pk, now=clock.now())
    assert waiting(aiko.pk) == []
    with pytest.raises(NotClaimed):
        mark(task, markers[0], 3, claim=False)
    mark_id = new_id()
    given = mark(task, markers[0], 3, mark_id=mark_id)
    # The same mark once more is the same mark; another one is refused.
    assert mark(task, markers[0], 1, mark_id=mark_id, claim=False) == given
    with pytest.raises(AlreadyMarked):
        mark(task, markers[0], 1)
    with pytest.raises(AlreadyMarked):
        mark(task, markers[1], 1, mark_id=mark_id)
    assert Mark.objects.get().points == {"aim": 3, "risk": 0}
    with pytest.raises(IntegrityError), transaction.atomic():
        Mark.objects.create(
            task=task,
            learner=aiko,
            marker_id=markers[0],
            number=2,
            points={},
            reason="x",
            score=0,
            given_at=clock.now(),
        )


@pytest.mark.parametrize(
    "change",
    [
        {"points": {"aim": 2, "risk": 0}},
        {"points": {"aim": 1}},
        {"reason": " "},
        {"comments": {"other": "x"}},
        {"comments": {"aim": "x" * 2001}},
    ],
)
def test_an_incomplete_mark_is_refused_and_nothing_written(aiko, markers, change):
    _, (task,) = opened(aiko)
    services.claim(task_id=task.pk, marker_id=markers[0], now=clock.now())
    given = {"points": {"aim": 1, "risk": 0}, "comments": {}, "reason": "Fine."} | change
    with pytest.raises(InvalidMark):
        services.give_mark(mark_id=new_id(), task_id=task.pk, marker_id=markers[0], now=clock.now(), **given)
    assert not Mark.objects.exists()


def test_a_work_that_is_taken_on_and_forgotten_is_back_in_the_queue(aiko, markers, settled):
    _, (task,) = opened(aiko)
    now = clock.now()
    for marker in markers[:2]:
        services.claim(task_id=task.pk, marker_id=marker, now=now)
    assert waiting(markers[2], now) == []
    with pytest.raises(TaskTaken):
        services.claim(task_id=task.pk, marker_id=markers[2], now=now)
    assert [row.mine for row in waiting(markers[0], now)] == [1]
    services.release(task_id=task.pk, marker_id=markers[1])
    services.claim(task_id=task.pk, marker_id=markers[2], now=now)
    later = now + rules.CLAIM + timedelta(seconds=1)
    assert waiting(markers[3], later) == [task]
    services.claim(task_id=task.pk, marker_id=markers[3], now=later)
    # Late, but nobody took the place: the work that was done is not lost. Then every place is taken.
    mark(task, markers[0], 3, now=later, claim=False)
    with pytest.raises(TaskTaken):
        mark(task, markers[2], 3, now=later, claim=False)


def test_whose_work_it_is_cannot_be_seen(aiko, markers):
    _, (element, other) = opened(aiko, tasks=2)
    services.claim(task_id=element.pk, marker_id=markers[0], now=clock.now())
    work = repr(selectors.work(task_id=element.pk, marker_id=markers[0], now=clock.now()))
    for secret in (
        aiko.legal_name,
        str(aiko.pk),
        "JP",
        str(element.attempt_item.attempt_id),
        str(element.attempt_item_id),
    ):
        assert secret not in work
    assert element.code != other.code


def test_a_learner_reads_how_the_work_was_marked_once_all_of_it_is(aiko, markers, settled, query_budget):
    attempt, (element, other) = opened(aiko, tasks=2)
    client = signed_in(aiko.user)
    for task in (element, other):
        assert client.get(path(attempt.pk, "/marks")).json() == {"items": []}
        for marker in markers[:2]:
            mark(task, marker, 3, 1)
    answer = client.get(path(attempt.pk, "/marks"))
    first, _ = answer.json()["items"]
    assert (first["item"], first["final"]) == (str(element.attempt_item_id), pytest.approx(4 / 6))
    assert first["marks"][0] == {
        "number": 1,
        "percent": 67,
        "reason": "As the rubric says.",
        "lines": [
            {"criterion": "aim en", "points": 3, "comment": "Clear."},
            {"criterion": "risk en", "points": 1, "comment": ""},
        ],
    }
    assert not any(str(marker) in answer.content.decode() for marker in markers)
    with query_budget(3):
        selectors.marks_of(attempt_id=attempt.pk, learner_id=aiko.pk)
    for outsider in (make_learner("ID").user, make_user()):
        assert signed_in(outsider).get(path(attempt.pk, "/marks")).status_code == 404


def test_an_outsider_is_shown_no_work(aiko, markers):
    _, (task,) = opened(aiko)
    dao = make_user()
    services.claim(task_id=task.pk, marker_id=markers[0], now=clock.now())
    for person, now in ((dao.pk, clock.now()), (markers[0], clock.now() + timedelta(days=1))):
        with pytest.raises(NotFound):
            selectors.work(task_id=task.pk, marker_id=person, now=now)
    with pytest.raises(NotFound):
        services.claim(task_id=new_id(), marker_id=markers[0], now=clock.now())


def test_marks_are_append_only_and_go_with_their_learner(aiko, markers, settled):
    _, (task,) = opened(aiko)
    given = mark(task, markers[0], 3)
    for change in (lambda: Mark.objects.update(score=0.1), lambda: Mark.objects.all().delete(), aiko.user.delete):
        with pytest.raises((IntegrityError, InternalError)), transaction.atomic():
            change()
    assert Mark.objects.get() == given
    with privacy.erasing(aiko.pk):
        Attempt.objects.filter(learner=aiko).delete()
    assert not Mark.objects.exists()
    assert not MarkingTask.objects.exists()


def test_a_queue_of_fifty_costs_what_a_queue_of_one_costs(aiko, markers, query_budget):
    _, items = hand_in(aiko, tasks=1)
    services.open_tasks([needed(*pks(items))])
    with query_budget(1):
        assert len(waiting(markers[0])) == 1
    _, many = hand_in(make_learner("VN"), tasks=50)
    services.open_tasks([needed(*pks(many))])
    with query_budget(1):
        assert len(waiting(markers[0])) == 51
    task = MarkingTask.objects.first()
    services.claim(task_id=task.pk, marker_id=markers[0], now=clock.now())
    with query_budget(3):
        selectors.work(task_id=task.pk, marker_id=markers[0], now=clock.now())
