"""Stories: Aiko saves her answers while her line comes and goes; what she saved is graded, whoever closes the attempt."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils.dateparse import parse_datetime
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assessments.attempts import grading, saving
from assessments.attempts.models import Attempt, AttemptItem
from assessments.events import MarkingNeeded, OutcomeRecorded
from assessments.files.models import HandedInFile
from assessments.items.models import Item, ItemRevision
from assessments.items.services import bank_of_course
from assessments.marking.services import open_tasks
from common import clock
from common.ids import new_id
from events.models import Event
from privacy.models import AuditEntry
from tests.assessments.factories import (
    RIGHT,
    WRONG,
    answers,
    consent,
    edition_of,
    enrol,
    make_bank,
    make_edition,
    make_quiz,
    path,
    version_of,
)
from tests.assessments.test_files import png
from tests.assessments.test_kinds import SAMPLES
from tests.factories import make_learner, signed_in, stored

pytestmark = pytest.mark.django_db


@pytest.fixture
def edition():
    return make_edition()


@pytest.fixture
def quiz(edition):
    make_bank(edition, each=4)
    return make_quiz(edition)


@pytest.fixture
def aiko(edition):
    learner = make_learner()
    enrol(learner, edition)
    return learner


@pytest.fixture
def client(aiko):
    return signed_in(aiko.user)


@pytest.fixture
def at(monkeypatch) -> Callable[[datetime], None]:
    """`at(instant)` sets the server's clock."""
    return lambda instant: monkeypatch.setattr(clock, "now", lambda: instant)


def start(client: Any, quiz: Any) -> dict[str, Any]:
    answer = client.put(path(new_id()), {"quiz_id": str(quiz.pk)})
    assert answer.status_code == 201, answer.content
    return answer.json()


def numbered(item: dict[str, Any], sequence: int, by_kind: dict[str, Any] = RIGHT, **given: Any) -> dict[str, Any]:
    return {"item": item["id"], "response": by_kind[item["kind"]], "sequence": sequence, **given}


def save(client: Any, shown: dict[str, Any], *given: dict[str, Any], status: int = 200) -> dict[str, Any]:
    answer = client.patch(path(shown["id"], "/answers"), {"answers": list(given)})
    assert answer.status_code == status, answer.content
    return answer.json()


def stands(*pairs: tuple[dict[str, Any], int | None]) -> list[dict[str, Any]]:
    return [{"item": item["id"], "sequence": sequence} for item, sequence in pairs]


def own_answers(client: Any, shown: dict[str, Any]) -> list[Any]:
    """What each item shows the learner of their own answer: None, or the response and its number."""
    found = [item["answer"] for item in client.get(path(shown["id"])).json()["items"]]
    return [None if answer is None else (answer["response"], answer["sequence"]) for answer in found]


def rows() -> tuple[Any, ...]:
    return (
        list(AttemptItem.objects.order_by("pk").values_list("response", "saved_sequence", "seconds", "saved_at")),
        list(Attempt.objects.order_by("pk").values_list("submitted_at", "saves", "score")),
        Event.objects.count(),
        AuditEntry.objects.count(),
    )


def overdue(shown: dict[str, Any]) -> datetime:
    return parse_datetime(shown["due_at"]) + timedelta(minutes=2)


def test_what_aiko_saved_before_her_line_dropped_is_graded_when_the_time_is_over(client, quiz, at) -> None:
    shown = start(client, quiz)
    items = shown["items"]
    assert own_answers(client, shown) == [None] * 8
    first = save(client, shown, numbered(items[0], 1, seconds=4.5))
    assert first == {"saved": stands((items[0], 1)), "refused": []}
    # Her queue: five at once, among them a new mind about the first.
    together = [numbered(items[0], 2, WRONG), *(numbered(item, 1) for item in items[1:5])]
    told = save(client, shown, *together)
    assert told["saved"] == stands((items[0], 2), *((item, 1) for item in items[1:5]))
    assert own_answers(client, shown)[5:] == [None] * 3
    # Another of her devices sees what stands, in the form that is graded.
    assert own_answers(client, shown)[0] == (WRONG[items[0]["kind"]], 2) or items[0]["kind"] == "numeric"
    at(overdue(shown))
    assert grading.close_expired(now=clock.now()) == 1
    body = client.get(path(shown["id"])).json()
    assert (body["state"], body["score"], body["passed"]) == ("graded", 0.5, False)
    assert (body["closed_by_clock"], body["submitted_at"]) == (True, shown["due_at"])
    assert [item["review"]["score"] for item in body["items"]] == [0.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0]
    (entry,) = stored(OutcomeRecorded)
    assert (entry.event.score, entry.event.passed) == (0.5, False)
    # What was left open is no proof of missing skill, and counts as wrong for what is certified: score 0 and lapsed.
    by_id = {str(answer.id): answer for answer in entry.event.answers}
    assert [(by_id[item["id"]].score, by_id[item["id"]].lapsed) for item in items] == [
        (0.0, False),
        *[(1.0, False)] * 4,
        *[(0.0, True)] * 3,
    ]
    row = Attempt.objects.get(pk=shown["id"])
    assert (row.expired, row.submitted_at == row.due_at) == (False, True)
    assert list(AuditEntry.objects.filter(subject_id=shown["id"]).order_by("pk").values_list("action", flat=True)) == [
        "attempt.started",
        "attempt.closed_by_clock",
    ]


