"""What happens at the same instant: limits hold, an attempt is graded once."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection
from django.db.models import F

from assessments.attempts import corrections, grading, services, statements
from assessments.attempts.models import Attempt, AttemptAllowance, AttemptItem, ScoreCorrection
from assessments.attempts.selectors import AttemptView
from assessments.errors import AlreadySubmitted, AttemptLive, AttemptsUsedUp, NotGraded
from assessments.items.kinds import KINDS
from common import clock
from common.errors import NotFound
from common.ids import new_id
from events.models import Event
from privacy.models import AuditEntry
from tests.assessments.factories import RIGHT, WRONG, enrol, make_bank, make_edition, make_quiz
from tests.factories import make_learner

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def edition():
    edition = make_edition()
    make_bank(edition)
    return edition


@pytest.fixture
def aiko(edition):
    learner = make_learner()
    enrol(learner, edition)
    return learner


def start(quiz, learner, attempt_id=None, now=None):
    return services.start(
        attempt_id=attempt_id or new_id(),
        learner_id=learner.pk,
        quiz_id=quiz.pk,
        language=None,
        accept_language="",
        now=now or clock.now(),
    )


def submit(attempt, learner, by_kind, now=None):
    answers = [{"item": item.id, "response": by_kind[item.kind]} for item in attempt.items]
    return grading.submit(attempt_id=attempt.id, learner_id=learner.pk, answers=answers, now=now or clock.now())


def in_threads(call, things, threads):
    def entry(thing):
        try:
            return call(thing)
        except Exception as error:
            return type(error)
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(entry, things))


def test_200_starts_at_once_pass_no_limit(edition, aiko):
    """Only the counting statement, without the rule of one live attempt: two hundred ask for three attempts."""
    quiz = make_quiz(edition, attempt_limit=3)
    counted = in_threads(
        lambda _: statements.use_attempt(quiz_id=quiz.pk, learner_id=aiko.pk, limit=quiz.attempt_limit),
        range(200),
        threads=20,
    )
    assert Counter(counted) == {1: 1, 2: 1, 3: 1, None: 197}
    assert AttemptAllowance.objects.get().used == 3


def test_counting_before_inserting_would_let_many_pass(edition, aiko):
    """The control: the same test of the naive way fails."""
    quiz, threads = make_quiz(edition, attempt_limit=3), 20
    AttemptAllowance.objects.create(quiz=quiz, learner=aiko, used=0)
    all_have_counted = Barrier(threads)

    def naive(_):
        allowance = AttemptAllowance.objects.get()
        all_have_counted.wait(timeout=60)
        if allowance.used >= quiz.attempt_limit:
            return None
        AttemptAllowance.objects.update(used=F("used") + 1)
        return True

    passed = in_threads(naive, range(threads), threads)
    assert passed == [True] * threads


def test_many_starts_at_once_make_one_live_attempt(edition, aiko):
    quiz = make_quiz(edition, attempt_limit=3)
    results = in_threads(lambda _: type(start(quiz, aiko)), range(50), threads=20)
    assert Counter(results) == {services.Started: 1, AttemptLive: 49}
    assert Attempt.objects.count() == AttemptAllowance.objects.get().used == 1


def test_the_same_start_many_times_at_once_is_one_attempt(edition, aiko):
    quiz, attempt_id = make_quiz(edition), new_id()
    results = in_threads(lambda _: start(quiz, aiko, attempt_id), range(20), threads=10)
    assert sum(result.is_new for result in results) == 1
    assert len({str(result.attempt) for result in results}) == 1
    assert AttemptAllowance.objects.get().used == 1


def test_of_two_people_with_one_id_the_second_finds_nothing(edition, aiko):
    quiz, attempt_id = make_quiz(edition), new_id()
    budi = make_learner("ID", name="Budi", languages=("id",))
    enrol(budi, edition)
    results = in_threads(lambda who: type(start(quiz, who, attempt_id)), [aiko, budi], threads=2)
    assert Counter(results) == {services.Started: 1, NotFound: 1}
    assert Attempt.objects.count() == AttemptAllowance.objects.count() == 1


@pytest.mark.parametrize("other", [RIGHT, WRONG])
def test_a_second_submission_between_reading_and_writing_gives_one_outcome(edition, aiko, monkeypatch, other):
    attempt = start(make_quiz(edition), aiko).attempt
    execute, overtaken = grading.execute_together, []

    def overtaken_writing(*fragments):
        if not overtaken:
            overtaken.append(True)
            overtaken.extend(in_threads(lambda _: submit(attempt, aiko, RIGHT), [None], threads=1))
        return execute(*fragments)

    monkeypatch.setattr(grading, "execute_together", overtaken_writing)
    if other is RIGHT:
        assert submit(attempt, aiko, RIGHT) == overtaken[1]
    else:
        with pytest.raises(AlreadySubmitted):
            submit(attempt, aiko, WRONG)
    assert Attempt.objects.get().score == 1.0
    assert set(AttemptItem.objects.values_list("score", flat=True)) == {1.0}
    assert Event.objects.filter(kind="assessments.outcome_recorded").count() == 1
    assert AuditEntry.objects.filter(action="attempt.graded").count() == 1


def test_whoever_wrote_without_looking_again_would_tell_of_two_outcomes(edition, aiko, monkeypatch):
    """The control: the same race, written whether or not the attempt is still live."""
    attempt = start(make_quiz(edition), aiko).attempt
    execute, overtaken = grading.execute_together, []

    def overtaken_writing(first, *others):
        if not overtaken:
            overtaken.append(True)
            in_threads(lambda _: submit(attempt, aiko, RIGHT), [None], threads=1)
            naive = first.sql.replace("AND (attempt.submitted_at IS NULL) = %s", "AND %s IS NOT NULL")
            assert naive != first.sql
            first = replace(first, sql=naive)
        return execute(first, *others)

    monkeypatch.setattr(grading, "execute_together", overtaken_writing)
    submit(attempt, aiko, WRONG)
    assert Event.objects.filter(kind="assessments.outcome_recorded").count() == 2


def test_twenty_submissions_at_once_give_one_outcome(edition, aiko):
    attempt = start(make_quiz(edition), aiko).attempt
    results = in_threads(lambda by_kind: submit(attempt, aiko, by_kind), [RIGHT, WRONG] * 10, threads=10)
    kinds = Counter(result if isinstance(result, type) else "graded" for result in results)
    assert kinds == {"graded": 10, AlreadySubmitted: 10}
    assert Event.objects.filter(kind="assessments.outcome_recorded").count() == 1
    assert len({result.score for result in results if not isinstance(result, type)}) == 1


def test_closing_and_submitting_at_once_give_one_outcome(edition, aiko, monkeypatch):
    now = clock.now()
    attempt = start(make_quiz(edition), aiko, now=now).attempt
    in_time, overdue = attempt.due_at + timedelta(seconds=29), attempt.due_at + timedelta(minutes=1)
    execute, closed = grading.execute_together, []

    def closing(*fragments):
        if not closed:
            closed.append(None)
            closed.extend(in_threads(lambda _: grading.close_expired(now=overdue), [None], threads=1))
        return execute(*fragments)

    monkeypatch.setattr(grading, "execute_together", closing)
    with pytest.raises(grading.AttemptExpired):
        submit(attempt, aiko, RIGHT, now=in_time)
    assert closed == [None, 1]
    assert Attempt.objects.get().expired
    assert Event.objects.filter(kind="assessments.outcome_recorded").count() == 1


def test_the_last_attempt_being_live_is_reported_rather_than_the_limit(edition, aiko):
    quiz = make_quiz(edition, attempt_limit=1)
    first = start(quiz, aiko).attempt
    with pytest.raises(AttemptLive):
        start(quiz, aiko)
    submit(first, aiko, WRONG)
    with pytest.raises(AttemptsUsedUp):
        start(quiz, aiko)
    assert AttemptItem.objects.count() == 8


def graded_with_an_essay(edition, aiko, monkeypatch):
    """A submitted attempt of which one answer waits for its mark; also returns that item's id."""
    monkeypatch.setattr(type(KINDS["ordering"]), "marked_by_people", True, raising=False)
    attempt = start(make_quiz(edition, pools=[{"skill": "AIS-A1", "count": 6}]), aiko).attempt
    waiting = submit(attempt, aiko, RIGHT)
    marked = [item.id for item in waiting.items if item.kind == "ordering"]
    return waiting, marked


