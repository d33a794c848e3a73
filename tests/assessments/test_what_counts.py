"""Stories: what was asked counts, whatever a learner does to be rid of it; and from when it was known."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from assessments.attempts import grading
from assessments.attempts.models import Attempt, AttemptItem
from assessments.events import OutcomeRecorded
from common import clock
from common.ids import new_id
from courses.models import Course
from learners.models import Enrolment
from tests.assessments.factories import answers, consent, enrol, make_bank, make_edition, make_quiz, path
from tests.courses.factories import make_next
from tests.factories import make_learner, signed_in, stored

pytestmark = pytest.mark.django_db
POOLS = [{"skill": "AIS-A1", "count": 4}]


@pytest.fixture
def edition():
    made = make_edition()
    make_bank(made, each=4, skills=("AIS-A1",))
    return made


@pytest.fixture
def aiko(edition):
    learner = make_learner()
    enrol(learner, edition)
    return learner


def start(learner: Any, quiz: Any) -> dict[str, Any]:
    answer = signed_in(learner.user).put(path(new_id()), {"quiz_id": str(quiz.pk)}, format="json")
    assert answer.status_code == 201, answer.content
    return answer.json()


def outcomes(learner: Any) -> list[OutcomeRecorded]:
    return [entry.event for entry in stored(OutcomeRecorded) if entry.event.learner_id == learner.pk]


def met(attempt: dict[str, Any]) -> set[bool]:
    return set(AttemptItem.objects.filter(attempt=attempt["id"]).values_list("seen_before", flat=True))


def test_what_practice_shows_while_an_assessment_waits_counts_as_met_there(edition, aiko) -> None:
    assessment, practice = make_quiz(edition, pools=POOLS), make_quiz(edition, pools=POOLS, mode="practice")
    waiting = start(aiko, assessment)
    assert met(waiting) == {False}
    dao = make_learner("TH")
    enrol(dao, edition)
    other = start(dao, assessment)
    shown = start(aiko, practice)
    assert met(shown) == met(waiting) == {True}
    assert met(other) == {False}
    signed_in(aiko.user).put(path(waiting["id"], "/submission"), answers(waiting), format="json")
    (outcome,) = outcomes(aiko)
    assert {answer.seen_before for answer in outcome.answers} == {True}


def test_an_item_of_an_earlier_edition_of_the_course_was_met(edition, aiko) -> None:
    start(aiko, make_quiz(edition, pools=POOLS, mode="practice"))
    following = make_next(edition)
    Enrolment.objects.filter(learner=aiko, course=edition.course_id).update(edition=following)
    assert met(start(aiko, make_quiz(following, pools=POOLS))) == {True}
    elsewhere = make_edition()
    make_bank(elsewhere, each=4, skills=("AIS-A1",))
    enrol(aiko, elsewhere)
    assert met(start(aiko, make_quiz(elsewhere, pools=POOLS))) == {False}
    assert Course.objects.count() >= 2


def test_a_bad_result_is_published_once_the_consent_that_was_withdrawn_for_it_is_given_again(edition, aiko) -> None:
    quiz = make_quiz(edition, pools=POOLS, mode="certification")
    left = start(aiko, quiz)
    consent(aiko, given=False)
    now = clock.now() + timedelta(days=1)
    assert grading.close_expired(now=now) == 1
    assert outcomes(aiko) == []
    row = Attempt.objects.get(pk=left["id"])
    assert (row.outcome_published, row.expired, row.submitted_at, row.known_at) == (False, True, row.due_at, now)
    consent(aiko)
    start(aiko, quiz)
    (outcome,) = outcomes(aiko)
    assert [(answer.score, answer.lapsed) for answer in outcome.answers] == [(0.0, True)] * 4
    # It counts from now, not from a day that other answers were built on since.
    assert outcome.answered_at == Attempt.objects.get(pk=left["id"]).known_at
    assert outcome.answered_at != now
    assert Attempt.objects.get(pk=left["id"]).outcome_published
    assert grading.publish_withheld_outcomes(learner_id=aiko.pk, now=clock.now()) == 0
    assert len(outcomes(aiko)) == 1


def test_what_the_clock_closed_counts_from_the_closing(edition, aiko) -> None:
    left = start(aiko, make_quiz(edition, pools=POOLS))
    now = clock.now() + timedelta(days=1)
    grading.close_expired(now=now)
    (outcome,) = outcomes(aiko)
    assert outcome.submitted_at == Attempt.objects.get(pk=left["id"]).due_at
    assert outcome.answered_at == now
