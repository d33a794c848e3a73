"""Why a level is what it is."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from courses import public as courses
from events import public as events
from learners import public as learners
from learners.mastery.publishing import publish_all
from learners.models import Evidence, Learner, SkillParameters, Snapshot
from tests.factories import make_learner, signed_in
from tests.learners.factories import (
    ENROLLED_AT,
    an_answer,
    an_outcome,
    learned,
    record_outcomes,
)

pytestmark = pytest.mark.django_db
SKILLS = "/api/v1/me/skills"


@pytest.mark.parametrize("many", [1, 20])
def test_skills_cost_the_same_however_many_there_are(
    many: int, query_budget: Callable[[int], AbstractContextManager[None]]
) -> None:
    aiko = make_learner("JP")
    learned(aiko, enrolments=many, skills=many)
    publish_all()
    client = signed_in(aiko.user)
    client.get(SKILLS)  # what a process keeps of the framework is warm from here on
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
    assert wrong["explanation"] == f"An item without credit (wrong or left open): {wrong['moved_by']:+.2f}"
    assert latest["explanation"].startswith("Answered an easy item partly right: ")
    assert UUID(right["id"]) in set(Evidence.objects.values_list("pk", flat=True))
    following = skill["next_level"]
    assert following["level"] == skill["level"] + 1
    assert following["threshold"] == courses.framework().thresholds[following["level"]]
    assert (document["rule"], document["snapshot"]) == ("mastery-filter-3+certified-mastery-1", "stated-1")
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


def test_what_practice_gives_is_the_learned_slopes_and_a_blank_answer_never_reads_as_a_gain() -> None:
    """Aiko left the first question of her second test blank; what she practised stands with what she answered right."""
    aiko, budi = make_learner("JP"), make_learner("ID")
    snapshot = Snapshot.objects.create(version="sloped", held_from=ENROLLED_AT, answers=0, rule_version="x")
    SkillParameters.objects.create(
        snapshot=snapshot,
        held_from=ENROLLED_AT,
        skill_code="AIS-A1",
        mean=0.8,
        variance=0.1,
        count=99,
        slope=0.9,
        slope_variance=0.01,
    )
    later = ENROLLED_AT + timedelta(days=1)
    record_outcomes(
        *(an_outcome(learner.pk, [an_answer(), an_answer()]) for learner in (aiko, budi)),
        an_outcome(aiko.pk, [an_answer(score=0.0, at=later), an_answer(at=later)]),
        an_outcome(budi.pk, [an_answer(score=0.0, at=later), an_answer(score=0.0, at=later)]),
    )
    events.drain("mastery")

    def explained(learner: Learner) -> list[dict[str, Any]]:
        [skill] = signed_in(learner.user).get(SKILLS, headers={"Accept-Language": "en"}).json()["items"]
        assert skill["answers"] == 4
        return [entry for entry in skill["evidence"] if entry["answered_at"] > later.isoformat()[:10]]

    right, blank = sorted(explained(aiko), key=lambda entry: -entry["score"])
    assert right["of_which_practice"] == pytest.approx(0.9 * math.log(3), abs=1e-4)
    assert right["moved_by"] > right["of_which_practice"]
    assert blank["moved_by"] < 0 == blank["of_which_practice"]
    assert "+" not in blank["explanation"]
    for entry in explained(budi):
        assert entry["moved_by"] < 0 == entry["of_which_practice"]
    assert signed_in(make_learner("TH").user).get(SKILLS).json()["items"] == []


def test_levels_are_counted_by_state() -> None:
    for state in ("JP", "JP", "TH"):
        learned(make_learner(state), enrolments=0, skills=1)
    code = sorted(courses.framework().skills)[0]
    assert list(learners.counts_by_level()) == [("JP", code, 2, 2), ("TH", code, 2, 1)]