@pytest.mark.parametrize("first", ["settle", "correct"])
def test_settling_and_correcting_at_once_lose_nothing(edition, aiko, monkeypatch, first):
    waiting, marked = graded_with_an_essay(edition, aiko, monkeypatch)
    now = clock.now()

    def settle(_=None):
        grading.settle(attempt_id=waiting.id, marks=dict.fromkeys(marked, 1.0), now=now, actor="marker")

    def correct(_=None):
        scores = {item.id: 0.0 for item in waiting.items}
        grading.correct(attempt_id=waiting.id, scores=scores, reason="why", actor="reviewer", now=now)

    overtaking, overtaken = (settle, correct) if first == "settle" else (correct, settle)
    module = corrections if first == "settle" else grading
    lock, done = module.attempts_for_update, []

    def overtake():
        if not done:
            done.append(True)
            done.extend(in_threads(overtaking, [None], threads=1))
        return lock()

    monkeypatch.setattr(module, "attempts_for_update", overtake)
    overtaken()
    kinds = Counter(Event.objects.filter(kind__startswith="assessments.outcome").values_list("kind", flat=True))
    if first == "settle":
        assert Attempt.objects.get(pk=waiting.id).score == 0.0, "corrected after it was settled"
        assert kinds == {"assessments.outcome_recorded": 1, "assessments.outcome_corrected": 1}
    else:
        assert done[1] is NotGraded, "there was nothing yet to correct"
        assert Attempt.objects.get(pk=waiting.id).score == 1.0
        assert kinds == {"assessments.outcome_recorded": 1}


def test_many_settlements_and_corrections_at_once_are_one_each(edition, aiko):
    attempt = start(make_quiz(edition), aiko).attempt
    submit(attempt, aiko, RIGHT)

    def correct(_):
        grading.correct(
            attempt_id=attempt.id, scores={attempt.items[0].id: 0.0}, reason="why", actor="reviewer", now=clock.now()
        )

    assert in_threads(correct, range(12), threads=6) == [None] * 12
    assert ScoreCorrection.objects.count() == 1
    assert Event.objects.filter(kind="assessments.outcome_corrected").count() == 1


def test_what_the_other_submission_wrote_while_one_waited_is_seen(edition, aiko):
    """A repeat that waits for the lock compares with what was committed meanwhile, not with what it saw before."""
    attempt = start(make_quiz(edition), aiko).attempt
    results = in_threads(lambda _: submit(attempt, aiko, RIGHT), range(12), threads=12)
    assert {type(result) for result in results} == {AttemptView}
    assert len({result.score for result in results}) == 1