def test_saved_answers_can_pass_and_the_learner_may_start_nothing_twice(client, quiz, at) -> None:
    shown = start(client, quiz)
    save(client, shown, *(numbered(item, 1) for item in shown["items"]))
    at(overdue(shown))
    grading.close_expired(now=clock.now())
    assert grading.close_expired(now=clock.now()) == 0
    body = client.get(path(shown["id"])).json()
    assert (body["score"], body["passed"], body["closed_by_clock"]) == (1.0, True, True)
    (entry,) = stored(OutcomeRecorded)
    assert (entry.event.passed, {answer.lapsed for answer in entry.event.answers}) == (True, {False})


def test_whoever_closes_the_attempt_and_whenever_the_result_is_the_same(quiz, edition, at) -> None:
    def by_the_beat(client: Any, shown: dict[str, Any]) -> None:
        assert grading.close_expired(now=clock.now()) == 1

    def by_the_next_start(client: Any, shown: dict[str, Any]) -> None:
        start(client, quiz)

    def by_a_late_submission(client: Any, shown: dict[str, Any]) -> None:
        late = client.put(path(shown["id"], "/submission"), answers(shown))
        assert (late.status_code, late.json()["code"]) == (409, "attempt_expired")
        # It says what was kept, and that is not what it brought.
        assert late.json()["saved"] == stands((shown["items"][0], 7), (shown["items"][3], 7))

    results = []
    for close, days in ((by_the_beat, 0), (by_the_next_start, 1), (by_a_late_submission, 30)):
        learner = make_learner()
        enrol(learner, edition)
        client = signed_in(learner.user)
        shown = start(client, quiz)
        save(client, shown, numbered(shown["items"][0], 7), numbered(shown["items"][3], 7, WRONG))
        with pytest.MonkeyPatch.context() as patched:
            now = overdue(shown) + timedelta(days=days)
            patched.setattr(clock, "now", lambda now=now: now)
            close(client, shown)
        row = Attempt.objects.get(pk=shown["id"])
        event = next(entry.event for entry in stored(OutcomeRecorded) if entry.event.attempt_id == row.pk)
        assert (row.submitted_at, event.submitted_at) == (row.due_at, row.due_at)
        results.append(
            (
                (row.score, row.passed, row.closed_by_clock, row.expired, event.score),
                list(row.items.values_list("score", flat=True)),
                [(answer.score, answer.lapsed) for answer in event.answers],
            )
        )
    assert results[0] == results[1] == results[2]
    assert results[0][0] == (0.125, False, True, False, 0.125)


def test_a_repeat_changes_nothing_and_an_older_answer_never_overwrites(client, quiz) -> None:
    shown = start(client, quiz)
    item = next(entry for entry in shown["items"] if entry["kind"] == "single")
    save(client, shown, numbered(item, 5))
    before = rows()
    assert save(client, shown, numbered(item, 5)) == {"saved": stands((item, 5)), "refused": []}
    # It was on its way for long: the answer tells that a newer one stands.
    assert save(client, shown, numbered(item, 4, WRONG)) == {"saved": stands((item, 5)), "refused": []}
    # Another device gave another answer under the same number: somebody has to give a higher one.
    told = save(client, shown, numbered(item, 5, WRONG))
    assert told["saved"] == stands((item, 5))
    assert [(entry["pointer"], entry["reason"]) for entry in told["refused"]] == [
        ("/answers/0/sequence", "sequence_reused")
    ]
    assert rows() == before
    assert save(client, shown, numbered(item, 6, WRONG))["saved"] == stands((item, 6))
    # A number of JavaScript's clock.
    assert save(client, shown, numbered(item, 1_790_000_000_000))["saved"] == stands((item, 1_790_000_000_000))


