"""Devices report progress, in any order; editions get completed once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from common import clock
from common.ids import new_id
from events import public as events
from learners.models import Enrolment, LessonProgress
from learners.progress import rules
from tests.factories import make_learner, signed_in
from tests.learners.factories import (
    ENROLLED_AT,
    an_outcome,
    give_consent,
    lesson_ids,
    make_edition,
    make_enrolment,
    record_outcomes,
    recorded,
)

DONE = "2026-03-02T10:00:00Z"


def path(enrolment: Enrolment) -> str:
    return f"/api/v1/me/enrolments/{enrolment.pk}/progress"


def report(lesson_id: Any, furthest: int = 100, done_at: str | None = DONE) -> dict[str, Any]:
    return {"lesson_id": str(lesson_id), "furthest": furthest, "done_at": done_at}


@pytest.mark.django_db
def test_reports_are_merged_by_the_furthest_and_the_first_done() -> None:
    aiko, edition = make_learner("JP"), make_edition(lessons=3)
    enrolment, (first, second, _) = make_enrolment(aiko, edition), lesson_ids(edition)
    client = signed_in(aiko.user)
    answer = client.put(path(enrolment), {"lessons": [report(first, 60, None), report(second)]})
    assert answer.status_code == 200, answer.content
    assert [(lesson["furthest"], lesson["done_at"]) for lesson in answer.json()["lessons"]] == [
        (60, None),
        (100, DONE),
        (0, None),
    ]
    # An older phone comes back online: nothing goes back, an earlier time done stands.
    later = client.put(
        path(enrolment), {"lessons": [report(first, 30, None), report(second, 50, "2026-03-01T18:00:00+07:00")]}
    )
    assert [(lesson["furthest"], lesson["done_at"]) for lesson in later.json()["lessons"]] == [
        (60, None),
        (100, "2026-03-01T11:00:00Z"),
        (0, None),
    ]
    assert len(recorded("learners.progress_recorded")) == 2
    written = list(LessonProgress.objects.values_list("pk", "updated_at"))
    same = client.put(path(enrolment), {"lessons": [report(second, 100, DONE)]})
    assert same.json()["refused"] == []
    assert same.json() == later.json()
    assert list(LessonProgress.objects.values_list("pk", "updated_at")) == written
    assert len(recorded("learners.progress_recorded")) == 2
    read = client.get(path(enrolment))
    assert ({**read.json(), "refused": []}, read["ETag"]) == (same.json(), same["ETag"])
    assert client.get(path(enrolment), headers={"If-None-Match": read["ETag"]}).status_code == 304


@pytest.mark.django_db
def test_times_that_cannot_be_are_corrected() -> None:
    aiko, edition = make_learner("JP"), make_edition(lessons=2)
    enrolment, (first, second) = make_enrolment(aiko, edition), lesson_ids(edition)
    before = clock.now()
    answer = signed_in(aiko.user).put(
        path(enrolment),
        {"lessons": [report(first, done_at="2001-01-01T00:00:00Z"), report(second, done_at="2199-01-01T00:00:00Z")]},
    )
    past, future = (datetime.fromisoformat(lesson["done_at"]) for lesson in answer.json()["lessons"])
    assert past == ENROLLED_AT
    assert before <= future <= clock.now()


@pytest.mark.django_db
def test_an_outsider_neither_reads_nor_writes_progress() -> None:
    aiko, dao, edition = make_learner("JP"), make_learner("TH"), make_edition()
    enrolment = make_enrolment(aiko, edition)
    client = signed_in(dao.user)
    assert client.get(path(enrolment)).status_code == 404
    assert client.put(path(enrolment), {"lessons": [report(lesson_ids(edition)[0])]}).status_code == 404
    assert client.put(path(Enrolment(pk=new_id())), {"lessons": [report(new_id())]}).status_code == 404
    assert not LessonProgress.objects.exists()
    assert recorded("learners.progress_recorded") == []


@pytest.mark.django_db
def test_a_bad_batch_is_pointed_at_and_nothing_of_it_is_written() -> None:
    aiko, edition = make_learner("JP"), make_edition()
    enrolment, lesson = make_enrolment(aiko, edition), lesson_ids(edition)[0]
    client = signed_in(aiko.user)
    for bad, pointer in (
        ({"lessons": []}, "/lessons"),
        ({"lessons": [report(lesson)] * 201}, "/lessons"),
        ({"lessons": [report(lesson, 101)]}, "/lessons/0/furthest"),
        ({"lessons": [report(lesson, -1)]}, "/lessons/0/furthest"),
        ({"lessons": [report(lesson, 10**20)]}, "/lessons/0/furthest"),
        ({"lessons": [report(lesson, done_at="2026-03-02T10:00:00")]}, "/lessons/0/done_at"),
        ({"lessons": [report(lesson, done_at="0001-01-01T00:00:00+14:00")]}, "/lessons/0/done_at"),
        ({"lessons": [report(lesson, done_at="yesterday")]}, "/lessons/0/done_at"),
        ({"lessons": [{**report(lesson), "score": 1}]}, "/lessons/0/score"),
        ({"lessons": [{**report(lesson), "version": "f" * 64}]}, "/lessons/0/language"),
        ({"lessons": [{**report(lesson), "language": "en"}]}, "/lessons/0/version"),
        ({"lessons": [{**report(lesson), "version": "1", "language": "en"}]}, "/lessons/0/version"),
        ({"lessons": {"0": report(lesson)}}, "/lessons"),
        ({}, "/lessons"),
    ):
        answer = client.put(path(enrolment), bad)
        assert answer.status_code == 400, bad
        assert answer.json()["errors"][0]["pointer"] == pointer, answer.json()
    assert not LessonProgress.objects.exists()
    assert recorded("learners.progress_recorded") == []


@pytest.mark.django_db
@pytest.mark.parametrize("requires_assessment", [False, True])
@pytest.mark.parametrize("assessment_first", [False, True])
def test_an_edition_is_completed_once_in_either_order(requires_assessment: bool, assessment_first: bool) -> None:
    aiko, budi = make_learner("JP"), make_learner("ID")
    edition = make_edition(lessons=2, requires_assessment=requires_assessment)
    enrolment, bystander = make_enrolment(aiko, edition), make_enrolment(budi, edition)
    client, lessons = signed_in(aiko.user), lesson_ids(edition)

    def read_all() -> None:
        for lesson in lessons:
            assert client.put(path(enrolment), {"lessons": [report(lesson)]}).status_code == 200

    def pass_assessment() -> None:
        record_outcomes(
            an_outcome(aiko.pk, edition_id=edition.pk, passed=False, at=ENROLLED_AT),
            an_outcome(aiko.pk, edition_id=edition.pk, mode="practice", at=ENROLLED_AT),
            an_outcome(aiko.pk, edition_id=edition.pk, at=ENROLLED_AT + timedelta(days=5)),
            an_outcome(aiko.pk, edition_id=edition.pk, at=ENROLLED_AT + timedelta(days=4)),
            an_outcome(new_id(), edition_id=edition.pk),
        )
        events.drain("completion")

    for step in (pass_assessment, read_all) if assessment_first else (read_all, pass_assessment):
        step()
        step()
    enrolment.refresh_from_db()
    assert enrolment.lessons_done_at == datetime(2026, 3, 2, 10, tzinfo=UTC)
    assert enrolment.assessment_passed_at == ENROLLED_AT + timedelta(days=4)
    assert enrolment.completed_at is not None
    assert enrolment.completed_at >= enrolment.lessons_done_at
    assert recorded("learners.edition_completed") == [
        {"learner_id": str(aiko.pk), "edition_id": str(edition.pk), "course_id": str(edition.course_id)}
    ]
    bystander.refresh_from_db()
    assert (bystander.assessment_passed_at, bystander.completed_at) == (None, None)


@pytest.mark.django_db
def test_without_the_assessment_it_is_not_completed() -> None:
    aiko, edition = make_learner("JP"), make_edition(lessons=1)
    enrolment = make_enrolment(aiko, edition)
    answer = signed_in(aiko.user).put(path(enrolment), {"lessons": [report(lesson_ids(edition)[0])]})
    assert answer.json()["lessons_done_at"] == DONE
    assert answer.json()["completed_at"] is None
    assert recorded("learners.edition_completed") == []


@pytest.mark.django_db(transaction=True)
def test_two_devices_finish_the_last_two_lessons_at_the_same_time() -> None:
    aiko, edition = make_learner("JP"), make_edition(lessons=2, requires_assessment=False)
    enrolment, lessons = make_enrolment(aiko, edition), lesson_ids(edition)
    start, answers = Barrier(2), []

    def device(lesson: Any) -> None:
        try:
            client = signed_in(aiko.user)
            start.wait(10)
            answers.append(client.put(path(enrolment), {"lessons": [report(lesson)]}).status_code)
        finally:
            connection.close()

    threads = [Thread(target=device, args=[lesson]) for lesson in lessons]
    # Both wait for the row, so that both have begun before either has written.
    with transaction.atomic():
        Enrolment.objects.select_for_update().get(pk=enrolment.pk)
        for thread in threads:
            thread.start()
    for thread in threads:
        thread.join(20)
    assert answers == [200, 200]
    enrolment.refresh_from_db()
    assert enrolment.completed_at is not None
    assert len(recorded("learners.edition_completed")) == 1


_lessons = [new_id() for _ in range(3)]
_instants = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
_done = st.builds(
    lambda at, version, language: (at, version, language, at),
    st.sampled_from([ENROLLED_AT, ENROLLED_AT + timedelta(days=1)]),
    st.sampled_from(["a", "b"]),
    st.sampled_from(["en", "ja"]),
)
_reports = st.lists(
    st.builds(
        lambda lesson, furthest, done: rules.Report(lesson, furthest, *done),
        st.sampled_from(_lessons),
        st.integers(0, 100),
        st.tuples(st.none() | _instants) | _done,
    ),
    max_size=12,
)


@given(_reports, st.randoms(use_true_random=False))
def test_merging_is_the_same_in_any_order_grouping_and_repetition(reports: list[rules.Report], rng: Any) -> None:
    merged = rules.merge(reports)
    again = [*reports, *rng.sample(reports, len(reports) // 2)]
    rng.shuffle(again)
    cut = rng.randint(0, len(again))
    assert rules.merge([*rules.merge(again[:cut]), *rules.merge(again[cut:])]) == merged


@pytest.mark.django_db
def test_without_the_consent_nothing_is_added() -> None:
    aiko, edition = make_learner("JP"), make_edition(lessons=2)
    enrolment, (first, second) = make_enrolment(aiko, edition), lesson_ids(edition)
    client = signed_in(aiko.user)
    kept = client.put(path(enrolment), {"lessons": [report(first)]})
    give_consent(aiko, given=False)
    refused = client.put(path(enrolment), {"lessons": [report(second)]})
    assert (refused.status_code, refused.json()["code"]) == (403, "consent_missing")
    assert refused.json()["purpose"] == "learning_records"
    # What is there can be read, and who is nobody here learns no more than before.
    assert {**client.get(path(enrolment)).json(), "refused": []} == kept.json()
    assert signed_in(make_learner("TH").user).put(path(enrolment), {"lessons": [report(second)]}).status_code == 404
    assert len(recorded("learners.progress_recorded")) == 1
    give_consent(aiko)
    again = client.put(path(enrolment), {"lessons": [report(second)]})
    assert (again.status_code, again.json()["lessons_done_at"]) == (200, DONE)
