"""A course has a new edition: Aiko looks at what moving means, moves, and loses nothing, in whatever order her phone reports."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from itertools import pairwise, permutations
from threading import Barrier, Thread
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction

from agencies.feed.documents import progress_documents
from common import clock
from common.ids import new_id
from courses import public as courses
from courses.models import Edition
from events.kinds import Recorded
from learners import public as learners
from learners.models import Enrolment, EnrolmentEdition, LessonProgress, LessonWaiver
from learners.progress.completion import waive_lessons
from privacy.models import AuditEntry
from tests.assessments.factories import make_bank, make_quiz
from tests.factories import make_learner, signed_in
from tests.learners.factories import (
    ENROLLED_AT,
    an_outcome,
    give_consent,
    lesson_ids,
    make_edition,
    make_enrolment,
    make_later_edition,
    recorded,
)
from tests.learners.test_waivers import hold, outcome

db = pytest.mark.django_db
DONE = "2026-03-02T10:00:00Z"


def path(enrolment: Enrolment, tail: str = "") -> str:
    return f"/api/v1/me/enrolments/{enrolment.pk}{tail}"


def move_path(enrolment: Enrolment, edition: Edition) -> str:
    return path(enrolment, f"/moves/{edition.pk}")


def version_of(edition: Edition, lesson: UUID, language: str = "en") -> str:
    view = courses.edition(edition.pk)
    assert view is not None
    return next(found.versions[language] for found in view.lessons if found.id == lesson)


def report(lesson: UUID, *, version: str = "", language: str = "en", done_at: str = DONE) -> dict[str, Any]:
    named = {"version": version, "language": language} if version else {}
    return {"lesson_id": str(lesson), "furthest": 100, "done_at": done_at, **named}


def done_in(edition: Edition, *lessons: UUID, language: str = "en") -> dict[str, Any]:
    return {
        "lessons": [
            report(lesson, version=version_of(edition, lesson, language), language=language) for lesson in lessons
        ]
    }


def changed(client: Any, enrolment: Enrolment) -> list[str | None]:
    return [lesson["changed"] for lesson in client.get(path(enrolment, "/progress")).json()["lessons"]]


@db
def test_aiko_sees_what_a_move_means_moves_and_goes_back() -> None:
    aiko, edition = (
        make_learner("JP"),
        make_edition({"AIS-A1": 1}, {"AIS-A1": 1}, {"AIS-B1": 1}, {"AIS-C1": 1}, {"AIS-A1": 1}),
    )
    enrolment, client = make_enrolment(aiko, edition), signed_in(aiko.user)
    same, mended, rewritten, dropped, unread = lesson_ids(edition)
    client.put(path(enrolment, "/progress"), done_in(edition, same, mended, rewritten, dropped))
    assert client.get(path(enrolment)).json()["newer_edition"] is None

    later = make_later_edition(
        edition, {"AIS-B1": 1}, changed=[mended, rewritten], substantial=[rewritten], gone=[dropped]
    )
    *_, added = lesson_ids(later)
    assert client.get(path(enrolment)).json()["newer_edition"] == str(later.pk)
    shown = client.get(move_path(enrolment, later))
    assert shown.status_code == 200, shown.content
    assert shown.json() == {
        "enrolment_id": str(enrolment.pk),
        "course_id": str(edition.course_id),
        "edition_id": str(later.pk),
        "edition": 2,
        "present_edition_id": str(edition.pk),
        "kept": [str(same)],
        "changed": [
            {"lesson_id": str(mended), "changed": "minor"},
            {"lesson_id": str(rewritten), "changed": "substantial"},
        ],
        "waived": [],
        "open": [str(unread)],
        "new": [str(added)],
        "gone": [str(dropped)],
        "language": "ja",
        "language_offered": True,
        "languages": ["en", "ja"],
        "attempt_under_way": None,
    }
    assert recorded("learners.enrolment_moved") == [], "it was only asked"

    moved = client.put(move_path(enrolment, later), {})
    assert moved.status_code == 200, moved.content
    assert (moved.json()["edition_id"], moved.json()["newer_edition"]) == (str(later.pk), None)
    assert client.put(move_path(enrolment, later), {}).json() == moved.json()
    assert len(recorded("learners.enrolment_moved")) == 1
    assert AuditEntry.objects.filter(action="enrolment.moved", subject_id=str(enrolment.pk)).count() == 1
    assert changed(client, enrolment) == [None, "minor", "substantial", None, None]
    # She reads it again: nothing is new to her any more.
    again = report(rewritten, version=version_of(later, rewritten), done_at="2026-03-09T10:00:00Z")
    shown = client.put(path(enrolment, "/progress"), {"lessons": [again]}).json()["lessons"][2]
    assert (shown["changed"], shown["done_at"]) == (None, DONE)
    # An old report that comes late does not bring it back.
    client.put(path(enrolment, "/progress"), done_in(edition, rewritten))
    assert changed(client, enrolment) == [None, "minor", None, None, None]

    back = client.put(move_path(enrolment, edition), {})
    assert (back.status_code, back.json()["newer_edition"]) == (200, str(later.pk))
    assert set(EnrolmentEdition.objects.values_list("edition_id", flat=True)) == {edition.pk, later.pk}


@db
def test_a_change_in_another_language_is_none() -> None:
    aiko, edition = make_learner("JP"), make_edition(lessons=2)
    enrolment, client = make_enrolment(aiko, edition), signed_in(aiko.user)
    first, second = lesson_ids(edition)
    client.put(path(enrolment, "/progress"), done_in(edition, first, language="ja"))
    client.put(path(enrolment, "/progress"), {"lessons": [report(second)]})
    later = make_later_edition(edition, changed=[first, second], substantial=[first, second])
    client.put(move_path(enrolment, later), {})
    assert changed(client, enrolment) == [None, None], (
        "in Japanese nothing changed; of the second nobody said what was read"
    )
    # A version that no edition has had says nothing.
    client.put(
        path(enrolment, "/progress"), {"lessons": [report(first, version="f" * 64, done_at="2026-03-09T10:00:00Z")]}
    )
    assert changed(client, enrolment) == [None, None]


@db
def test_where_nobody_can_move_to() -> None:
    aiko, edition = make_learner("JP"), make_edition(lessons=2)
    enrolment, client = make_enrolment(aiko, edition), signed_in(aiko.user)
    second = make_later_edition(edition, {"AIS-A1": 1})
    third = make_later_edition(second, {"AIS-A1": 1})
    proposed = make_later_edition(third, {"AIS-A1": 1}, published=False)
    elsewhere = make_edition()
    for target, status, code in (
        (elsewhere, 409, "edition_of_another_course"),
        (proposed, 404, "edition_not_open"),
        (second, 404, "edition_not_open"),
        (Edition(pk=new_id()), 404, "edition_not_open"),
    ):
        for answer in (client.get(move_path(enrolment, target)), client.put(move_path(enrolment, target), {})):
            assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert client.put(move_path(enrolment, third), {"without_language": "perhaps"}).status_code == 400
    give_consent(aiko, given=False)
    assert client.put(move_path(enrolment, third), {}).json()["code"] == "consent_missing"
    # The database would not take it either.
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS enrolment_is_in_an_edition_of_its_course IMMEDIATE")
    with pytest.raises(IntegrityError), transaction.atomic():
        Enrolment.objects.filter(pk=enrolment.pk).update(edition=elsewhere)
    enrolment.refresh_from_db()
    assert enrolment.edition_id == edition.pk
    assert recorded("learners.enrolment_moved") == []


@db
def test_an_outsider_neither_sees_nor_makes_a_move() -> None:
    aiko, dao, edition = make_learner("JP"), make_learner("TH"), make_edition(lessons=1)
    enrolment = make_enrolment(aiko, edition)
    own = make_enrolment(dao, edition)
    later = make_later_edition(edition, {"AIS-A1": 1})
    client = signed_in(dao.user)
    for answer in (client.get(move_path(enrolment, later)), client.put(move_path(enrolment, later), {})):
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    enrolment.refresh_from_db()
    assert enrolment.edition_id == edition.pk
    assert client.put(move_path(own, later), {}).status_code == 200
    enrolment.refresh_from_db()
    assert enrolment.edition_id == edition.pk, "one learner's move is nobody else's"


@db
def test_nobody_is_moved_into_an_edition_without_their_language_unless_they_say_so() -> None:
    aiko, edition = make_learner("JP", languages=("ja",)), make_edition(lessons=1)
    enrolment, client = make_enrolment(aiko, edition), signed_in(aiko.user)
    later = make_later_edition(edition, {"AIS-A1": 1}, languages=["en"])
    shown = client.get(move_path(enrolment, later)).json()
    assert (shown["language"], shown["language_offered"], shown["languages"]) == ("ja", False, ["en"])
    refused = client.put(move_path(enrolment, later), {})
    assert (refused.status_code, refused.json()["code"], refused.json()["languages"]) == (
        409,
        "language_missing",
        ["en"],
    )
    assert client.put(move_path(enrolment, later), {"without_language": True}).status_code == 200


@db
def test_an_attempt_that_is_under_way_is_handed_in_first() -> None:
    aiko, edition = make_learner("JP"), make_edition(lessons=1)
    enrolment, client = make_enrolment(aiko, edition), signed_in(aiko.user)
    make_bank(edition)
    quiz = make_quiz(edition)
    attempt_id = new_id()
    assert client.put(f"/api/v1/me/attempts/{attempt_id}", {"quiz_id": str(quiz.pk)}).status_code == 201
    later = make_later_edition(edition, {"AIS-A1": 1})
    assert client.get(move_path(enrolment, later)).json()["attempt_under_way"] == str(attempt_id)
    refused = client.put(move_path(enrolment, later), {})
    assert (refused.status_code, refused.json()["code"]) == (409, "attempt_under_way")
    assert refused.json()["attempt_id"] == str(attempt_id)
    assert client.put(f"/api/v1/me/attempts/{attempt_id}/submission", {"answers": []}).status_code == 200
    assert client.put(move_path(enrolment, later), {}).status_code == 200
    # It is the same quiz in the edition that she is in now.
    begun = client.put(f"/api/v1/me/attempts/{new_id()}", {"quiz_id": str(quiz.pk)})
    assert (begun.status_code, begun.json()["edition_id"]) == (201, str(later.pk))


@db
def test_who_was_offline_while_the_edition_was_retired_is_enrolled_in_the_running_one() -> None:
    aiko, edition = make_learner("JP"), make_edition(lessons=2)
    give_consent(aiko)
    later = make_later_edition(edition, {"AIS-A1": 1})
    client, enrolment = signed_in(aiko.user), Enrolment(pk=new_id())
    for status in (201, 200):
        answer = client.put(path(enrolment), {"edition_id": str(edition.pk)})
        assert (answer.status_code, answer.json()["edition_id"]) == (status, str(later.pk))
        assert answer.json()["instead_of"] == str(edition.pk)
    assert client.get(path(enrolment)).json()["instead_of"] is None
    # Enrolling again, in any edition, changes nothing; a second id is told of the first.
    assert client.put(path(enrolment), {"edition_id": str(later.pk)}).json()["instead_of"] is None
    second = client.put(path(Enrolment(pk=new_id())), {"edition_id": str(edition.pk)})
    assert (second.status_code, second.json()["code"]) == (409, "already_enrolled")
    assert second.json()["enrolment_id"] == str(enrolment.pk)
    # What she read offline is taken, also lessons that are gone; a stranger's lesson refuses only itself.
    foreign = lesson_ids(make_edition(lessons=1))[0]
    first, _ = lesson_ids(edition)
    taken = client.put(path(enrolment, "/progress"), {"lessons": [report(foreign), report(first), report(foreign)]})
    assert taken.status_code == 200
    assert taken.json()["refused"] == [{"lesson_id": str(foreign), "reason": "unknown_lesson"}]
    assert [lesson["done_at"] is not None for lesson in taken.json()["lessons"]] == [True, False, False]
    nothing = client.put(path(enrolment, "/progress"), {"lessons": [report(foreign)]})
    assert (nothing.status_code, LessonProgress.objects.count()) == (200, 1)


@db
def test_counts_are_of_the_present_edition_and_never_over_a_hundred_per_cent() -> None:
    aiko, edition = make_learner("JP"), make_edition(lessons=3)
    enrolment, client = make_enrolment(aiko, edition), signed_in(aiko.user)
    lessons = lesson_ids(edition)
    client.put(path(enrolment, "/progress"), done_in(edition, *lessons))
    later = make_later_edition(edition, {"AIS-A1": 1}, gone=lessons[:2])
    client.put(move_path(enrolment, later), {})
    (home,) = client.get("/api/v1/home").json()["enrolments"]
    assert (home["lessons_done"], len(home["lessons"])) == (1, 2)
    (counted,) = learners.counted_enrolments([aiko.pk])
    assert counted.lessons_done == 1
    document = progress_documents([aiko.pk])[aiko.pk]["enrolments"][0]
    assert (document["lessons"], document["lessons_done"], document["edition"]) == (2, "half_or_more", 2)
    # The lessons that she did for the first edition stay done.
    assert client.get(path(enrolment)).json()["lessons_done_at"] == DONE


@db
def test_a_waiver_counts_while_a_lesson_leads_no_higher_than_its_grounds() -> None:
    aiko, edition = make_learner("JP"), make_edition({"AIS-A1": 1})
    enrolment, client = make_enrolment(aiko, edition), signed_in(aiko.user)
    hold(aiko, AIS_A1=2)
    waive_lessons([outcome(enrolment)])
    for level, is_waived in ((2, True), (3, False)):
        edition = make_later_edition(edition, levels={"AIS-A1": level})
        client.put(move_path(enrolment, edition), {})
        shown = client.get(path(enrolment, "/progress")).json()["lessons"][0]
        assert (shown["waived"] is not None) == is_waived
        assert client.get(path(enrolment)).json()["lessons_waived"] == int(is_waived)
        (counted,) = learners.counted_enrolments([aiko.pk])
        assert counted.lessons_done == int(is_waived)
    # She gets there: a waiver of its own. The placement was of the first edition.
    hold(aiko, AIS_A1=3)
    waive_lessons([outcome(enrolment)])
    assert client.get(path(enrolment)).json()["lessons_waived"] == 1
    assert LessonWaiver.objects.filter(enrolment=enrolment).count() == 3


def _steps(edition: Edition, later: Edition) -> dict[str, Callable[[Any, Enrolment], None]]:
    """What can happen to an enrolment, each as its service or consumer takes it."""
    first, _, third = lesson_ids(edition)
    *_, added = lesson_ids(later)

    def move(client: Any, enrolment: Enrolment) -> None:
        assert client.put(move_path(enrolment, later), {}).status_code == 200

    def read(lesson: UUID, day: int) -> Callable[[Any, Enrolment], None]:
        def step(client: Any, enrolment: Enrolment) -> None:
            body = {"lessons": [report(lesson, done_at=f"2026-03-{day:02}T10:00:00Z")]}
            assert client.put(path(enrolment, "/progress"), body).status_code == 200

        return step

    def passed(client: Any, enrolment: Enrolment) -> None:
        at = ENROLLED_AT + timedelta(days=12)
        event = an_outcome(enrolment.learner_id, edition_id=edition.pk, at=at)
        learners.note_passed_assessments([Recorded(1, event, at)])

    def placed(client: Any, enrolment: Enrolment) -> None:
        # An attempt of the edition that was the first one, whatever the enrolment is pinned to by now.
        waive_lessons([outcome(Enrolment(learner_id=enrolment.learner_id, edition_id=edition.pk))])

    return {
        "move": move,
        "read the first": read(first, 5),
        "read the first before": read(first, 3),
        "read the third": read(third, 9),
        "read what is new": read(added, 4),
        "pass": passed,
        "place": placed,
    }


def _orders(names: list[str]) -> Iterator[tuple[str, ...]]:
    """Every order in which the move stands at every place, and the others in many."""
    others = [name for name in names if name != "move"]
    for number, order in enumerate(permutations(others)):
        if number % 23 == 0:
            for place in range(len(order) + 1):
                yield (*order[:place], "move", *order[place:])


@db
@pytest.mark.parametrize("asks", [(True, True), (True, False), (False, True)])
def test_moves_reports_outcomes_and_waivers_give_the_same_in_any_order(
    asks: tuple[bool, bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second lesson is waived, the third is gone from the later edition, which has one more."""
    edition = make_edition({"AIS-A1": 3}, {"AIS-B1": 1}, {"AIS-A1": 3}, requires_assessment=asks[0])
    later = make_later_edition(edition, {"AIS-A1": 3}, gone=lesson_ids(edition)[2:], requires_assessment=asks[1])
    steps = _steps(edition, later)
    # Waivers have the instant at which they were written: hold it.
    at = clock.now()
    monkeypatch.setattr("learners.waivers.services.clock.now", lambda: at)
    ends: set[Any] = set()
    orders = list(_orders(list(steps)))
    assert len(orders) > 200
    for order in orders:
        with transaction.atomic():
            learner = make_learner("JP")
            enrolment, client = make_enrolment(learner, edition), signed_in(learner.user)
            hold(learner, AIS_B1=1)
            seen: list[Any] = []
            for name in order:
                steps[name](client, enrolment)
                enrolment.refresh_from_db()
                seen.append((enrolment.lessons_done_at, enrolment.completed_at))
            for earlier, after in pairwise(seen):
                for before, now in zip(earlier, after, strict=True):
                    assert before is None or now is not None, "nothing that is set is unset"
            completions = [
                event for event in recorded("learners.edition_completed") if event["learner_id"] == str(learner.pk)
            ]
            assert len(completions) == 1, order
            assert completions[0]["edition_id"] in {str(edition.pk), str(later.pk)}
            progress = client.get(path(enrolment, "/progress")).json()
            del progress["enrolment_id"]
            ends.add(str((progress, enrolment.edition_id, enrolment.placed_at, enrolment.waivers.count())))
            transaction.set_rollback(True)
    assert len(ends) == 1, ends