def test_an_answer_that_cannot_be_read_costs_no_other(client, quiz) -> None:
    shown = start(client, quiz)
    by_kind = {item["kind"]: item for item in shown["items"]}
    numeric, single, multiple = by_kind["numeric"], by_kind["single"], by_kind["multiple"]
    save(client, shown, numbered(numeric, 1))
    answer = client.patch(
        path(shown["id"], "/answers"),
        {
            "answers": [
                {"item": numeric["id"], "response": "ー5 or so", "sequence": 2},
                numbered(single, 2),
                {"item": str(uuid4()), "response": "a", "sequence": 2},
                {"item": multiple["id"], "response": ["a", "nope"], "sequence": 2},
            ]
        },
        headers={"Accept-Language": "ja"},
    )
    body = answer.json()
    assert answer.status_code == 200
    # The readable answer that stood for the number still stands.
    assert body["saved"] == stands((numeric, 1), (single, 2))
    assert [(entry["pointer"], entry["reason"]) for entry in body["refused"]] == [
        ("/answers/0/response", "not_a_number"),
        ("/answers/2/item", "unknown_item"),
        ("/answers/3/response/1", "unknown_option"),
    ]
    assert all(any(ord(letter) > 0x3000 for letter in entry["detail"]) for entry in body["refused"])
    assert client.put(path(shown["id"], "/submission"), {}).json()["score"] == 0.25


def test_the_form_of_the_body_is_checked_as_everywhere(client, quiz) -> None:
    shown = start(client, quiz)
    item = shown["items"][0]
    before = rows()
    for body, pointer in (
        ({}, "/answers"),
        ({"answers": [{"item": item["id"], "response": None}]}, "/answers/0/sequence"),
        ({"answers": [numbered(item, -1)]}, "/answers/0/sequence"),
        ({"answers": [numbered(item, 2**53)]}, "/answers/0/sequence"),
        ({"answers": [numbered(item, 1, score=1)]}, "/answers/0/score"),
        ({"answers": [{**numbered(item, 1), "sequence": "1"}]}, "/answers/0/sequence"),
    ):
        refused = client.patch(path(shown["id"], "/answers"), body)
        assert refused.status_code == 400
        assert [error["pointer"] for error in refused.json()["errors"]] == [pointer]
    assert rows() == before


def test_a_submission_is_the_last_word_on_what_it_names_and_the_rest_stands(client, quiz, at) -> None:
    shown = start(client, quiz)
    at(parse_datetime(shown["started_at"]) + timedelta(minutes=1))
    items = shown["items"]
    save(client, shown, *(numbered(item, 9, seconds=3) for item in items[:6]))
    given = [
        {"item": items[0]["id"], "response": WRONG[items[0]["kind"]]},  # another mind
        {"item": items[1]["id"], "response": None},  # taken back
        {"item": items[6]["id"], "response": RIGHT[items[6]["kind"]], "seconds": 8},
    ]
    first = client.put(path(shown["id"], "/submission"), {"answers": given})
    assert first.status_code == 200, first.content
    body = first.json()
    assert [item["review"]["score"] for item in body["items"]] == [0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0]
    (entry,) = stored(OutcomeRecorded)
    assert {answer.lapsed for answer in entry.event.answers} == {False}
    assert list(AttemptItem.objects.order_by("position").values_list("seconds", flat=True)) == [
        *[3.0] * 6,
        8.0,
        None,
    ]
    before = rows()
    # A repeat, and one that contradicts nothing, are answered as the first time; another answer is refused.
    for repeated in ({"answers": given}, {"answers": given[:1]}, {}):
        again = client.put(path(shown["id"], "/submission"), repeated)
        assert (again.status_code, again.json()) == (200, body)
    for other in (
        {"item": items[1]["id"], "response": RIGHT[items[1]["kind"]]},
        {"item": items[2]["id"], "response": None},
    ):
        refused = client.put(path(shown["id"], "/submission"), {"answers": [other]})
        assert (refused.status_code, refused.json()["code"]) == (409, "already_submitted")
    assert rows() == before


