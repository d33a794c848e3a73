"""A phone's first screen."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from learners.mastery.publishing import publish_all
from tests.factories import make_learner, make_user, signed_in
from tests.learners.factories import (
    ENROLLED_AT,
    give_consent,
    learned,
    make_edition,
    make_enrolment,
)

pytestmark = pytest.mark.django_db
HOME = "/api/v1/home"


def test_home_of_a_newcomer_says_what_to_do() -> None:
    user = make_user()
    assert signed_in(user).get(HOME).json() == {
        "learner": None,
        "enrolments": [],
        "skills": [],
        "certificates": [],
        "waiting": [{"kind": "profile"}],
    }
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
def test_home_costs_the_same_however_much_there_is(
    many: int, query_budget: Callable[[int], AbstractContextManager[None]]
) -> None:
    aiko = make_learner("JP")
    learned(aiko, enrolments=many, skills=many)
    publish_all()
    client = signed_in(aiko.user)
    client.get(HOME)  # what a process keeps of editions and of the framework is warm from here on
    with query_budget(8):
        assert len(client.get(HOME).json()["enrolments"]) == many
