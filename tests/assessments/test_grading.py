"""Stories: Aiko's answers are marked by people, and what was graded is corrected."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from assessments.api.attempts import SubmissionInput
from assessments.attempts import grading
from assessments.attempts.models import Attempt, AttemptItem, ScoreCorrection
from assessments.errors import InvalidMarks, NotGraded, NothingCounts
from assessments.events import OutcomeCorrected, OutcomeRecorded
from assessments.items import frozen, kinds
from assessments.items.kinds.single import Single
from assessments.items.models import ItemRevision
from assessments.scoring.rules import score_attempt
from common import caches, clock
from common.errors import NotFound
from common.ids import new_id
from events import public as events
from events.models import Delivery, Event
from learners.models import Ability, Evidence
from privacy.models import AuditEntry
from privacy.public import erasing
from tests.assessments.factories import (
    RIGHT,
    WRONG,
    answers,
    consent,
    enrol,
    make_bank,
    make_edition,
    make_quiz,
    path,
)
from tests.factories import make_learner, signed_in, stored

pytestmark = pytest.mark.django_db
RECORDED, CORRECTED = "assessments.outcome_recorded", "assessments.outcome_corrected"
MARKING = "assessments.marking_needed"


class Essay(Single):
    """A kind that people mark, with the form of a single choice."""

    marked_by_people: ClassVar[bool] = True

    def score(self, key: Any, response: Any) -> float:
        raise AssertionError("a machine scored what people mark")


@pytest.fixture
def edition():
    return make_edition()


@pytest.fixture
def aiko(edition):
    learner = make_learner()
    enrol(learner, edition)
    return learner


@pytest.fixture
def client(aiko):
    return signed_in(aiko.user)


@pytest.fixture
def quiz(edition):
    make_bank(edition)
    return make_quiz(edition)


@pytest.fixture
def essays(edition, monkeypatch):
    """A quiz of two essays and two numbers."""
    make_bank(edition, each=2, skills=("AIS-A1",), kinds=("single",))
    make_bank(edition, each=2, skills=("AIS-B1",), kinds=("numeric",))
    monkeypatch.setitem(kinds.KINDS, "single", Essay())
    return make_quiz(edition, pools=[{"skill": "AIS-A1", "count": 2}, {"skill": "AIS-B1", "count": 2}])


def start(client, quiz, **given):
    answer = client.put(path(new_id()), {"quiz_id": str(quiz.pk), **given})
    assert answer.status_code == 201, answer.content
    return answer.json()


def submit(client, shown, by_kind=RIGHT):
    answer = client.put(path(shown["id"], "/submission"), answers(shown, by_kind))
    assert answer.status_code == 200, answer.content
    return answer.json()


def payloads(kind):
    return list(Event.objects.filter(kind=kind).order_by("pk").values_list("payload", flat=True))


def counts():
    return Event.objects.count(), AuditEntry.objects.count(), ScoreCorrection.objects.count()


def settle(attempt_id, marks, now=None):
    grading.settle(attempt_id=UUID(str(attempt_id)), marks=marks, now=now or clock.now(), actor="marker")


def correct(attempt_id, scores, reason="the key was wrong", now=None):
    grading.correct(
        attempt_id=UUID(str(attempt_id)), scores=scores, reason=reason, actor="reviewer", now=now or clock.now()
    )


def of_kind(shown, kind):
    return [UUID(item["id"]) for item in shown["items"] if item["kind"] == kind]


# Marked by people


def test_what_people_mark_waits_for_them_and_is_graded_once(client, essays, aiko):
    shown = start(client, essays)
    waiting = submit(client, shown)
    assert (waiting["state"], waiting["score"], waiting["passed"]) == ("marking", None, None)
    assert {str(item["review"]) for item in waiting["items"]} == {"None"}, "nothing is told before everything is"
    assert payloads(RECORDED) == []
    (asked,) = payloads(MARKING)
    marked = of_kind(shown, "single")
    assert asked == {
        "attempt_id": shown["id"],
        "learner_id": str(aiko.pk),
        "attempt_items": [str(entry) for entry in marked],
    }
    before = counts()
    assert client.get(path(shown["id"])).json() == waiting
    assert submit(client, shown) == waiting, "a repeat is the same"
    other = client.put(path(shown["id"], "/submission"), answers(shown, WRONG))
    assert (other.status_code, other.json()["code"]) == (409, "already_submitted")
    assert counts() == before

    marked_at = clock.now() + timedelta(days=3)
    settle(shown["id"], {marked[0]: 0.25, marked[1]: 1.0}, now=marked_at)
    graded = client.get(path(shown["id"])).json()
    assert (graded["state"], graded["score"], graded["passed"]) == ("graded", 0.8125, True)
    assert graded["submitted_at"] == waiting["submitted_at"], "how long marking takes says nothing about Aiko"
    (recorded,) = payloads(RECORDED)
    assert {UUID(answer["id"]): answer["score"] for answer in recorded["answers"]} == {
        **dict.fromkeys(of_kind(shown, "numeric"), 1.0),
        marked[0]: 0.25,
        marked[1]: 1.0,
    }
    # Evidence counts from when its score was known: nothing that other answers gave meanwhile is undone.
    assert datetime.fromisoformat(recorded["answered_at"]) == marked_at
    before = counts()
    settle(shown["id"], {marked[0]: 1.0, marked[1]: 1.0})
    assert (counts(), client.get(path(shown["id"])).json()) == (before, graded), "a repeat changes nothing"


def test_an_essay_left_open_needs_nobody(client, essays):
    shown = start(client, essays)
    given = answers(shown)
    given["answers"] = [answer for answer in given["answers"] if UUID(answer["item"]) in of_kind(shown, "numeric")]
    graded = client.put(path(shown["id"], "/submission"), given).json()
    assert (graded["state"], graded["score"]) == ("graded", 0.5)
    assert payloads(MARKING) == []


def test_marks_that_do_not_fit_settle_nothing(client, essays):
    shown = start(client, essays)
    first, second = of_kind(shown, "single")
    with pytest.raises(InvalidMarks):
        settle(shown["id"], {first: 1.0, second: 1.0})
    submit(client, shown)
    before = counts()
    for marks in (
        {},
        {first: 1.0},
        {first: 1.0, second: 1.1},
        {first: 1.0, second: -0.1},
        {first: 1.0, second: float("nan")},
        {first: 1.0, uuid4(): 1.0},
        {first: 1.0, second: 1.0, of_kind(shown, "numeric")[0]: 0.0},
    ):
        with pytest.raises(InvalidMarks):
            settle(shown["id"], marks)
    with pytest.raises(NotFound):
        settle(uuid4(), {first: 1.0, second: 1.0})
    assert counts() == before
    assert Attempt.objects.get().score is None


def test_a_learner_who_withdrew_the_consent_gets_the_result_and_it_is_not_published(client, essays, aiko):
    shown = start(client, essays)
    submit(client, shown)
    consent(aiko, given=False)
    settle(shown["id"], dict.fromkeys(of_kind(shown, "single"), 1.0))
    assert client.get(path(shown["id"])).json()["score"] == 1.0
    assert payloads(RECORDED) == []


# Corrected


def test_a_correction_tells_what_it_replaces_and_the_verdict_follows(client, quiz, aiko, edition):
    shown = start(client, quiz)
    graded = submit(client, shown, RIGHT | {"single": "a", "numeric": 0, "multiple": ["a"]})
    assert graded["passed"] is False
    recorded = stored(OutcomeRecorded)[0].event
    wrong = [UUID(item["id"]) for item in graded["items"] if item["review"]["score"] == 0]
    correct(shown["id"], dict.fromkeys(wrong, 1.0))
    after = client.get(path(shown["id"])).json()
    assert (after["score"], after["passed"], after["submitted_at"]) == (1.0, True, graded["submitted_at"])
    corrected = stored(OutcomeCorrected)[0].event
    before, after = structs.asdict(recorded), structs.asdict(corrected)
    assert {name for name in before if after.get(name) != before[name]} == {"passed", "score", "skills", "answers"}
    assert (corrected.passed, corrected.score) == (True, 1.0)
    first = {answer.id: structs.asdict(answer) for answer in recorded.answers}
    for answer in corrected.answers:
        assert structs.asdict(answer) == {
            **first[answer.corrects],
            "id": answer.id,
            "corrects": answer.corrects,
            "score": 1.0,
        }
    rows = ScoreCorrection.objects.all()
    assert {row.at for row in rows} == {corrected.corrected_at}
    assert {(row.pk, row.corrects, row.previous, row.score) for row in rows} == {
        (answer.id, answer.corrects, 0.0, 1.0) for answer in corrected.answers
    }
    assert {(row.reason, row.actor, row.learner_id) for row in rows} == {("the key was wrong", "reviewer", aiko.pk)}
    consumers = Delivery.objects.filter(event__kind=CORRECTED).values_list("consumer", flat=True)
    assert "completion" in consumers, "a correction can complete the course"
    (entry,) = AuditEntry.objects.filter(action="attempt.corrected")
    assert (entry.actor, entry.subject_id, entry.detail["items"]) == ("reviewer", shown["id"], len(wrong))


def test_a_second_correction_replaces_the_first_and_a_repeat_nothing(client, quiz):
    shown = start(client, quiz)
    submit(client, shown)
    item = UUID(shown["items"][0]["id"])
    correct(shown["id"], {item: 0.5})
    before = counts()
    correct(shown["id"], {item: 0.5})
    assert counts() == before
    correct(shown["id"], {item: 0.0}, reason="the first reviewer erred")
    first, second = ScoreCorrection.objects.order_by("at")
    assert (first.corrects, second.corrects) == (item, first.pk)
    assert (second.previous, second.score) == (0.5, 0.0)
    assert [payload["answers"][0]["corrects"] for payload in payloads(CORRECTED)] == [str(item), str(first.pk)]


def test_a_voided_item_counts_neither_for_nor_against(client, quiz):
    shown = start(client, quiz)
    # Of the kind that came first: which kinds are drawn differs from attempt to attempt.
    kind = shown["items"][0]["kind"]
    graded = submit(client, shown, RIGHT | {kind: WRONG[kind]})
    wrong = [UUID(item["id"]) for item in graded["items"] if item["kind"] == kind]
    correct(shown["id"], dict.fromkeys(wrong))
    after = client.get(path(shown["id"])).json()
    assert after["score"] == 1.0
    reviews = {item["id"]: item["review"] for item in after["items"]}
    for item in wrong:
        assert (reviews[str(item)]["score"], reviews[str(item)]["correct"]) == (None, None)
    (corrected,) = payloads(CORRECTED)
    assert {(answer["score"], answer["voided"]) for answer in corrected["answers"]} == {(0.0, True)}
    # Taken back in: it counts again.
    correct(shown["id"], {wrong[0]: 0.0})
    assert client.get(path(shown["id"])).json()["score"] == pytest.approx((8 - len(wrong)) / (9 - len(wrong)))


def test_a_voided_item_of_a_withheld_outcome_is_no_evidence_once_it_is_published(client, essays, aiko):
    shown = start(client, essays)
    submit(client, shown)
    consent(aiko, given=False)
    settle(shown["id"], dict.fromkeys(of_kind(shown, "single"), 1.0))
    item = UUID(shown["items"][0]["id"])
    correct(shown["id"], {item: None})
    assert payloads(RECORDED) == payloads(CORRECTED) == []
    consent(aiko)
    grading.publish_withheld_outcomes(learner_id=aiko.pk, now=clock.now())
    (entry,) = stored(OutcomeRecorded)
    assert {answer.id for answer in entry.event.answers if answer.voided} == {item}
    assert events.drain("mastery").done == 1
    voided = Evidence.objects.get(pk=item)
    assert (voided.voided, voided.score) == (True, 0.0)
    assert Evidence.objects.count() == len(shown["items"])
    assert Ability.objects.get().count == len(shown["items"]) - 1


def test_what_cannot_be_corrected_is_refused_and_nothing_is_written(client, quiz, monkeypatch):
    shown = start(client, quiz)
    item = UUID(shown["items"][0]["id"])
    with pytest.raises(NotGraded):
        correct(shown["id"], {item: 1.0})
    submit(client, shown)
    before = counts()
    for scores, reason in (
        ({uuid4(): 1.0}, "why"),
        ({item: 1.5}, "why"),
        ({item: float("nan")}, "why"),
        ({item: 0.0}, " "),
    ):
        with pytest.raises(InvalidMarks):
            correct(shown["id"], scores, reason)
    with pytest.raises(NothingCounts):
        correct(shown["id"], {UUID(entry["id"]): None for entry in shown["items"]})
    with pytest.raises(NotFound):
        correct(uuid4(), {item: 1.0})
    assert counts() == before
    assert client.get(path(shown["id"])).json()["score"] == 1.0
    late = start(client, quiz)
    grading.close_expired(now=clock.now() + timedelta(days=1))
    with pytest.raises(NotGraded):
        correct(late["id"], {UUID(late["items"][0]["id"]): 1.0})


def test_corrections_are_append_only_and_go_with_their_learner(client, quiz, aiko):
    shown = start(client, quiz)
    submit(client, shown)
    correct(shown["id"], {UUID(shown["items"][0]["id"]): 0.0})
    row = ScoreCorrection.objects.get()
    dao = make_learner()
    for change in (
        lambda: ScoreCorrection.objects.update(score=1.0),
        row.delete,
        lambda: row.item.delete(),
    ):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change()
        with pytest.raises(DatabaseError, match="append-only"), erasing(dao.pk):
            change()
    with erasing(aiko.pk):
        ScoreCorrection.objects.all().delete()
        AttemptItem.objects.filter(attempt_id=shown["id"]).delete()
    assert not ScoreCorrection.objects.exists()


@given(st.lists(st.one_of(st.none(), st.floats(0, 1)), max_size=30))
def test_the_attempt_s_score_is_the_mean_of_what_counts(scores):
    counting = [score for score in scores if score is not None]
    assert score_attempt(scores) == score_attempt(counting)
    assert score_attempt(scores) == pytest.approx(sum(counting) / len(counting) if counting else 0.0)
    assert score_attempt(reversed(scores)) == score_attempt(scores)


# Times and devices


def test_times_are_kept_within_the_attempt_s_own_length(client, quiz, monkeypatch):
    shown = start(client, quiz, device_class="phone")
    assert Attempt.objects.get().device_class == "phone"
    given = answers(shown)
    given["answers"][0]["seconds"], given["answers"][1]["seconds"] = 12.5, 10**7
    given["answers"][2]["seconds"], given["answers"][3]["seconds"] = None, -4
    started = Attempt.objects.get().started_at
    monkeypatch.setattr(clock, "now", lambda: started + timedelta(seconds=100))
    first = client.put(path(shown["id"], "/submission"), given)
    assert first.status_code == 200
    kept = dict(AttemptItem.objects.values_list("pk", "seconds"))
    assert [kept[UUID(answer["item"])] for answer in given["answers"][:4]] == [12.5, 100.0, None, 0.0]
    assert "seconds" not in first.content.decode()
    given["answers"][0]["seconds"] = 99
    assert client.put(path(shown["id"], "/submission"), given).json() == first.json(), (
        "times are no part of the answers"
    )
    assert AttemptItem.objects.get(pk=given["answers"][0]["item"]).seconds == 12.5


@pytest.mark.parametrize("seconds", ["5", True, [], {}])
def test_a_time_that_is_none_is_pointed_at(client, quiz, seconds):
    shown = start(client, quiz)
    given = answers(shown)
    given["answers"][1]["seconds"] = seconds
    answer = client.put(path(shown["id"], "/submission"), given)
    assert (answer.status_code, [error["pointer"] for error in answer.json()["errors"]]) == (
        400,
        ["/answers/1/seconds"],
    )
    assert Attempt.objects.get().submitted_at is None


def test_an_unknown_device_is_refused(client, quiz):
    answer = client.put(path(new_id()), {"quiz_id": str(quiz.pk), "device_class": "watch"})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/device_class")


_ODD = st.one_of(
    # What JSON has: no infinity, which the parser refuses as it does 1e400.
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5),
    st.uuids().map(str),
    st.uuids().map(lambda entry: entry.hex),
    st.uuids().map(lambda entry: "{" + str(entry) + "}"),
)
_ANSWER = st.fixed_dictionaries(
    {}, optional={"item": _ODD, "response": _ODD, "seconds": _ODD, "correct": st.booleans()}
)
_GOOD = st.fixed_dictionaries({"item": st.uuids().map(str), "response": _ODD}, optional={"seconds": st.floats(0, 1e6)})


@settings(max_examples=150)
@given(
    st.one_of(
        st.fixed_dictionaries({"answers": st.lists(st.one_of(_GOOD, _ANSWER), max_size=4)}),
        st.fixed_dictionaries({"answers": st.lists(_GOOD, max_size=4)}),
        st.dictionaries(st.sampled_from(["answers", "score"]), _ODD),
        _ODD,
    )
)
def test_what_is_read_of_a_submission_is_as_documented(body):
    """Whatever is sent: nothing is converted, nothing unknown passes."""
    serializer = SubmissionInput(data=body)
    if not serializer.is_valid():
        return
    assert body.keys() <= {"answers"}
    if not body:
        return
    for answer, read in zip(body["answers"], serializer.validated_data["answers"], strict=True):
        assert {"item", "response"} <= answer.keys() <= {"item", "response", "seconds"}
        assert type(answer["item"]) is str
        assert answer.get("seconds") is None or type(answer["seconds"]) in (int, float)
        assert dict(read) == answer | {"item": UUID(answer["item"])}


# Budgets


@pytest.mark.parametrize("count", [10, 50])
def test_submitting_and_reading_take_as_many_queries_for_ten_items_as_for_fifty(
    client, edition, aiko, query_budget, count
):
    make_bank(edition, each=count, skills=("AIS-A1",))
    quiz = make_quiz(edition, pools=[{"skill": "AIS-A1", "count": count}])
    shown = start(client, quiz)
    client.get(path(shown["id"]))  # from now on the process knows the items
    with query_budget(3):  # who calls, what was asked, and all that is written
        assert submit(client, shown)["score"] == 1.0
    with query_budget(2):
        submit(client, shown)
    with query_budget(3):
        client.get(path(shown["id"]))
    caches.forget()
    with query_budget(3):
        client.get(path(shown["id"]))


def test_only_what_is_frozen_is_kept_in_memory(client, quiz):
    """Control: a revision that could still change is read anew each time."""
    caches.forget()
    approved = ItemRevision.objects.first()
    draft = ItemRevision.objects.create(
        item=approved.item,
        number=2,
        kind="single",
        content=approved.content,
        key={"correct": "a"},
        skills=["AIS-A1"],
        level=1,
        guess=0.25,
    )
    asked = [(approved.pk, "ja"), (draft.pk, "ja")]
    read = frozen.revisions(asked)
    assert read[draft.pk, "ja"].content == {"ja": approved.content["ja"]}
    assert frozen._kept.among(asked).keys() == {(approved.pk, "ja")}
    ItemRevision.objects.filter(pk=draft.pk).update(key={"correct": "b"})
    assert frozen.revisions(asked)[draft.pk, "ja"].key == {"correct": "b"}
    assert frozen.revisions(asked)[approved.pk, "ja"] is read[approved.pk, "ja"]