def test_an_answer_can_be_taken_back_and_an_attempt_of_which_all_were_is_expired(client, quiz, at) -> None:
    shown = start(client, quiz)
    item = shown["items"][0]
    save(client, shown, numbered(item, 1))
    assert save(client, shown, {"item": item["id"], "response": None, "sequence": 2})["saved"] == stands((item, 2))
    assert own_answers(client, shown)[0] == (None, 2)
    # The first call, repeated by a line that was slow, brings it not back.
    save(client, shown, numbered(item, 1))
    at(overdue(shown))
    grading.close_expired(now=clock.now())
    row = Attempt.objects.get(pk=shown["id"])
    assert (row.expired, row.closed_by_clock, row.score) == (True, True, 0.0)
    assert client.get(path(shown["id"])).json()["state"] == "expired"


def test_nothing_is_saved_after_the_submission_or_the_grace(client, quiz, at) -> None:
    shown = start(client, quiz)
    items = shown["items"]
    due_at = parse_datetime(shown["due_at"])
    at(due_at + timedelta(seconds=29))
    save(client, shown, numbered(items[0], 1))
    at(due_at + timedelta(seconds=31))
    before = rows()
    told = save(client, shown, numbered(items[1], 1), status=409)
    assert (told["code"], told["saved"]) == ("attempt_expired", stands((items[0], 1)))
    assert abs(parse_datetime(told["due_at"]) - due_at) < timedelta(milliseconds=1)
    assert rows() == before
    grading.close_expired(now=clock.now())
    assert save(client, shown, numbered(items[1], 1), status=409)["saved"] == stands((items[0], 1))
    second = start(client, quiz)
    save(client, second, numbered(second["items"][0], 1))
    client.put(
        path(second["id"], "/submission"),
        {"answers": [{"item": second["items"][1]["id"], "response": RIGHT[second["items"][1]["kind"]]}]},
    )
    before = rows()
    told = save(client, second, numbered(second["items"][2], 1), status=409)
    assert (told["code"], told["saved"]) == (
        "attempt_submitted",
        stands((second["items"][0], 1), (second["items"][1], None)),
    )
    assert rows() == before


def test_extra_time_is_time_to_save(client, quiz, aiko, at) -> None:
    shown = start(client, quiz)
    Attempt.objects.filter(pk=shown["id"]).update(due_at=parse_datetime(shown["due_at"]) + timedelta(minutes=5))
    at(parse_datetime(shown["due_at"]) + timedelta(minutes=4))
    save(client, shown, numbered(shown["items"][0], 1))


def test_an_outsider_saves_nothing_and_learns_nothing(client, quiz, edition) -> None:
    from rest_framework.test import APIClient

    shown = start(client, quiz)
    save(client, shown, numbered(shown["items"][0], 1))
    budi = make_learner("ID", name="Budi", languages=("id",))
    enrol(budi, edition)
    before = rows()
    theirs = save(signed_in(budi.user), shown, numbered(shown["items"][0], 2), status=404)
    unknown = save(signed_in(budi.user), {"id": str(new_id())}, status=404)
    assert {**theirs, "request_id": ""} == {**unknown, "request_id": ""}
    # An item of an attempt of one's own is no way to another's.
    own = start(signed_in(budi.user), quiz)
    told = save(signed_in(budi.user), own, numbered(shown["items"][0], 2))
    assert (told["saved"], [entry["reason"] for entry in told["refused"]]) == ([], ["unknown_item"])
    assert APIClient().patch(path(shown["id"], "/answers"), {"answers": []}).status_code == 401
    assert own_answers(client, shown)[0][1] == 1
    assert rows()[0][:8] == before[0]


def test_without_the_consent_nothing_is_saved_and_what_was_is_graded_and_withheld(client, quiz, aiko, at) -> None:
    shown = start(client, quiz)
    save(client, shown, numbered(shown["items"][0], 1))
    consent(aiko, given=False)
    before = rows()
    told = save(client, shown, numbered(shown["items"][1], 1), status=403)
    assert (told["code"], told["purpose"]) == ("consent_missing", "learning_records")
    assert rows() == before
    at(overdue(shown))
    grading.close_expired(now=clock.now())
    row = Attempt.objects.get(pk=shown["id"])
    assert (row.score, row.outcome_published) == (0.125, False)
    assert stored(OutcomeRecorded) == []
    # Given again: published with the next start, the same answers lapsed as if it had been at once.
    consent(aiko)
    start(client, quiz)
    (entry,) = stored(OutcomeRecorded)
    assert sorted((answer.score, answer.lapsed) for answer in entry.event.answers) == [(0.0, True)] * 7 + [(1.0, False)]