@db
def test_who_has_done_all_that_the_later_edition_asks_completes_by_moving() -> None:
    aiko, edition = make_learner("JP"), make_edition(lessons=2, requires_assessment=False)
    enrolment, client = make_enrolment(aiko, edition), signed_in(aiko.user)
    first, second = lesson_ids(edition)
    client.put(path(enrolment, "/progress"), {"lessons": [report(first)]})
    later = make_later_edition(edition, gone=[second])
    assert client.put(move_path(enrolment, later), {}).json()["completed_at"] == DONE
    assert recorded("learners.edition_completed") == [
        {"learner_id": str(aiko.pk), "edition_id": str(later.pk), "course_id": str(edition.course_id)}
    ]
    assert learners.completions(learner_ids=[aiko.pk], edition_ids=[edition.pk, later.pk]).keys() == {
        (aiko.pk, edition.pk),
        (aiko.pk, later.pk),
    }


def _at_a_time(*calls: Callable[[], Any]) -> list[Any]:
    start, answers = Barrier(len(calls)), []

    def run(call: Callable[[], Any]) -> None:
        try:
            start.wait(10)
            answers.append(call())
        finally:
            connection.close()

    threads = [Thread(target=run, args=[call]) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(answers) == len(calls)
    return answers


@pytest.mark.django_db(transaction=True)
def test_two_phones_move_at_the_same_time() -> None:
    aiko, edition = make_learner("JP"), make_edition(lessons=1)
    enrolment = make_enrolment(aiko, edition)
    later = make_later_edition(edition, {"AIS-A1": 1})
    phones = [signed_in(aiko.user) for _ in range(3)]
    answers = _at_a_time(
        *(lambda phone=phone: phone.put(move_path(enrolment, later), {}).status_code for phone in phones)  # type: ignore[misc]
    )
    assert answers == [200, 200, 200]
    assert len(recorded("learners.enrolment_moved")) == 1
    assert EnrolmentEdition.objects.filter(enrolment=enrolment).count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_move_and_the_last_report_at_the_same_time_complete_once() -> None:
    aiko, edition = make_learner("JP"), make_edition(lessons=2, requires_assessment=False)
    enrolment, (first, second) = make_enrolment(aiko, edition), lesson_ids(edition)
    later = make_later_edition(edition, gone=[second])
    moving, reporting = signed_in(aiko.user), signed_in(aiko.user)
    answers = _at_a_time(
        lambda: moving.put(move_path(enrolment, later), {}).status_code,
        lambda: reporting.put(path(enrolment, "/progress"), {"lessons": [report(first)]}).status_code,
    )
    assert answers == [200, 200]
    enrolment.refresh_from_db()
    assert (enrolment.edition_id, enrolment.completed_at is not None) == (later.pk, True)
    assert len(recorded("learners.edition_completed")) == 1


@db
def test_a_move_costs_the_same_however_long_the_course_is(
    query_budget: Callable[[int], AbstractContextManager[None]],
) -> None:
    for lessons in (1, 12):
        aiko, edition = make_learner("JP"), make_edition(lessons=lessons)
        enrolment, client = make_enrolment(aiko, edition), signed_in(aiko.user)
        client.put(path(enrolment, "/progress"), done_in(edition, *lesson_ids(edition)))
        later = make_later_edition(edition, {"AIS-A1": 1}, changed=lesson_ids(edition))
        client.get(path(enrolment))
        courses.editions([edition.pk, later.pk])
        with query_budget(10):
            assert len(client.get(move_path(enrolment, later)).json()["changed"]) == lessons
        with query_budget(24):
            assert client.put(move_path(enrolment, later), {}).status_code == 200
