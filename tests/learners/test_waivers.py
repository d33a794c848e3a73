"""After a placement, lessons that teach nothing new need not be done: Aiko skips, Budi was never placed, Dao sees nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations
from threading import Thread
from time import sleep
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from agencies.feed.documents import progress_documents
from assessments.events import OutcomeRecorded
from config.flow import CONSUMERS
from courses import public as courses
from events.kinds import Recorded
from learners import public as learners
from learners.events import MasteryChanged, Outcome
from learners.models import Ability, Enrolment, LessonWaiver, LevelChange, SkillState
from learners.progress.completion import waive_lessons
from learners.progress.rules import all_done_at
from learners.waivers import rules, services
from learners.waivers.rules import Held
from privacy.models import AuditEntry
from tests.factories import make_learner, signed_in
from tests.learners.factories import (
    ENROLLED_AT,
    an_answer,
    an_outcome,
    lesson_ids,
    make_edition,
    make_enrolment,
    recorded,
)

db = pytest.mark.django_db
PLACED_AT = ENROLLED_AT + timedelta(hours=1)


def hold(learner: Any, **levels: int) -> None:
    """The learner holds these levels (AIS_A1=2), as mastery leaves it."""
    Ability.objects.get_or_create(
        learner=learner,
        defaults={"mean": 1, "variance": 0.5, "count": 9, "last_at": PLACED_AT, "rule_version": "r", "snapshot": "s"},
    )
    for name, level in levels.items():
        code = name.replace("_", "-")
        SkillState.objects.update_or_create(
            learner=learner,
            skill_code=code,
            defaults={
                "mean": 1,
                "variance": 0.5,
                "count": 5,
                "last_at": PLACED_AT,
                "level": level,
                "probability": 0.91,
                "framework_version": "f",
            },
        )
        LevelChange.objects.get_or_create(
            learner=learner,
            skill_code=code,
            level=level,
            defaults={"evidence_id": UUID(int=level), "probability": 0.87, "at": PLACED_AT, "rule_version": "r"},
        )


def outcome(enrolment: Enrolment, *, mode: str = "placement", answers: int = 1) -> Recorded[Outcome]:
    answered = [an_answer() for _ in range(answers)]
    event = an_outcome(enrolment.learner_id, answered, edition_id=enrolment.edition_id, mode=mode, at=PLACED_AT)
    return Recorded(1, event, PLACED_AT)


def moved(learner: Any) -> Recorded[MasteryChanged]:
    return Recorded(1, MasteryChanged(learner_id=learner.pk, skills=("AIS-A1",)), PLACED_AT)


@db
def test_aiko_skips_what_she_holds_and_may_do_it_all_the_same() -> None:
    aiko = make_learner()
    edition = make_edition({"AIS-A1": 1}, {"AIS-A1": 2, "AIS-B1": 1}, {"AIS-A1": 3}, {"AIS-C1": 1})
    enrolment = make_enrolment(aiko, edition)
    hold(aiko, AIS_A1=2, AIS_B1=1)
    waive_lessons([outcome(enrolment), moved(aiko)])
    first, second, third, _ = lesson_ids(edition)
    assert set(LessonWaiver.objects.values_list("lesson_id", flat=True)) == {first, second}
    waiver = LessonWaiver.objects.get(lesson=second)
    assert waiver.because[0] == {
        "skill": "AIS-A1",
        "level": 2,
        "held": 2,
        "probability": 0.87,
        "evidence": str(UUID(int=2)),
        "rule": "r",
    }
    assert waiver.framework_version == courses.framework().version

    client = signed_in(aiko.user)
    path = f"/api/v1/me/enrolments/{enrolment.pk}"
    shown = client.get(f"{path}/progress", headers={"Accept-Language": "en"}).json()["lessons"]
    assert [lesson["waived"] is not None for lesson in shown] == [True, True, False, False]
    assert shown[0]["waived"]["explanation"] == (
        "You may skip this lesson: your placement shows that you hold what it teaches: "
        "AIS-A1 at level 2 (probability 87%). You can still do it if you like."
    )
    (listed,) = client.get("/api/v1/home").json()["enrolments"]
    assert (listed["lessons_done"], listed["next_lesson_id"]) == (2, str(third))
    element = client.get(path).json()
    assert (element["lessons_waived"], element["placed_at"]) == (2, "2026-03-01T10:00:00Z")
    document = progress_documents([aiko.pk])[aiko.pk]["enrolments"][0]
    assert (document["lessons"], document["lessons_done"]) == (4, "half_or_more")

    # "I want to do the lesson anyway."
    done = {"lesson_id": str(first), "furthest": 100, "done_at": "2026-03-02T10:00:00Z"}
    begun = {"lesson_id": str(second), "furthest": 40}
    answer = client.put(f"{path}/progress", {"lessons": [done, begun]}).json()["lessons"][0]
    assert (answer["furthest"], answer["done_at"], answer["waived"] is not None) == (100, done["done_at"], True)
    assert progress_documents([aiko.pk])[aiko.pk]["enrolments"][0]["lessons_done"] == "half_or_more"
    # Dao may not look.
    dao = signed_in(make_learner("TH").user)
    assert dao.get(f"{path}/progress").status_code == dao.get(path).status_code == 404


@db
def test_who_was_not_placed_in_the_edition_skips_nothing() -> None:
    budi = make_learner("ID", name="Budi")
    enrolment, other = (
        make_enrolment(budi, make_edition({"AIS-A1": 1})),
        make_enrolment(budi, make_edition({"AIS-A1": 1})),
    )
    hold(budi, AIS_A1=3)
    waive_lessons([outcome(enrolment, mode="assessment"), outcome(enrolment, mode="practice"), moved(budi)])
    assert not LessonWaiver.objects.exists()
    # An expired placement says nothing.
    waive_lessons([outcome(enrolment, answers=0), moved(budi)])
    assert not LessonWaiver.objects.exists()
    waive_lessons([outcome(other)])
    assert LessonWaiver.objects.get().enrolment == other


@db
def test_the_two_events_may_come_in_any_order_and_twice() -> None:
    edition = make_edition({"AIS-A1": 1})
    for order in sorted(set(permutations(["placed", "moved", "moved"]))):
        learner = make_learner()
        enrolment = make_enrolment(learner, edition)
        for step in order:
            if step == "moved":
                # Mastery is stored before the event tells of it.
                hold(learner, AIS_A1=1)
                waive_lessons([moved(learner)])
            else:
                waive_lessons([outcome(enrolment)])
        assert enrolment.waivers.count() == 1
        waive_lessons([outcome(enrolment), moved(learner)])
        assert enrolment.waivers.count() == 1
        assert AuditEntry.objects.filter(action="lessons.waived", subject_id=str(enrolment.pk)).count() == 1
    assert len(recorded("learners.lessons_waived")) == 3


@db
@pytest.mark.parametrize("requires_assessment", [True, False])
def test_waived_lessons_count_as_done(requires_assessment: bool) -> None:
    aiko = make_learner()
    edition = make_edition({"AIS-A1": 1}, {"AIS-A1": 1}, requires_assessment=requires_assessment)
    enrolment = make_enrolment(aiko, edition)
    hold(aiko, AIS_A1=1)
    waive_lessons([outcome(enrolment)])
    enrolment.refresh_from_db()
    assert enrolment.lessons_done_at is not None
    assert (enrolment.completed_at is None) == requires_assessment
    assert len(recorded("learners.edition_completed")) == int(not requires_assessment)
    (listed,) = signed_in(aiko.user).get("/api/v1/home").json()["enrolments"]
    assert listed["assessment_due"] == requires_assessment


@db
def test_the_last_lesson_that_is_left_completes_the_edition() -> None:
    aiko = make_learner()
    edition = make_edition({"AIS-A1": 1}, {"AIS-A1": 3}, requires_assessment=False)
    enrolment = make_enrolment(aiko, edition)
    hold(aiko, AIS_A1=2)
    waive_lessons([outcome(enrolment)])
    assert recorded("learners.edition_completed") == []
    report = {"lesson_id": str(lesson_ids(edition)[1]), "furthest": 100, "done_at": "2026-03-02T10:00:00Z"}
    body = signed_in(aiko.user).put(f"/api/v1/me/enrolments/{enrolment.pk}/progress", {"lessons": [report]}).json()
    assert body["completed_at"] is not None
    assert len(recorded("learners.edition_completed")) == 1


@db
def test_a_passed_placement_is_not_the_assessment_that_an_edition_asks_for() -> None:
    enrolment = make_enrolment(make_learner(), make_edition({"AIS-A1": 1}), lessons_done_at=PLACED_AT)
    learners.note_passed_assessments([outcome(enrolment)])
    enrolment.refresh_from_db()
    assert enrolment.assessment_passed_at is None
    learners.note_passed_assessments([outcome(enrolment, mode="certification")])
    enrolment.refresh_from_db()
    assert enrolment.completed_at == PLACED_AT


@db
@pytest.mark.parametrize("count", [1, 12])
def test_as_many_queries_for_a_batch_as_for_one(count: int, query_budget: Any) -> None:
    edition = make_edition({"AIS-A1": 1}, requires_assessment=False)
    batch = []
    for _ in range(count):
        learner = make_learner()
        batch += [outcome(make_enrolment(learner, edition)), moved(learner)]
        hold(learner, AIS_A1=1)
    courses.editions([edition.pk])
    courses.framework()
    with query_budget(18):
        waive_lessons(batch)
    assert LessonWaiver.objects.count() == len(recorded("learners.edition_completed")) == count


@pytest.mark.django_db(transaction=True)
def test_a_placement_and_the_mastery_from_it_at_a_time_waive_the_lesson(monkeypatch: pytest.MonkeyPatch) -> None:
    """The event of the placement is handled just before the other one would look at the enrolment: one of them waives."""
    aiko = make_learner()
    enrolment = make_enrolment(aiko, make_edition({"AIS-A1": 1}))
    read_levels, others = services._held, []

    def held(learner_ids: Any) -> Any:
        found = read_levels(learner_ids)
        if not others:
            # Mastery comes in after the placement's consumer has read the levels, and its event is handled at once.
            thread = Thread(target=overtake)
            others.append(thread)
            thread.start()
            sleep(0.2)
        return found

    def overtake() -> None:
        try:
            hold(aiko, AIS_A1=1)
            waive_lessons([moved(aiko)])
        finally:
            connection.close()

    monkeypatch.setattr(services, "_held", held)
    waive_lessons([outcome(enrolment)])
    others[0].join()
    assert enrolment.waivers.count() == 1


def test_the_flow_wires_it() -> None:
    (consumer,) = [consumer for consumer in CONSUMERS if consumer.name == "waivers"]
    assert consumer.classes == (OutcomeRecorded, MasteryChanged)


SKILLS = ("A", "B", "C")
LEVELS = st.dictionaries(st.sampled_from(SKILLS), st.integers(1, 3))


@given(taught=LEVELS, held=LEVELS)
def test_a_lesson_is_waived_when_each_of_its_skills_is_held(taught: dict[str, int], held: dict[str, int]) -> None:
    lesson = courses.LessonView(UUID(int=1), 0, 10, tuple(taught), taught)
    found = rules.waived([lesson], {code: Held(level, 0.9, None, None) for code, level in held.items()})
    assert bool(found) == (bool(taught) and all(held.get(code, 0) >= level for code, level in taught.items()))


def test_a_lesson_counts_from_when_it_was_first_done_or_waived() -> None:
    element, two = UUID(int=1), UUID(int=2)
    day = datetime(2026, 3, 1, tzinfo=UTC)
    later = day + timedelta(days=1)
    assert all_done_at([element, two], done={element: later}, waived={}) is None
    assert all_done_at([element, two], done={element: later}, waived={element: day, two: day}) == day
    assert all_done_at([], done={}, waived={}) is None
