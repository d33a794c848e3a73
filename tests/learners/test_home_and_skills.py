"""A phone's first screen, and why a level is what it is."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from uuid import UUID

import pytest

from common.ids import new_id
from courses import public as courses
from events import public as events
from learners import public as learners
from learners.mastery.publishing import publish_all
from learners.models import Evidence, Learner
from tests.factories import make_learner, make_user, signed_in
from tests.learners.factories import (
    ENROLLED_AT,
    an_answer,
    an_outcome,
    give_consent,
    lesson_ids,
    make_edition,
    make_enrolment,
    record_outcomes,
)

pytestmark = pytest.mark.django_db
HOME, SKILLS = "/api/v1/home", "/api/v1/me/skills"


def learned(learner: Learner, *, enrolments: int, skills: int) -> None:
    """Enrolments with progress, and evidence on as many skills of the framework."""
    client = signed_in(learner.user)
    for _ in range(enrolments):
        edition = make_edition(lessons=3)
        enrolment = make_enrolment(learner, edition)
        first = lesson_ids(edition)[0]
        client.put(
            f"/api/v1/me/enrolments/{enrolment.pk}/progress",
            {"lessons": [{"lesson_id": str(first), "furthest": 100, "done_at": "2026-03-02T10:00:00Z"}]},
        )
    codes = sorted(courses.framework().skills)[:skills]
    record_outcomes(an_outcome(learner.pk, [an_answer(skills=[code]) for code in codes for _ in range(3)]))
    events.drain("mastery")


def test_home_of_a_newcomer_says_what_to_do() -> None:
    user = make_user()
    assert signed_in(user).get(HOME).json() == {
        "learner": None, "enrolments": [], "skills": [], "certificates": [], "waiting": [{"kind": "profile"}],
    }  # fmt: skip
    make_learner("JP", user=user)
    assert signed_in(user).get(HOME).json()["waiting"] == [{"kind": "consent", "purpose": "learning_records"}]


def test_home_shows_where_to_go_on_in_the_learners_language() -> None:
    aiko, dao = make_learner("JP"), make_learner("TH")
    give_consent(aiko)
    learned(aiko, enrolments=1, skills=1)
    answer = signed_in(aiko.user).get(HOME)
    home = answer.json()
    [enrolment] = home["enrolments"]
    assert (enrolment["title"], enrolment["language"]) == ("仕事でのAI", "ja")
    assert (enrolment["lessons_done"], len(enrolment["lessons"])) == (1, 3)
    assert enrolment["next_lesson_id"] == enrolment["lessons"][1]["lesson_id"]
    assert home["skills"][0]["level_name"] == "補助あり"
    assert home["skills"][0]["provisional"] is True
    assert home["waiting"] == []
    assert answer["Content-Language"] == "ja"
    assert signed_in(aiko.user).get(HOME, headers={"If-None-Match": answer["ETag"]}).status_code == 304
    english = signed_in(aiko.user).get(HOME, headers={"Accept-Language": "en"})
    assert english.json()["enrolments"][0]["title"] == "AI at work"
    assert signed_in(dao.user).get(HOME).json()["enrolments"] == []
    assert str(aiko.pk) not in signed_in(dao.user).get(HOME).content.decode()


def test_home_says_that_the_assessment_waits() -> None:
    aiko, edition = make_learner("JP"), make_edition(lessons=1)
    give_consent(aiko)
    enrolment = make_enrolment(aiko, edition, lessons_done_at=ENROLLED_AT)
    assert signed_in(aiko.user).get(HOME).json()["waiting"] == [
        {"kind": "assessment", "enrolment_id": str(enrolment.pk), "edition_id": str(edition.pk)}
    ]


@pytest.mark.parametrize("many", [1, 20])
def test_home_and_skills_cost_the_same_however_much_there_is(
    many: int, query_budget: Callable[[int], AbstractContextManager[None]]
) -> None:
    aiko = make_learner("JP")
    learned(aiko, enrolments=many, skills=many)
    publish_all()
    client = signed_in(aiko.user)
    client.get(HOME)  # what a process keeps of editions and of the framework is warm from here on
    with query_budget(8):
        assert len(client.get(HOME).json()["enrolments"]) == many
    with query_budget(11):
        assert len(client.get(SKILLS).json()["items"]) == many


def test_skills_come_with_the_evidence_behind_each() -> None:
    aiko, dao = make_learner("JP"), make_learner("TH")
    record_outcomes(
        an_outcome(aiko.pk, [an_answer(difficulty=1.0, level=1)]),
        an_outcome(aiko.pk, [an_answer(score=0.0, at=ENROLLED_AT + timedelta(days=2))]),
        an_outcome(aiko.pk, [an_answer(score=0.5, difficulty=-1.0, at=ENROLLED_AT + timedelta(days=4))]),
    )
    events.drain("mastery")
    answer = signed_in(aiko.user).get(SKILLS, headers={"Accept-Language": "en"})
    document = answer.json()
    [skill] = document["items"]
    assert skill["area"] == {"code": "A", "name": "Understanding AI"}
    assert (skill["answers"], skill["provisional"]) == (3, True)
    latest, wrong, right = skill["evidence"]
    assert wrong["moved_by"] < latest["moved_by"] < right["moved_by"]
    assert right["explanation"] == f"Answered a hard item right: {right['moved_by']:+.2f}"
    assert wrong["explanation"].startswith("Answered an item wrong: ")
    assert latest["explanation"].startswith("Answered an easy item partly right: ")
    assert UUID(right["id"]) in set(Evidence.objects.values_list("pk", flat=True))
    following = skill["next_level"]
    assert following["level"] == skill["level"] + 1
    assert following["threshold"] == courses.framework().thresholds[following["level"]]
    assert (document["rule"], document["snapshot"]) == ("mastery-filter-2+certified-mastery-1", "stated-1")
    assert document["framework_version"] == courses.framework().version
    assert (
        signed_in(aiko.user).get(SKILLS, headers={"Accept-Language": "en", "If-None-Match": answer["ETag"]}).status_code
        == 304
    )
    assert signed_in(dao.user).get(SKILLS).json()["items"] == []
    assert (
        signed_in(aiko.user).get(SKILLS, headers={"Accept-Language": "th"}).json()["items"][0]["area"]["name"]
        == "เข้าใจ AI"
    )


def test_an_agency_reads_the_record_without_the_name(
    query_budget: Callable[[int], AbstractContextManager[None]],
) -> None:
    cast = [make_learner("JP", name=f"Canary {number}") for number in range(12)]
    for learner in cast:
        learned(learner, enrolments=1, skills=2)
    learners.progress_documents([learner.pk for learner in cast])
    for asked in (cast[:1], cast):
        with query_budget(5):
            documents = learners.progress_documents([*(learner.pk for learner in asked), new_id()])
        assert set(documents) == {learner.pk for learner in asked}
    document = documents[cast[0].pk]
    assert "Canary" not in repr(documents)
    assert (document["enrolments"][0]["lessons"], document["enrolments"][0]["lessons_done"]) == (3, 1)
    assert [skill["rule"] for skill in document["skills"]] == ["mastery-filter-2+certified-mastery-1"] * 2
    assert document["certificates"] == []


def test_levels_are_counted_by_state() -> None:
    for state in ("JP", "JP", "TH"):
        learned(make_learner(state), enrolments=0, skills=1)
    code = sorted(courses.framework().skills)[0]
    assert list(learners.counts_by_level()) == [("JP", code, 2, 2), ("TH", code, 2, 1)]