def test_a_clock_that_runs_wrong_costs_no_answer(client, quiz) -> None:
    shown = start(client, quiz)
    items = shown["items"]
    save(client, shown, numbered(items[0], 1, seconds=-4), numbered(items[1], 1, seconds=1e9), numbered(items[2], 1))
    first, second, third = AttemptItem.objects.order_by("position").values_list("seconds", flat=True)[:3]
    assert first == 0.0
    assert 0.0 <= second < 600.0
    assert third is None
    # Without a time the one that is known stays.
    save(client, shown, numbered(items[1], 2))
    assert AttemptItem.objects.get(pk=items[1]["id"]).seconds == second


def test_a_live_attempt_that_is_left_costs_an_erased_learner_nothing_to_erase(client, quiz, aiko) -> None:
    save(client, shown := start(client, quiz), numbered(shown["items"][0], 1))
    aiko.delete()
    assert (Attempt.objects.count(), AttemptItem.objects.count()) == (0, 0)


@pytest.mark.parametrize("count", [10, 50])
def test_three_statements_save_one_answer_or_fifty_and_a_repeat_takes_two(
    client, edition, aiko, query_budget, count
) -> None:
    make_bank(edition, each=count, skills=("AIS-A1",))
    shown = start(client, make_quiz(edition, pools=[{"skill": "AIS-A1", "count": count}]))
    client.get(path(shown["id"]))  # the process has read the questions
    with query_budget(3):
        save(client, shown, numbered(shown["items"][0], 1))
    together = [numbered(item, 2) for item in shown["items"]]
    with query_budget(3):
        told = save(client, shown, *together)
    assert len(told["saved"]) == count
    with query_budget(2):
        assert save(client, shown, *together) == told
    # What a frontend pays for on a metered line: an answer to one answer is smaller than a packet.
    one = client.patch(path(shown["id"], "/answers"), {"answers": [numbered(shown["items"][0], 3)]})
    assert len(one.content) < 120


NUMBERS = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 4), st.sampled_from("abcd")),
    min_size=1,
    max_size=6,
    unique_by=lambda t: t[:2],
)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(given_answers=NUMBERS, data=st.data())
def test_any_order_any_grouping_and_any_repetition_leaves_the_same(single_attempt, given_answers, data) -> None:
    learner, attempt_id, items = single_attempt
    expected: dict[UUID, tuple[int, str]] = {}
    for item, sequence, response in given_answers:
        expected[items[item]] = max(expected.get(items[item], (-1, "")), (sequence, response))
    AttemptItem.objects.filter(attempt=attempt_id).update(response=None, saved_sequence=None)
    order = data.draw(st.permutations(given_answers + data.draw(st.lists(st.sampled_from(given_answers), max_size=3))))
    cuts = sorted(data.draw(st.sets(st.integers(1, max(1, len(order) - 1)), max_size=3)))
    for first, last in zip([0, *cuts], [*cuts, len(order)], strict=True):
        told = saving.save(
            attempt_id=attempt_id,
            learner_id=learner,
            answers=[
                {"item": items[item], "sequence": sequence, "response": response}
                for item, sequence, response in order[first:last]
            ],
            now=clock.now(),
        )
        assert told.refused == []
    saved = AttemptItem.objects.filter(attempt=attempt_id, saved_sequence__isnull=False)
    assert {row.pk: (row.saved_sequence, row.response) for row in saved} == expected


@pytest.fixture
def single_attempt(client, edition, aiko):
    """A live attempt at three single choices: its learner, its id, the ids of its items."""
    make_bank(edition, each=3, skills=("AIS-A1",), kinds=("single",))
    shown = start(client, make_quiz(edition, pools=[{"skill": "AIS-A1", "count": 3}]))
    return aiko.pk, UUID(shown["id"]), [UUID(item["id"]) for item in shown["items"]]


