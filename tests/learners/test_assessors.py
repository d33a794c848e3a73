"""Levels 4 to 6: a learner shows work, assessors judge it alone, and the level follows when enough of them agree."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from threading import Thread
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import Group
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.roles import ASSESSOR, REVIEWER, STATE_ADMINISTRATOR, TRAINER
from common import clock
from common.errors import ReasonMissing
from common.ids import new_id
from events import public as events
from events.models import Delivery
from learners import public as learners
from learners.assessors import rubrics
from learners.assessors.errors import VerdictContradictsPoints, VerdictIncomplete
from learners.assessors.services import give_verdict
from learners.decisions.errors import OwnCase
from learners.models import AssessorVerdict, Learner, LevelAssessment, LevelDecision, SkillState
from privacy.models import AuditEntry
from tests.factories import make_learner, make_user, signed_in
from tests.learners.factories import give_consent
from tests.learners.test_mastery_races import _until_waiting as until_waiting

pytestmark = pytest.mark.django_db
SKILL = "AIS-A3"  # levels 1 to 5
WORK = [
    {"kind": "human_marked_artefact", "description": "The shift plan I made.", "link": "https://example.org/plan"},
    {"kind": "work_based_record", "description": "Half a year as the team's first contact.", "link": ""},
]
GOOD = {criterion.code: 2 for criterion in rubrics.rubric().criteria}
POOR = GOOD | {"own_work": 1}


def at_level(level: int, *, state: str = "JP", skill: str = SKILL, **given: Any) -> Learner:
    """A learner whose level people confirmed before."""
    learner = make_learner(state, **given)
    give_consent(learner)
    if level:
        learners.decide_level(
            decision_id=new_id(),
            learner_id=learner.pk,
            skill=skill,
            level=level,
            cause="review",
            decided_by=[UUID(int=7)],
            reason="Shown before.",
            now=clock.now(),
        )
    return learner


def ask(learner: Learner, level: int, *, case_id: UUID | None = None, **given: Any) -> Any:
    body = {"skill": SKILL, "level": level, "evidence": WORK} | given
    path = f"/api/v1/me/level-assessments/{case_id or new_id()}"
    return signed_in(learner.user).put(path, body, format="json")


def a_case(level: int = 4, **given: Any) -> LevelAssessment:
    learner = at_level(level - 1, **given)
    answer = ask(learner, level, **({"skill": given["skill"]} if "skill" in given else {}))
    assert answer.status_code == 201, answer.content
    return LevelAssessment.objects.get(pk=answer.json()["id"])


def judge(case: LevelAssessment, recommended: bool, *, assessor: UUID | None = None, **given: Any) -> LevelAssessment:
    wanted = {
        "points": GOOD if recommended else POOR,
        "reason": f"I said {recommended}.",
        "verdict_id": new_id(),
    } | given
    return give_verdict(
        assessment_id=case.pk, assessor_id=assessor or new_id(), recommended=recommended, now=clock.now(), **wanted
    )


def level_of(case: LevelAssessment) -> int:
    return SkillState.objects.get(learner=case.learner, skill_code=case.skill_code).level


def an_assessor(state: str | None = None, role: str = ASSESSOR) -> tuple[Client, User]:
    user = make_user(is_staff=True, member_state_id=state)
    user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(user)
    return client, user


def test_a_learner_asks_reads_the_rubric_and_sees_only_their_own() -> None:
    aiko, budi, case_id = at_level(3), at_level(3, state="ID"), new_id()
    first = ask(aiko, 4, case_id=case_id)
    assert first.status_code == 201
    assert ask(aiko, 4, case_id=case_id).status_code == 200
    asked = first.json()
    assert (asked["state"], asked["outcome"], asked["assessors_agreeing"], asked["verdicts"]) == ("open", None, 1, [])
    assert asked["evidence"] == WORK
    words = {criterion["code"]: criterion["statement"] for criterion in asked["criteria"]}
    assert words["autonomy"] == "alone, and guides others"
    assert words["statement"]
    assert words["own_work"] == ""
    path = f"/api/v1/me/level-assessments/{case_id}"
    assert signed_in(aiko.user).get(path).json() == asked
    assert signed_in(aiko.user).get("/api/v1/me/level-assessments").json() == {"items": [asked], "next": None}
    assert signed_in(budi.user).get(path).status_code == 404
    assert signed_in(budi.user).delete(path).status_code == 404
    assert signed_in(budi.user).get("/api/v1/me/level-assessments").json()["items"] == []
    assert ask(budi, 4, case_id=case_id).json()["code"] == "case_id_taken"
    assert ask(aiko, 4, case_id=case_id, evidence=WORK[:1]).json()["code"] == "case_id_taken"
    again = ask(aiko, 4)
    assert (again.status_code, again.json()["code"], again.json()["assessment_id"]) == (409, "case_open", str(case_id))
    assert LevelAssessment.objects.count() == 1
    assert AuditEntry.objects.filter(action="level_assessment.opened").count() == 1


@pytest.mark.parametrize(
    ("level", "given", "status", "code"),
    [
        (3, {}, 422, "level_is_computed"),
        (5, {}, 422, "level_out_of_reach"),  # two above
        (6, {}, 422, "level_out_of_reach"),  # beyond the skill
        (4, {"skill": "AIS-Z9"}, 422, "level_not_of_skill"),
        (4, {"evidence": []}, 400, "invalid_input"),
        (4, {"evidence": [WORK[0] | {"link": "http://example.org"}]}, 400, "invalid_input"),
        (4, {"evidence": [WORK[0] | {"kind": "panel_review"}]}, 400, "invalid_input"),
        (4, {"evidence": [WORK[0] | {"grade": 1}]}, 400, "invalid_input"),
        (7, {}, 400, "invalid_input"),
    ],
)
def test_what_cannot_be_asked_for(level: int, given: dict[str, Any], status: int, code: str) -> None:
    answer = ask(at_level(3), level, **given)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.json()
    assert not LevelAssessment.objects.exists()


def test_who_may_not_ask() -> None:
    dao, aiko = make_user(), make_learner("JP")
    path = f"/api/v1/me/level-assessments/{new_id()}"
    body = {"skill": SKILL, "level": 4, "evidence": WORK}
    assert Client().put(path, body, "application/json").status_code == 401
    assert signed_in(dao).put(path, body, format="json").json()["code"] == "profile_missing"
    assert signed_in(aiko.user).put(path, body, format="json").json()["code"] == "consent_missing"
    assert not LevelAssessment.objects.exists()


def test_one_assessor_gives_level_4() -> None:
    case, assessor = a_case(4), new_id()
    events.drain("awards")
    assert judge(case, True, assessor=assessor).outcome == "given"
    decision = LevelDecision.objects.get(pk=case.pk)
    assert (decision.level, decision.cause, decision.decided_by) == (4, "assessors", [assessor])
    assert (decision.rubric, decision.reason) == (rubrics.rubric().version, "I said True.")
    assert level_of(case) == 4
    assert Delivery.objects.filter(consumer="awards", event__kind="learners.level_decided").count() == 1
    shown = signed_in(case.learner.user).get(f"/api/v1/me/level-assessments/{case.pk}")
    assert shown.json()["verdicts"][0]["reason"] == "I said True."
    assert str(assessor) not in shown.content.decode()


def test_two_give_level_5_and_a_third_settles_their_disagreement() -> None:
    case, first = a_case(5), new_id()
    assert judge(case, True, assessor=first).outcome is None
    assert level_of(case) == 4
    assert judge(case, False).outcome is None
    assert signed_in(case.learner.user).get(f"/api/v1/me/level-assessments/{case.pk}").json()["verdicts"] == []
    third = new_id()
    assert judge(case, True, assessor=third).outcome == "given"
    assert LevelDecision.objects.get(pk=case.pk).decided_by == sorted([first, third])
    assert level_of(case) == 5
    with pytest.raises(Exception, match="case_closed"):
        judge(case, False)


def test_a_panel_gives_level_6() -> None:
    case = a_case(6, skill="AIS-E5")
    for _ in range(2):
        assert judge(case, True).outcome is None
    assert judge(case, True).outcome == "given"
    assert level_of(case) == 6


def test_a_refusal_is_the_assessors_with_their_reasons_and_lowers_nothing() -> None:
    case, others = a_case(5), a_case(4)
    people = [new_id(), new_id()]
    for person in people:
        after = judge(case, False, assessor=person)
    assert after.outcome == "refused"
    assert not LevelDecision.objects.filter(pk=case.pk).exists()
    assert level_of(case) == 4
    refusal = learners.refusal(learner_id=case.learner_id, assessment_id=case.pk)
    assert refusal is not None
    assert (refusal.skill, refusal.level, refusal.refused_by) == (SKILL, 5, tuple(people))
    assert refusal.reasons == ("I said False.", "I said False.")
    assert learners.refusals(case.learner_id) == [refusal]
    assert learners.refusal(learner_id=others.learner_id, assessment_id=case.pk) is None
    assert learners.refusals(others.learner_id) == []
    # They may ask again.
    assert ask(case.learner, 5).status_code == 201


def test_a_level_given_lowers_nothing_that_was_decided_meanwhile() -> None:
    case = a_case(4)
    learners.decide_level(
        decision_id=new_id(),
        learner_id=case.learner_id,
        skill=SKILL,
        level=5,
        cause="appeal",
        decided_by=[UUID(int=7)],
        reason="Upheld.",
        now=clock.now(),
    )
    assert judge(case, True).outcome == "given"
    assert level_of(case) == 5


def test_a_verdict_is_complete_follows_from_its_points_and_is_nobody_s_own() -> None:
    case = a_case(5)
    for given, error in (
        ({"points": POOR}, VerdictContradictsPoints),
        ({"points": {}}, VerdictIncomplete),
        ({"points": GOOD | {"own_work": 4}}, VerdictIncomplete),
        ({"reason": "  "}, ReasonMissing),
        ({"assessor": case.learner_id}, OwnCase),
    ):
        with pytest.raises(error):
            judge(case, True, **given)  # type: ignore[arg-type]
    with pytest.raises(VerdictContradictsPoints):
        judge(case, False, points=GOOD)
    assert not AssessorVerdict.objects.exists()


def test_nobody_judges_twice_and_a_verdict_stays() -> None:
    case, assessor, verdict = a_case(5), new_id(), new_id()
    for _ in range(2):
        judge(case, True, assessor=assessor, verdict_id=verdict)
    with pytest.raises(Exception, match="verdict_given"):
        judge(case, True, assessor=assessor)
    assert AssessorVerdict.objects.count() == 1
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        AssessorVerdict.objects.update(recommended=False)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        AssessorVerdict.objects.all().delete()


def test_a_case_is_withdrawn_by_its_learner_and_judged_no_more() -> None:
    case = a_case(4)
    client, path = signed_in(case.learner.user), f"/api/v1/me/level-assessments/{case.pk}"
    for _ in range(2):
        assert client.delete(path).status_code == 204
    assert client.get(path).json()["state"] == "withdrawn"
    with pytest.raises(Exception, match="case_closed"):
        judge(case, True)
    decided = a_case(4)
    judge(decided, True)
    answer = signed_in(decided.learner.user).delete(f"/api/v1/me/level-assessments/{decided.pk}")
    assert (answer.status_code, answer.json()["code"]) == (409, "case_closed")


@pytest.mark.django_db(transaction=True)
def test_two_assessors_at_the_same_moment_make_one_decision() -> None:
    case = a_case(5)
    judge(case, True)
    outcomes: list[str | None] = []

    def verdict() -> None:
        try:
            outcomes.append(judge(case, True).outcome)
        except Exception as error:
            outcomes.append(str(error))
        finally:
            connection.close()

    threads = [Thread(target=verdict) for _ in range(2)]
    with transaction.atomic():
        LevelAssessment.objects.select_for_update().get(pk=case.pk)
        for thread in threads:
            thread.start()
        until_waiting(2)
    for thread in threads:
        thread.join(20)
    assert sorted(map(str, outcomes)) == ["case_closed", "given"]
    assert LevelDecision.objects.filter(cause="assessors").count() == 1
    assert len(LevelDecision.objects.get(pk=case.pk).decided_by) == 2
    assert level_of(case) == 5


# --- the admin --------------------------------------------------------------------------------------------------------


def form(recommended: str = "yes", points: dict[str, int] = GOOD, **given: Any) -> dict[str, Any]:
    return {
        "verdict_id": str(new_id()),
        "recommended": recommended,
        "reason": "Seen and checked.",
        **{f"points_{code}": str(value) for code, value in points.items()},
        **given,
    }


def page_of(case: LevelAssessment) -> str:
    return reverse("admin:learners_levelassessment_judge", args=[case.pk])


def test_an_assessor_judges_in_the_admin_without_seeing_what_others_said() -> None:
    case = a_case(5, name="Canary learner")
    judge(case, False, reason="Somebody's secret doubt.")
    client, user = an_assessor()
    queue = client.get("/admin/learners/levelassessment/").content.decode()
    assert "Canary learner" in queue
    assert "1 of 2" in queue
    path = page_of(case)
    page = client.get(path).content.decode()
    assert "The shift plan I made." in page
    assert "responsible for results of others" in page
    assert "secret doubt" not in page
    assert "secret doubt" not in client.get(f"/admin/learners/levelassessment/{case.pk}/change/").content.decode()
    wrong = client.post(path, form(points=POOR)).content.decode()
    assert "does not follow from the points" in wrong
    assert client.post(path, form() | {"reason": ""}).status_code == 200
    assert AssessorVerdict.objects.count() == 1
    given = form()
    assert client.post(path, given).status_code == 302
    assert client.post(path, given).status_code == 302, "sent twice by a slow line"
    own = AssessorVerdict.objects.get(assessor=user.pk)
    assert (own.recommended, own.points, own.reason) == (True, GOOD, "Seen and checked.")
    page = client.get(path).content.decode()
    assert "secret doubt" in page, "after one's own verdict"
    assert "Give the verdict" not in page


def test_assessors_of_a_state_and_other_staff() -> None:
    japanese, thai = a_case(4, name="Canary JP"), a_case(4, state="TH", name="Canary TH")
    limited, _ = an_assessor("TH")
    queue = limited.get("/admin/learners/levelassessment/").content.decode()
    assert "Canary TH" in queue
    assert "Canary JP" not in queue
    for method in (limited.get, lambda path: limited.post(path, form())):
        answer = method(page_of(japanese))
        assert answer.status_code == 404
        assert "Canary JP" not in answer.content.decode()
    path = page_of(thai)
    for role, state in ((REVIEWER, None), (STATE_ADMINISTRATOR, "TH")):
        client, _ = an_assessor(state, role)
        page = client.get(path)
        assert page.status_code == 200
        assert "Give the verdict" not in page.content.decode()
        assert client.post(path, form()).status_code == 403
    trainer, _ = an_assessor(None, TRAINER)
    assert trainer.get(path).status_code == 403
    assert trainer.post(path, form()).status_code == 403
    assert not AssessorVerdict.objects.exists()
    assert limited.post(path, form()).status_code == 302
    assert level_of(thai) == 4


def test_an_assessor_who_learns_here_does_not_judge_themselves() -> None:
    client, user = an_assessor()
    case = a_case(4, user=user)
    path = page_of(case)
    page = client.get(path).content.decode()
    assert "your own case" in page
    assert "Give the verdict" not in page
    assert client.post(path, form()).status_code == 200
    assert not AssessorVerdict.objects.exists()


def test_lists_cost_the_same_for_one_case_and_for_many(
    query_budget: Callable[[int], AbstractContextManager[None]],
) -> None:
    aiko = at_level(3)
    client, _ = an_assessor()
    client.get("/admin/learners/levelassessment/")
    signed_in(aiko.user).get("/api/v1/me/level-assessments")
    version = rubrics.rubric().version
    rubrics.criterion_texts(SKILL, 4)
    for many in (1, 30):
        LevelAssessment.objects.bulk_create(
            LevelAssessment(
                pk=new_id(),
                learner=aiko,
                skill_code=SKILL,
                level=4,
                evidence=WORK,
                state="withdrawn",
                framework_version="0",
                rubric=version,
                opened_at=clock.now(),
            )
            for _ in range(many)
        )
        with query_budget(3):
            signed_in(aiko.user).get("/api/v1/me/level-assessments")
        with query_budget(12):
            client.get("/admin/learners/levelassessment/")
