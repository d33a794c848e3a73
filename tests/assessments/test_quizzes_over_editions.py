"""A quiz belongs to the course: edition 2 offers it under the same id, and what was counted runs on."""

from __future__ import annotations

import pytest

from assessments.attempts.models import Attempt
from assessments.items.models import Item
from assessments.quizzes.contributor import Quizzes
from assessments.quizzes.models import EditionQuiz, ItemExposure, Quiz
from assessments.quizzes.services import set_open
from common.ids import new_id
from courses.content.draft import content_of_draft
from courses.models import CourseText
from courses.publishing.services import propose, publish, restore, withdraw
from tests.assessments.factories import RIGHT, answers, enrol, make_bank, make_edition, make_quiz, path
from tests.factories import make_learner, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def edition():
    edition = make_edition()
    make_bank(edition)
    return edition


def mend_typo(edition):
    """The author mends a word of the course's summary, so that there is something to publish."""
    row = CourseText.objects.filter(course_id=edition.course_id).order_by("pk").first()
    row.title = f"{row.title} mended"
    row.save()


def publish_next(edition):
    mend_typo(edition)
    edition_id = propose(course_id=edition.course_id, actor="author")
    publish(edition_id=edition_id, actor="author")
    return edition_id


def take(client, quiz):
    """Start and hand in; the answer to the start."""
    begun = client.put(path(new_id()), {"quiz_id": str(quiz.pk)})
    if begun.status_code == 201:
        done = client.put(path(begun.json()["id"], "/submission"), answers(begun.json(), RIGHT))
        assert done.status_code == 200, done.content
    return begun


def test_edition_two_offers_the_quiz_and_edition_one_keeps_it(edition):
    quiz = make_quiz(edition)
    linh, aiko, outsider = make_learner("VN"), make_learner("JP"), make_learner("TH")
    enrol(linh, edition)
    second = publish_next(edition)
    enrol(aiko, type(edition).objects.get(pk=second))
    for learner, edition_id in ((linh, edition.pk), (aiko, second)):
        client = signed_in(learner.user)
        (listed,) = client.get(f"/api/v1/editions/{edition_id}/quizzes").json()["items"]
        assert (listed["id"], listed["edition_id"]) == (str(quiz.pk), str(edition_id))
        assert take(client, quiz).json()["edition_id"] == str(edition_id)
    assert set(Attempt.objects.values_list("learner_id", "edition_id")) == {(linh.pk, edition.pk), (aiko.pk, second)}
    stranger = signed_in(outsider.user)
    assert take(stranger, quiz).status_code == 403
    assert stranger.get(f"/api/v1/editions/{second}/quizzes").status_code == 403


def test_limits_and_exposure_run_over_editions(edition):
    quiz = make_quiz(edition, attempt_limit=2, mode="certification", certified_level=1, max_exposure="1")
    linh = make_learner("VN")
    enrolment = enrol(linh, edition)
    client = signed_in(linh.user)
    assert take(client, quiz).status_code == 201
    second = publish_next(edition)
    type(enrolment).objects.filter(pk=enrolment.pk).update(edition=second)
    (listed,) = client.get(f"/api/v1/editions/{second}/quizzes").json()["items"]
    assert listed["attempts_used"] == 1
    assert take(client, quiz).status_code == 201
    assert take(client, quiz).status_code == 409
    assert ItemExposure.objects.get(quiz=quiz, item=None).drawn == 2
    drawn = Attempt.objects.filter(quiz=quiz, items__revision__item__bank__course=edition.course_id)
    assert set(drawn.values_list("edition_id", flat=True)) == {edition.pk, second}


def test_a_withdrawn_proposal_leaves_nothing(edition):
    quiz = make_quiz(edition)
    mend_typo(edition)
    proposed = propose(course_id=edition.course_id, actor="author")
    assert EditionQuiz.objects.filter(edition=proposed, quiz=quiz).exists()
    withdraw(edition_id=proposed, actor="author")
    assert list(EditionQuiz.objects.values_list("edition_id", flat=True)) == [edition.pk]


def test_what_is_opened_while_a_proposal_waits_or_after_it_is_offered(edition):
    early, late = make_quiz(edition, open=False), make_quiz(edition, open=False)
    mend_typo(edition)
    proposed = propose(course_id=edition.course_id, actor="author")
    set_open(quiz_id=early.pk, opened=True, actor="trainer")
    assert not EditionQuiz.objects.filter(edition=proposed).exists()
    publish(edition_id=proposed, actor="author")
    assert list(EditionQuiz.objects.filter(edition=proposed).values_list("quiz_id", flat=True)) == [early.pk]
    set_open(quiz_id=late.pk, opened=True, actor="trainer")
    assert EditionQuiz.objects.filter(edition=proposed, quiz=late).exists()


def test_restoring_makes_the_draft_say_what_was_pinned(edition):
    quiz = make_quiz(edition)
    Quiz.objects.filter(pk=quiz.pk).update(time_limit_s=99, windows=[{"opens": "kept"}])
    restore(edition_id=edition.pk, actor="author")
    quiz.refresh_from_db()
    assert (quiz.time_limit_s, quiz.windows) == (600, [{"opens": "kept"}])


def findings(edition):
    content = content_of_draft(edition.course_id)
    return {(found.code, found.blocking) for found in Quizzes().check(edition.course_id, content)}


def test_the_check_list_tells_of_quizzes(edition):
    type(edition.course).objects.filter(pk=edition.course_id).update(requires_assessment=True)
    assert findings(edition) == {("no_open_assessment", False)}
    make_quiz(edition, mode="practice")
    assert ("no_open_assessment", False) in findings(edition)
    quiz = make_quiz(edition)
    assert not {code for code, _ in findings(edition)} & {"no_open_assessment", "quiz_not_ready"}
    Quiz.objects.filter(pk=quiz.pk).update(pools=[{"skill": "AIS-A1", "count": 99}])
    assert ("quiz_not_ready", True) in findings(edition)
    Item.objects.filter(bank__course=edition.course_id).update(retired=True)
    assert ("skill_untested", False) in findings(edition)


def test_another_course_is_not_touched(edition):
    quiz, other = make_quiz(edition), make_edition()
    second = publish_next(other)
    assert not EditionQuiz.objects.filter(edition=second).exists()
    assert list(quiz.pinned.values_list("edition_id", flat=True)) == [edition.pk]
