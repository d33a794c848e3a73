"""What is offered is a version: an attempt is drawn, shown, judged and corrected by its own for good."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction

from assessments.attempts.corrections import correct, would_pass
from assessments.attempts.models import Attempt, AttemptItem
from assessments.attempts.selectors import attempts_for_update
from assessments.errors import InvalidQuiz
from assessments.quizzes import services
from assessments.quizzes.models import EditionQuiz, Quiz, QuizVersion
from assessments.quizzes.rules import Blueprint, digest_of, document_of, read_document
from assessments.quizzes.selectors import blueprint_of
from common import clock
from common.errors import NotFound
from common.ids import new_id
from privacy.models import AuditEntry
from tests.assessments.factories import (
    RIGHT,
    WRONG,
    answers,
    edition_of,
    enrol,
    make_bank,
    make_edition,
    make_quiz,
    path,
)
from tests.factories import make_learner, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def edition():
    edition = make_edition()
    make_bank(edition)
    return edition


@pytest.fixture
def aiko(edition):
    learner = make_learner("JP")
    enrol(learner, edition)
    return learner


@pytest.fixture
def client(aiko):
    return signed_in(aiko.user)


def write(quiz: Quiz, **changed: object) -> None:
    """The author saves the quiz with these members changed."""
    row = Quiz.objects.get(pk=quiz.pk)
    blueprint = Blueprint(**(vars(blueprint_of(row)) | changed))
    services.put_quiz(quiz_id=row.pk, course_id=row.course_id, slug=row.slug, blueprint=blueprint, actor="author")


def freeze(quiz: Quiz) -> EditionQuiz:
    return services.freeze_quiz(edition_id=edition_of(quiz).pk, quiz_id=quiz.pk, actor="author")


def start(client, quiz):
    answer = client.put(path(new_id()), {"quiz_id": str(quiz.pk)})
    assert answer.status_code == 201, answer.content
    return answer.json()


def hand_in(client, shown, by_kind):
    answer = client.put(path(shown["id"], "/submission"), answers(shown, by_kind))
    assert answer.status_code == 200, answer.content
    return answer.json()


def half_right(client, shown):
    """The first half of the items answered right, the others wrong."""
    right, wrong = answers(shown)["answers"], answers(shown, WRONG)["answers"]
    middle = len(right) // 2
    answer = client.put(path(shown["id"], "/submission"), {"answers": right[:middle] + wrong[middle:]})
    assert answer.status_code == 200, answer.content
    return answer.json()


def offer(client, quiz):
    listed = client.get(f"/api/v1/editions/{edition_of(quiz).pk}/quizzes").json()["items"]
    return next(row for row in listed if row["id"] == str(quiz.pk))


# Each could turn a verdict, hide a review, or move what is shown.
AUTHORED_LATER = [
    {"pass_share": Decimal("0.9")},
    {"pass_share": Decimal("0.1"), "skill_minimums": {"AIS-A1": "0.9"}},
    {"review_what": "nothing"},
    {"review_when": "after_last_attempt", "attempt_limit": 9},
    {"mode": "practice"},
    {
        "pools": [],
        "sections": [
            {
                "titles": {"en": "All", "ja": "全部", "th": "ทั้งหมด"},
                "pools": [{"skill": "AIS-B1", "count": 2}],
                "min_share": "0.9",
            }
        ],
    },
    {"pools": [], "forms": [{"name": "A", "items": ["ais-a1-0", "ais-b1-0"]}]},
    {"time_limit_s": 60, "cool_down_s": 86400, "titles": {"en": "Another", "ja": "別", "th": "อื่น"}},
]


@pytest.mark.parametrize("changed", AUTHORED_LATER)
def test_nothing_authored_later_changes_an_attempt(client, edition, aiko, changed):
    quiz = make_quiz(edition, pass_share=Decimal("0.5"), attempt_limit=2)
    graded = half_right(client, start(client, quiz))
    live = start(client, quiz)
    assert (graded["score"], graded["passed"]) == (0.5, True)
    before = [client.get(path(shown["id"])).json() for shown in (graded, live)]
    listed = client.get("/api/v1/me/attempts").json()

    write(quiz, **changed)
    freeze(quiz)
    assert QuizVersion.objects.filter(quiz=quiz).count() == 2
    assert [client.get(path(shown["id"])).json() for shown in (graded, live)] == before
    assert client.get("/api/v1/me/attempts").json() == listed

    # The one under way is graded by what it was started with, and so is a correction of the other.
    assert half_right(client, live)["passed"]
    items = AttemptItem.objects.filter(attempt=graded["id"])
    wrong = items.filter(score=0).order_by("position").first()
    with transaction.atomic():
        row = attempts_for_update().get(pk=graded["id"])
        assert would_pass(row, {})
    correct(
        attempt_id=row.pk,
        scores={items.filter(score=1).order_by("position")[0].pk: 0.0, wrong.pk: 1.0},
        reason="swapped",
        actor="reviewer",
        now=clock.now(),
    )
    row = Attempt.objects.get(pk=graded["id"])
    assert (row.score, row.passed) == (0.5, True)


def test_a_save_changes_nothing_of_what_is_offered_until_it_is_frozen(client, edition):
    quiz = make_quiz(edition, pass_share=Decimal("0.5"), attempt_limit=1)
    before = offer(client, quiz)
    write(quiz, pass_share=Decimal("0.8"), pools=[{"skill": "AIS-A1", "count": 2}], attempt_limit=3)
    assert offer(client, quiz) == before
    shown = start(client, quiz)
    assert (len(shown["items"]), shown["pass_share"]) == (8, 0.5)
    hand_in(client, shown, WRONG)
    refused = client.put(path(new_id()), {"quiz_id": str(quiz.pk)})
    assert refused.json()["code"] == "attempts_used_up"

    frozen = freeze(quiz)
    audited = AuditEntry.objects.count()
    assert freeze(quiz).pk == frozen.pk
    assert (AuditEntry.objects.count(), frozen.version.number) == (audited, 2)
    # The attempt at the first version counts for the limit of the second.
    assert (offer(client, quiz)["attempts_used"], offer(client, quiz)["pass_share"]) == (1, 0.8)
    again = start(client, quiz)
    assert (again["number"], len(again["items"]), again["pass_share"]) == (2, 2, 0.8)


def test_what_was_offered_before_is_the_same_version_again(client, edition):
    quiz = make_quiz(edition)
    first = EditionQuiz.objects.get(quiz=quiz).version
    write(quiz, pass_share=Decimal("0.9"))
    freeze(quiz)
    write(quiz, pass_share=Decimal("0.600"))
    assert freeze(quiz).version == first
    assert QuizVersion.objects.filter(quiz=quiz).count() == 2


def test_a_cool_down_counts_over_versions(client, edition, monkeypatch):
    quiz, now = make_quiz(edition, cool_down_s=3600), clock.now()
    hand_in(client, start(client, quiz), RIGHT)
    write(quiz, cool_down_s=7200)
    freeze(quiz)
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(seconds=3700))
    assert client.put(path(new_id()), {"quiz_id": str(quiz.pk)}).json()["code"] == "cooling_down"


def test_windows_and_open_are_operation_and_hold_at_once(client, edition):
    quiz = make_quiz(edition)
    write(quiz, windows=[{"opens": "2020-05-01T09:00", "closes": "2020-05-01T10:00", "zone": "Asia/Tokyo"}])
    assert client.put(path(new_id()), {"quiz_id": str(quiz.pk)}).json()["code"] == "outside_window"
    freeze(quiz)
    assert QuizVersion.objects.filter(quiz=quiz).count() == 1
    services.set_open(quiz_id=quiz.pk, opened=False, actor="author")
    assert client.put(path(new_id()), {"quiz_id": str(quiz.pk)}).json()["code"] == "quiz_closed"


def test_opening_freezes_and_a_quiz_that_was_never_frozen_takes_nobody(client, edition):
    quiz = make_quiz(edition, open=False)
    assert client.put(path(new_id()), {"quiz_id": str(quiz.pk)}).json()["code"] == "quiz_closed"
    services.set_open(quiz_id=quiz.pk, opened=True, actor="author")
    assert start(client, quiz)["state"] == "live"
    version = Attempt.objects.get().quiz_version
    assert (version.number, read_document(version.blueprint)) == (1, blueprint_of(Quiz.objects.get(pk=quiz.pk)))


def test_a_quiz_that_the_bank_cannot_fill_is_not_frozen(client, edition):
    quiz = make_quiz(edition)
    pinned = EditionQuiz.objects.get(quiz=quiz)
    Quiz.objects.filter(pk=quiz.pk).update(pools=[{"skill": "AIS-A1", "count": 50}])
    with pytest.raises(InvalidQuiz):
        freeze(quiz)
    assert EditionQuiz.objects.get(quiz=quiz).version_id == pinned.version_id


def test_an_outsiders_edition_cannot_freeze_the_quiz_nor_its_learner_see_it(client, edition):
    quiz, other = make_quiz(edition), make_edition()
    with pytest.raises(NotFound):
        services.freeze_quiz(edition_id=other.pk, quiz_id=quiz.pk, actor="outsider")
    outsider = make_learner("ID", name="Budi")
    enrol(outsider, other)
    assert signed_in(outsider.user).put(path(new_id()), {"quiz_id": str(quiz.pk)}).status_code == 403
    shown = start(client, quiz)
    write(quiz, review_what="feedback", pass_share=Decimal("0.1"))
    freeze(quiz)
    assert signed_in(outsider.user).get(path(shown["id"])).status_code == 404


def test_versions_are_append_only(edition):
    version = EditionQuiz.objects.get(quiz=make_quiz(edition)).version
    for change in (lambda: QuizVersion.objects.filter(pk=version.pk).update(number=9), version.delete):
        EditionQuiz.objects.all().delete()
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_the_digest_is_that_of_what_decides_and_of_nothing_else():
    blueprint = Blueprint(
        titles={"ja": "一", "en": "One"},
        mode="assessment",
        pools=[{"skill": "AIS-A1", "count": 3}],
        attempt_limit=3,
        time_limit_s=600,
        pass_share=Decimal("0.60"),
    )
    document = document_of(blueprint)
    assert read_document(document) == blueprint
    same = Blueprint(
        **(vars(blueprint) | {"titles": {"en": "One", "ja": "一"}, "pass_share": Decimal("0.6"), "windows": [{}]})
    )
    assert digest_of(document_of(same)) == digest_of(document)
    assert "windows" not in document
    other = Blueprint(**(vars(blueprint) | {"time_limit_s": 601}))
    assert digest_of(document_of(other)) != digest_of(document)