def test_of_several_answers_to_an_item_in_one_call_the_highest_number_stands(client, quiz) -> None:
    shown = start(client, quiz)
    item = next(entry for entry in shown["items"] if entry["kind"] == "single")
    for base, order in enumerate(permutations((1, 2, 3))):
        given_answers = [
            {"item": item["id"], "response": "abc"[number - 1], "sequence": 10 * base + number} for number in order
        ]
        assert save(client, shown, *given_answers)["saved"] == stands((item, 10 * base + 3))
        assert AttemptItem.objects.get(pk=item["id"]).response == "c"


@pytest.fixture
def task(aiko):
    """A live attempt of Aiko's at one task that takes text and files: the attempt and its item."""
    edition, now = make_edition(languages=("en", "th")), clock.now()
    quiz = make_quiz(edition, pools=[])
    row = Attempt.objects.create(
        quiz=quiz,
        edition=edition_of(quiz),
        quiz_version=version_of(quiz),
        learner=aiko,
        number=1,
        seed=1,
        language="en",
        started_at=now,
        due_at=now + timedelta(hours=1),
    )
    revision = ItemRevision.objects.create(
        item=Item.objects.create(bank=bank_of_course(edition.course_id), code="task"),
        approved_at=now,
        **SAMPLES["task"].draft().values(),
    )
    return row, AttemptItem.objects.create(attempt=row, position=0, revision=revision)


def test_work_that_was_saved_is_marked_and_can_be_read_meanwhile(client, task) -> None:
    attempt, item = task
    there, taken_back, never_came = new_id(), new_id(), new_id()
    for file_id in (there, taken_back):
        uploaded = client.put(path(attempt.pk, f"/files/{file_id}"), png(), content_type="image/png")
        assert uploaded.status_code == 201, uploaded.content
    # Text is saved before a slow upload has come.
    for sequence, named in enumerate(([never_came, there], [there, taken_back]), 1):
        response = {"text": "My plan for the shop", "files": [str(file_id) for file_id in named]}
        told = save(client, {"id": attempt.pk}, {"item": str(item.pk), "response": response, "sequence": sequence})
        assert told["refused"] == []
    client.delete(path(attempt.pk, f"/files/{taken_back}"))
    assert HandedInFile.objects.count() == 1
    refused = client.put(path(attempt.pk, "/submission"), {})
    assert (refused.status_code, refused.json()["reason"]) == (400, "file_missing")
    now = attempt.due_at + timedelta(minutes=2)
    assert grading.close_expired(now=now) == 1
    attempt.refresh_from_db()
    assert (attempt.score, attempt.closed_by_clock, attempt.submitted_at) == (None, True, attempt.due_at)
    shown = client.get(path(attempt.pk)).json()
    # What never came is not asked for any more; what was handed in can be read while people mark it.
    assert shown["state"] == "marking"
    assert shown["items"][0]["review"] is None
    assert shown["items"][0]["answer"] == {
        "response": {"text": "My plan for the shop", "files": [str(there)]},
        "sequence": 2,
    }
    (asked,) = stored(MarkingNeeded)
    assert asked.event.attempt_items == (item.pk,)
    open_tasks([asked])
    grading.settle(attempt_id=attempt.pk, marks={item.pk: 0.75}, now=now, actor="marker")
    (entry,) = stored(OutcomeRecorded)
    assert [(answer.score, answer.lapsed) for answer in entry.event.answers] == [(0.75, False)]
    assert client.get(path(attempt.pk)).json()["state"] == "graded"


def test_work_of_which_nothing_came_was_left_open(client, task) -> None:
    attempt, item = task
    save(client, {"id": attempt.pk}, {"item": str(item.pk), "response": {"files": [str(new_id())]}, "sequence": 1})
    grading.close_expired(now=attempt.due_at + timedelta(minutes=2))
    attempt.refresh_from_db()
    assert (attempt.expired, attempt.score) == (True, 0.0)


def test_what_was_handed_in_can_be_read_as_long_as_the_review_is_kept_back(client, edition, aiko) -> None:
    make_bank(edition, each=4)
    shown = start(client, make_quiz(edition, review_what="nothing"))
    body = client.put(path(shown["id"], "/submission"), answers(shown)).json()
    assert {str(item["review"]) for item in body["items"]} == {"None"}
    assert all(item["answer"]["response"] is not None for item in body["items"])
    assert (body["score"], body["passed"]) == (None, None)
