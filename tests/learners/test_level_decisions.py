"""People decide a level, freeze a disputed one, and release it; nothing that computes ever lowers one."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from threading import Thread
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from agencies.feed.documents import progress_documents
from common.errors import DomainError, NotFound, ReasonMissing
from common.ids import new_id
from credentials.models import Certificate
from events import public as events
from events.models import Delivery
from learners import public as learners
from learners.decisions.errors import DecisionIdTaken, LevelFrozen, LevelNotOfSkill, OwnCase
from learners.decisions.selectors import effective
from learners.mastery import levels
from learners.mastery.services import rebuild
from learners.models import Ability, Learner, LevelChange, LevelDecision, LevelFreeze, SkillState
from privacy.public import erasing
from tests.factories import make_learner, make_user, signed_in
from tests.learners.factories import ENROLLED_AT, an_answer, an_outcome, record_outcomes, recorded
from tests.learners.test_mastery_races import _until_waiting as until_waiting

pytestmark = pytest.mark.django_db
SKILL = "AIS-A1"


def day(number: float) -> datetime:
    return ENROLLED_AT + timedelta(days=number)


def answered(learner: Learner, *, right: int = 5, level: int = 1, on: float = 0, score: float = 1.0) -> None:
    answers = [an_answer(level=level, at=day(on), score=score) for _ in range(right)]
    record_outcomes(an_outcome(learner.pk, answers))
    events.drain("mastery")
    assert not Delivery.objects.filter(consumer="mastery").exists()


def decide(learner: Learner, level: int, *, on: float = 10, **given: Any) -> UUID:
    decision_id = given.pop("decision_id", None) or new_id()
    wanted = {"skill": SKILL, "cause": "review", "decided_by": [UUID(int=7)], "reason": "Seen at work."} | given
    learners.decide_level(decision_id=decision_id, learner_id=learner.pk, level=level, now=day(on), **wanted)
    return decision_id


def level_of(learner: Learner) -> int:
    found = SkillState.objects.filter(learner=learner, skill_code=SKILL).values_list("level", flat=True).first()
    return found or 0


def next_level(learner: Learner) -> int | None:
    """The level that the learner is told to reach next by answering."""
    (skill,) = signed_in(learner.user).get("/api/v1/me/skills").json()["items"]
    return skill["next_level"] and int(skill["next_level"]["level"])


def unchanged(learner: Learner) -> None:
    """Live and rebuilt are the same, what people decided included."""
    before = list(SkillState.objects.filter(learner=learner).order_by("skill_code").values())
    assert rebuild(learner_ids=[learner.pk], write=False) == []
    levels.refresh_levels(learner_ids=[learner.pk])
    assert list(SkillState.objects.filter(learner=learner).order_by("skill_code").values()) == before


def test_a_decision_raises_a_level_and_evidence_goes_on_from_there() -> None:
    aiko, dao = make_learner("JP"), make_learner("TH")
    answered(aiko, right=1, score=0.0)
    decide(aiko, 2)
    state = SkillState.objects.get(learner=aiko)
    assert (state.level, state.computed_level, state.level_since) == (2, 0, day(10))
    answered(aiko, right=30, level=4, on=20)
    state.refresh_from_db()
    assert (state.level, state.computed_level, state.level_since) == (3, 3, day(20))
    unchanged(aiko)
    decided = recorded("learners.level_decided")
    assert decided == [{"learner_id": str(aiko.pk), "skill": SKILL, "level": 2, "cause": "review"}]
    assert not SkillState.objects.filter(learner=dao).exists()
    assert {delivery.consumer for delivery in Delivery.objects.filter(event__kind="learners.level_decided")} == {
        "awards",
        "agency_feed",
    }


def test_what_a_person_took_away_no_computation_gives_back_and_certificates_stay() -> None:
    aiko = make_learner("JP")
    answered(aiko, right=30)
    assert level_of(aiko) == 2
    assert next_level(aiko) == 3
    decide(aiko, 1, cause="appeal")
    assert level_of(aiko) == 1
    assert next_level(aiko) is None, "no answer would give it"
    answered(aiko, right=30, level=4, on=20)
    assert level_of(aiko) == 1
    assert SkillState.objects.get(learner=aiko).computed_level == 3
    unchanged(aiko)
    decide(aiko, 2, on=30)
    assert (level_of(aiko), next_level(aiko)) == (2, None)
    decide(aiko, 3, on=31)
    assert level_of(aiko) == 3
    assert Certificate.objects.count() == 0
    assert recorded("credentials.certificate_status_changed") == []


def test_no_way_of_computing_lowers_a_level() -> None:
    aiko = make_learner("JP")
    answered(aiko, right=30)
    decide(aiko, 4, cause="assessors")
    for on in (20, 30):
        answered(aiko, right=20, on=on, score=0.0)
        assert level_of(aiko) == 4
    Ability.objects.update(snapshot="other")
    answered(aiko, right=1, on=40, score=0.0)  # rebuilt: other snapshot
    assert level_of(aiko) == 4
    answered(aiko, right=1, on=5, score=0.0)  # rebuilt: late
    assert level_of(aiko) == 4
    unchanged(aiko)
    SkillState.objects.update(level=1)
    with pytest.raises(CommandError, match="1 with drift"):
        call_command("rebuild_mastery")
    assert level_of(aiko) == 4
    unchanged(aiko)


def test_a_disputed_level_is_frozen_and_not_lost() -> None:
    aiko = make_learner("JP")
    answered(aiko, right=30)
    freeze = new_id()
    for _ in range(2):
        learners.freeze_level(freeze_id=freeze, learner_id=aiko.pk, skill=SKILL, reason="appeal", now=day(5))
    answered(aiko, right=30, level=4, on=6)
    decide(aiko, 1, on=7)
    state = SkillState.objects.get(learner=aiko)
    assert (state.level, state.level_since, state.computed_level) == (2, day(0), 3)
    unchanged(aiko)
    rebuild(learner_ids=[aiko.pk])
    assert level_of(aiko) == 2
    with pytest.raises(LevelFrozen) as caught:
        learners.freeze_level(freeze_id=new_id(), learner_id=aiko.pk, skill=SKILL, reason="appeal", now=day(8))
    assert caught.value.members == {"freeze_id": str(freeze)}
    for _ in range(2):
        learners.release_level(freeze_id=freeze, now=day(9))
    assert level_of(aiko) == 1, "decided below what was disputed: a cap"
    assert [event["cause"] for event in recorded("learners.level_decided")] == ["frozen", "review", "released"]
    assert [event["level"] for event in recorded("learners.level_decided")] == [2, 2, 1]
    learners.freeze_level(freeze_id=new_id(), learner_id=aiko.pk, skill=SKILL, reason="appeal", now=day(10))
    assert LevelFreeze.objects.count() == 2
    unchanged(aiko)


def test_evidence_that_came_during_a_dispute_counts_above_what_the_reviewer_gave() -> None:
    aiko, freeze = make_learner("JP"), new_id()
    answered(aiko, right=1, score=0.0)
    learners.freeze_level(freeze_id=freeze, learner_id=aiko.pk, skill=SKILL, reason="appeal", now=day(5))
    answered(aiko, right=30, level=4, on=6)
    # The reviewer sees a level 0 in dispute, not the level 3 that came meanwhile: 2 is a floor.
    decide(aiko, 2, on=7, cause="appeal")
    assert level_of(aiko) == 0
    learners.release_level(freeze_id=freeze, now=day(7))
    assert level_of(aiko) == 3
    unchanged(aiko)


def test_a_level_that_nobody_answered_for_is_told_everywhere() -> None:
    aiko, budi = make_learner("JP"), make_learner("ID")
    decide(aiko, 4, cause="assessors")
    state = SkillState.objects.get(learner=aiko)
    assert (state.level, state.computed_level, state.count, state.last_at) == (4, 0, 0, None)
    unchanged(aiko)
    call_command("rebuild_mastery")
    assert level_of(aiko) == 4
    shown = signed_in(aiko.user).get("/api/v1/me/skills").json()["items"]
    assert [(entry["code"], entry["level"], entry["answers"], entry["last_at"]) for entry in shown] == [
        (SKILL, 4, 0, None)
    ]
    assert signed_in(budi.user).get("/api/v1/me/skills").json()["items"] == []
    document = progress_documents([aiko.pk])[aiko.pk]
    assert (document["skills"][0]["level"], document["skills"][0]["last_month"]) == (4, None)
    assert learners.counts_by_level() == [("JP", SKILL, 4, 1)]
    # The first answers find the skill as if nobody had decided.
    answered(aiko, right=3, on=11)
    state = SkillState.objects.get(learner=aiko)
    answered(budi, right=3, on=11)
    assert (state.mean, state.variance) == SkillState.objects.values_list("mean", "variance").get(learner=budi)
    assert state.level == 4
    unchanged(aiko)


def test_a_repeat_changes_nothing_and_another_under_the_same_id_is_refused() -> None:
    aiko, budi = make_learner("JP"), make_learner("ID")
    first = decide(aiko, 4, cause="assessors", decided_by=[UUID(int=8), UUID(int=7)])
    decide(aiko, 4, cause="assessors", decided_by=[UUID(int=7), UUID(int=8)], decision_id=first, on=12)
    assert LevelDecision.objects.count() == len(recorded("learners.level_decided")) == 1
    for wrong in ({"level": 3, "learner": aiko}, {"level": 4, "learner": budi}):
        with pytest.raises(DecisionIdTaken):
            decide(wrong.pop("learner"), decision_id=first, **wrong)  # type: ignore[arg-type]
    assert level_of(budi) == 0


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"level": 5}, LevelNotOfSkill),  # AIS-A1 ends at 4
        ({"level": -1}, LevelNotOfSkill),
        ({"skill": "AIS-Z9"}, LevelNotOfSkill),
        ({"reason": " "}, ReasonMissing),
        ({"decided_by": []}, ReasonMissing),
        ({"decided_by": ["own"]}, OwnCase),
        ({"cause": "computed"}, ValueError),
    ],
)
def test_what_is_no_decision_of_people_is_refused(given: dict[str, Any], error: type[Exception]) -> None:
    aiko = make_learner("JP")
    if given.get("decided_by") == ["own"]:
        given = {"decided_by": [aiko.pk]}
    with pytest.raises(error):
        decide(aiko, **({"level": 4} | given))
    assert not LevelDecision.objects.exists()
    assert not SkillState.objects.exists()
    assert recorded("learners.level_decided") == []


def test_nobody_is_decided_about_who_is_not_there() -> None:
    gone = Learner(pk=new_id())
    with pytest.raises(NotFound):
        decide(gone, 4)
    with pytest.raises(NotFound):
        learners.freeze_level(freeze_id=new_id(), learner_id=gone.pk, skill=SKILL, reason="appeal", now=day(1))
    with pytest.raises(NotFound):
        learners.release_level(freeze_id=new_id(), now=day(1))


def test_a_decision_is_written_once_and_goes_with_its_learner_alone() -> None:
    aiko, budi = make_learner("JP"), make_learner("ID")
    for learner in (aiko, budi):
        decide(learner, 4)
        learners.freeze_level(freeze_id=new_id(), learner_id=learner.pk, skill=SKILL, reason="appeal", now=day(1))
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        LevelDecision.objects.update(level=6)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        LevelDecision.objects.filter(learner=aiko).delete()
    with pytest.raises(DatabaseError, match="append-only"), erasing(aiko.pk):
        LevelDecision.objects.filter(learner=budi).delete()
    with erasing(aiko.pk):
        aiko.user.delete()
    assert list(LevelDecision.objects.values_list("learner_id", flat=True)) == [budi.pk]
    assert list(LevelFreeze.objects.values_list("learner_id", flat=True)) == [budi.pk]


def test_the_history_tells_every_change_with_its_cause() -> None:
    aiko = make_learner("JP")
    answered(aiko, right=30)
    reached = LevelChange.objects.get(learner=aiko)
    decision = decide(aiko, 4, cause="assessors", rubric="r-1")
    decide(aiko, 3, on=20, cause="appeal", reason="The work was a colleague's.")
    changes = learners.level_history(aiko.pk)
    assert [(change.level, change.cause, change.at) for change in changes] == [
        (2, "evidence", day(0)),
        (4, "assessors", day(10)),
        (3, "appeal", day(20)),
    ]
    assert (changes[0].evidence_id, changes[0].probability) == (reached.evidence_id, reached.probability)
    assert (changes[1].decision_id, changes[1].rule, changes[1].decided_by) == (decision, "r-1", (UUID(int=7),))
    assert changes[2].reason == "The work was a colleague's."
    assert learners.level_history(make_learner("TH").pk) == []


def test_what_counts_costs_the_same_for_one_and_for_fifty(
    query_budget: Callable[[int], AbstractContextManager[None]],
) -> None:
    for many in (1, 50):
        cast = [make_learner("JP") for _ in range(many)]
        LevelDecision.objects.bulk_create(
            LevelDecision(
                pk=new_id(),
                learner=learner,
                skill_code=SKILL,
                level=4,
                computed_level=0,
                cause="review",
                decided_by=[UUID(int=7)],
                reason="Seen.",
                framework_version="0",
                decided_at=day(10),
            )
            for learner in cast
        )
        LevelFreeze.objects.bulk_create(
            LevelFreeze(pk=new_id(), learner=learner, skill_code="AIS-A2", level=2, cause="evidence", frozen_at=day(0))
            for learner in cast
        )
        computed = {(learner.pk, code): [(1, day(0))] for learner in cast for code in (SKILL, "AIS-A2")}
        with query_budget(2):
            found = effective(computed=computed)
        assert [found[learner.pk, SKILL].level for learner in cast] == [4] * many
        assert [found[learner.pk, "AIS-A2"].level for learner in cast] == [2] * many, "frozen"
        with query_budget(9):
            levels.refresh_levels(learner_ids=[learner.pk for learner in cast])
        record_outcomes(*(an_outcome(learner.pk, [an_answer()]) for learner in cast))
        with query_budget(29):
            events.drain("mastery")
        assert {level_of(learner) for learner in cast} == {4}


@pytest.mark.django_db(transaction=True)
def test_two_freezes_at_the_same_moment_are_one() -> None:
    aiko = make_learner("JP")
    said: list[DomainError | None] = []

    def freeze() -> None:
        try:
            learners.freeze_level(freeze_id=new_id(), learner_id=aiko.pk, skill=SKILL, reason="appeal", now=day(1))
            said.append(None)
        except DomainError as error:
            said.append(error)
        finally:
            connection.close()

    threads = [Thread(target=freeze) for _ in range(2)]
    with transaction.atomic():
        Learner.objects.select_for_update().get(pk=aiko.pk)
        for thread in threads:
            thread.start()
        until_waiting(2)
    for thread in threads:
        thread.join(20)
    assert sorted(type(entry).__name__ for entry in said) == ["LevelFrozen", "NoneType"]
    assert LevelFreeze.objects.count() == 1
    assert len(recorded("learners.level_decided")) == 1


def test_staff_look_at_decisions_of_their_state_and_change_none() -> None:
    from accounts.roles import REVIEWER, STATE_ADMINISTRATOR, TRAINER
    from tests.learners.test_learners_admin import staff

    reviewer = make_user(username="reviewer-mei")
    rows: list[tuple[str, Any]] = []
    for state in ("TH", "JP"):
        learner = make_learner(state, name=f"Canary {state}")
        decision = decide(learner, 4, decided_by=[reviewer.pk], reason=f"Reason {state}")
        freeze = new_id()
        learners.freeze_level(freeze_id=freeze, learner_id=learner.pk, skill=SKILL, reason="appeal", now=day(11))
        rows += [(state, f"/admin/learners/leveldecision/{decision}/change/")]
        rows += [(state, f"/admin/learners/levelfreeze/{freeze}/change/")]
    administrator, outsider = staff(STATE_ADMINISTRATOR, "TH"), staff(TRAINER, None)
    for model in ("leveldecision", "levelfreeze"):
        listed = administrator.get(f"/admin/learners/{model}/").content.decode()
        assert "Canary TH" in listed
        assert "Canary JP" not in listed
        assert outsider.get(f"/admin/learners/{model}/").status_code == 403
        assert staff(REVIEWER, None).get(f"/admin/learners/{model}/add/").status_code == 403
    for state, path in rows:
        shown = administrator.get(path)
        assert shown.status_code == (200 if state == "TH" else 302)
        assert administrator.post(path, {"level": 6}).status_code in {302, 403}
    page = administrator.get(rows[0][1]).content.decode()
    assert "reviewer-mei" in page
    assert "Reason TH" in page
