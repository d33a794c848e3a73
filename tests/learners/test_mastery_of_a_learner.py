"""Answers become evidence, evidence moves mastery, and a rebuild gives the same."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from io import StringIO
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from common.ids import new_id
from events import public as events
from events.models import Delivery
from learners.mastery import rules
from learners.mastery.publishing import publish_all
from learners.mastery.services import rebuild
from learners.models import Ability, Evidence, Learner, LevelChange, SkillState
from privacy.public import erasing
from tests.factories import make_learner
from tests.learners.factories import ENROLLED_AT, an_answer, an_outcome, record_outcomes, recorded

pytestmark = pytest.mark.django_db


def drained() -> None:
    events.drain("mastery")
    assert not Delivery.objects.filter(consumer="mastery").exists(), Delivery.objects.values_list("cause", flat=True)


def state_of(learner: Learner) -> tuple[Any, ...]:
    """All that follows from the evidence, as it stands in the database; floats as their shortest exact text."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT mean::text, variance::text, count, last_at, rule_version, snapshot FROM learners_ability "
            "WHERE learner_id = %s",
            [learner.pk],
        )
        ability = cursor.fetchall()
        cursor.execute(
            "SELECT skill_code, mean::text, variance::text, count, last_at, shown_level, level, probability::text, "
            "level_since, framework_version FROM learners_skillstate WHERE learner_id = %s ORDER BY 1",
            [learner.pk],
        )
        skills = cursor.fetchall()
        cursor.execute(
            "SELECT skill_code, level, evidence_id, probability::text, at, rule_version FROM learners_levelchange "
            "WHERE learner_id = %s ORDER BY 1, 2",
            [learner.pk],
        )
        return ability, skills, cursor.fetchall()


def test_an_attempt_becomes_evidence_and_gives_a_level() -> None:
    aiko, dao = make_learner("JP"), make_learner("TH")
    record_outcomes(
        an_outcome(aiko.pk, [an_answer(score=1.0) for _ in range(4)] + [an_answer(skills=["AIS-B1"], score=0.0)])
    )
    drained()
    assert Evidence.objects.filter(learner=aiko).count() == 5
    good, bad = SkillState.objects.filter(learner=aiko).order_by("skill_code")
    assert (good.skill_code, good.count, good.level) == ("AIS-A1", 4, 1)
    assert good.probability >= rules.REQUIRED_PROBABILITY
    assert (bad.skill_code, bad.count, bad.level, bad.level_since) == ("AIS-B1", 1, 0, None)
    assert recorded("learners.mastery_changed") == [{"learner_id": str(aiko.pk), "skills": ["AIS-A1", "AIS-B1"]}]
    change = LevelChange.objects.get(learner=aiko)
    assert Evidence.objects.filter(pk=change.evidence_id, learner=aiko).exists()
    assert not SkillState.objects.filter(learner=dao).exists()


def test_a_level_is_capped_by_what_was_shown_and_by_the_skill() -> None:
    aiko = make_learner("JP")
    record_outcomes(an_outcome(aiko.pk, [an_answer(level=1) for _ in range(30)]))
    drained()
    assert SkillState.objects.get(learner=aiko).level == 2
    record_outcomes(an_outcome(aiko.pk, [an_answer(level=4, at=ENROLLED_AT + timedelta(days=1)) for _ in range(30)]))
    drained()
    assert SkillState.objects.get(learner=aiko).level == 3


def test_computation_never_lowers_a_level() -> None:
    aiko = make_learner("JP")
    record_outcomes(an_outcome(aiko.pk, [an_answer() for _ in range(5)]))
    drained()
    reached = SkillState.objects.get(learner=aiko).level
    record_outcomes(an_outcome(aiko.pk, [an_answer(score=0.0, at=ENROLLED_AT + timedelta(days=1)) for _ in range(20)]))
    drained()
    state = SkillState.objects.get(learner=aiko)
    assert state.level == reached
    assert state.probability < 0.5


def test_practice_is_no_evidence_and_the_erased_are_passed_over() -> None:
    aiko = make_learner("JP")
    record_outcomes(an_outcome(aiko.pk, [an_answer()], mode="practice"), an_outcome(new_id(), [an_answer()]))
    drained()
    assert not Evidence.objects.exists()
    assert not Ability.objects.exists()
    assert recorded("learners.mastery_changed") == []


def test_a_doubled_answer_counts_once() -> None:
    aiko = make_learner("JP")
    outcome = an_outcome(aiko.pk, [an_answer() for _ in range(3)])
    record_outcomes(outcome, outcome)
    drained()
    first = state_of(aiko)
    record_outcomes(outcome)
    drained()
    assert state_of(aiko) == first
    assert len(recorded("learners.mastery_changed")) == 1


def test_any_order_any_batching_and_any_doubling_give_what_the_rebuild_gives() -> None:
    rng = random.Random(7)
    skills = ["AIS-A1", "AIS-A2", "AIS-B1"]
    aiko = make_learner("JP")
    outcomes = [
        [
            an_answer(
                skills=rng.sample(skills, rng.choice([1, 1, 2, 3])),
                score=rng.choice([0.0, 1.0, 1 / 3]),
                level=rng.choice([1, 2, 3]),
                guess=rng.choice([0.0, 0.25, 1 / 3]),
                difficulty=rng.choice([-1.0, 0.0, 1.0]),
                # Some sittings are at the same instant.
                at=ENROLLED_AT + timedelta(hours=7.123 * (sitting // 2)),
            )
            for _ in range(5)
        ]
        for sitting in range(12)
    ]
    in_order = rules.in_order
    states = []
    for order in range(6):
        learner = make_learner("JP")
        # The same evidence, under other ids of the same order, for another learner.
        copies = [[answer.but(id=_copied_id(answer.id, order)) for answer in answers] for answers in outcomes]
        if order:
            rng.shuffle(copies)
        batch = rng.choice([1, 2, 5, 12])
        for start in range(0, 12, batch):
            record_outcomes(*(an_outcome(learner.pk, answers) for answers in copies[start : start + batch]))
            drained()
            if rng.random() < 0.5:
                record_outcomes(an_outcome(learner.pk, rng.choice(copies[: start + 1])))
                drained()
        assert rebuild(learner_ids=[learner.pk], write=False) == []
        ability, states_, changes = state_of(learner)
        states.append((ability, states_, [(change[0], change[1], *change[3:]) for change in changes]))
    assert all(state == states[0] for state in states)
    assert in_order
    assert aiko


def _copied_id(identifier: UUID, order: int) -> UUID:
    """Another id that sorts as the first does."""
    return UUID(int=(identifier.int & ~0xFF) | order)


def test_evidence_is_written_once() -> None:
    aiko = make_learner("JP")
    record_outcomes(an_outcome(aiko.pk, [an_answer()]))
    drained()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Evidence.objects.update(score=0.0)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Evidence.objects.all().delete()
    with erasing(aiko.pk):
        aiko.user.delete()
    assert not Evidence.objects.exists()


def test_evidence_is_of_somebody_and_nobody_leaves_it_behind() -> None:
    aiko, dao = make_learner("JP"), make_learner("TH")
    record_outcomes(an_outcome(aiko.pk, [an_answer()]))
    drained()
    row = Evidence.objects.get(learner=aiko)
    row.pk, row.learner_id = new_id(), new_id()
    with pytest.raises(DatabaseError, match="evidence of nobody"), transaction.atomic():
        row.save(force_insert=True)
    # Past the application, straight in the database; nothing else of the learner stands in the way.
    for table in ("skillstate", "levelchange", "sittingtrace", "ability"):
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM learners_{table} WHERE learner_id = %s", [aiko.pk])
    for learner, refused in ((aiko, pytest.raises(DatabaseError, match="has evidence")), (dao, nullcontext())):
        with refused, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM learners_learner WHERE user_id = %s", [learner.pk])
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert list(Learner.objects.all()) == [aiko]


def test_an_answer_under_the_id_of_somebody_elses_is_passed_over() -> None:
    aiko, dao = make_learner("JP"), make_learner("TH")
    answer = an_answer()
    record_outcomes(an_outcome(aiko.pk, [answer]))
    drained()
    record_outcomes(an_outcome(dao.pk, [answer]))
    drained()
    assert Evidence.objects.get().learner == aiko
    assert not SkillState.objects.filter(learner=dao).exists()


def test_the_rebuild_reports_drift_and_mends_it() -> None:
    aiko, budi = make_learner("JP"), make_learner("ID")
    for learner in (aiko, budi):
        record_outcomes(an_outcome(learner.pk, [an_answer() for _ in range(5)]))
    drained()
    out = StringIO()
    call_command("rebuild_mastery", stdout=out)
    assert "2 learners, 0 with drift" in out.getvalue()
    before = state_of(aiko)
    SkillState.objects.filter(learner=aiko).update(mean=9.0, level=3)
    Ability.objects.filter(learner=budi).update(snapshot="other")
    out = StringIO()
    with pytest.raises(CommandError, match="1 with drift"):
        call_command("rebuild_mastery", learner=aiko.pk, stdout=out)
    assert f"{aiko.pk}: AIS-A1" in out.getvalue()
    with pytest.raises(CommandError, match="1 with drift"):
        call_command("rebuild_mastery", stdout=out)
    assert state_of(aiko) == before
    call_command("rebuild_mastery", stdout=out)
    Ability.objects.all().delete()
    with pytest.raises(CommandError, match="2 with drift"):
        call_command("rebuild_mastery", check=True, stdout=out)
    with pytest.raises(CommandError, match="2 with drift"):
        call_command("rebuild_mastery", stdout=out)
    assert state_of(aiko) == before


def given_by_the_rule_before(learner: Learner, level: int = 2) -> Evidence:
    """A level by the first answer, as the rule before gave it: by the step that it assumed."""
    answer = Evidence.objects.filter(learner=learner).order_by("answered_at")[0]
    LevelChange.objects.create(
        learner=learner,
        skill_code="AIS-A1",
        level=level,
        evidence_id=answer.pk,
        probability=0.82,
        at=answer.answered_at,
        framework_version=answer.framework_version,
        rule_version="mastery-filter-2",
    )
    Ability.objects.filter(learner=learner).update(rule_version="mastery-filter-2+certified-mastery-1")
    SkillState.objects.filter(learner=learner).update(computed_level=level, level=level, probability=0.82)
    return answer


def test_a_report_says_what_a_new_rule_changes_and_changes_nothing() -> None:
    aiko, budi, dao = make_learner("JP"), make_learner("ID"), make_learner("TH")
    record_outcomes(
        an_outcome(aiko.pk, [an_answer()]),
        an_outcome(budi.pk, [an_answer(guess=0.0, level=2) for _ in range(5)]),
        an_outcome(dao.pk, [an_answer(guess=0.0, level=2) for _ in range(5)]),
    )
    drained()
    LevelChange.objects.filter(learner=budi).delete()
    for learner in (aiko, budi):
        given_by_the_rule_before(learner)
    before = [state_of(learner) for learner in (aiko, budi, dao)]

    def report() -> list[str]:
        out = StringIO()
        call_command("report_rule_change", stdout=out)
        return out.getvalue().splitlines()

    said = report()
    assert said[:6] == [
        "rule: mastery-filter-3+certified-mastery-1",
        "3 learners, 2 of them computed by an earlier version",
        "levels given: 3 (level 2: 3)",
        "  by an earlier version: 2 (level 2: 2)",
        "  that rest on an earlier version alone, and stay: 1 (level 2: 1)",
        "levels that come with the newest version: 0",
    ]
    assert said[6].startswith(
        "probability of the level held, mean over 2 skills of those computed by an earlier version: 0.820"
    )
    assert [state_of(learner) for learner in (aiko, budi, dao)] == before
    rebuild(learner_ids=[aiko.pk, budi.pk, dao.pk])
    # Budi's level is one that today's rule gives as well, at the same sitting: it rests on that now.
    assert report()[1:5] == [
        "3 learners, 0 of them computed by an earlier version",
        "levels given: 3 (level 2: 3)",
        "  by an earlier version: 1 (level 2: 1)",
        "  that rest on an earlier version alone, and stay: 1 (level 2: 1)",
    ]
    assert len(report()) == 6


def test_a_level_given_by_an_earlier_rule_stays_whatever_comes_and_a_rebuild_finds_it() -> None:
    aiko, dao = make_learner("JP"), make_learner("TH")
    for learner in (aiko, dao):
        record_outcomes(an_outcome(learner.pk, [an_answer()]))
    drained()
    assert not LevelChange.objects.exists()
    answer = given_by_the_rule_before(aiko)
    [drift] = rebuild(learner_ids=[aiko.pk, dao.pk])
    assert (drift.learner_id, "version" in drift.parts) == (aiko.pk, True)
    assert SkillState.objects.get(learner=aiko).level == 2
    assert rebuild(learner_ids=[aiko.pk, dao.pk], write=False) == []
    for day in range(1, 6):
        for learner in (aiko, dao):
            record_outcomes(an_outcome(learner.pk, [an_answer(level=2, at=ENROLLED_AT + timedelta(days=day))]))
            drained()
        assert rebuild(learner_ids=[aiko.pk, dao.pk], write=False) == []
    ours, theirs = SkillState.objects.get(learner=aiko), SkillState.objects.get(learner=dao)
    assert (ours.mean, ours.count, ours.earlier) == (theirs.mean, 6, 5)
    kept = LevelChange.objects.get(learner=aiko, level=2)
    assert (kept.at, kept.rule_version, ours.level >= theirs.level) == (answer.answered_at, "mastery-filter-2", True)
    assert not LevelChange.objects.filter(learner=dao, rule_version="mastery-filter-2").exists()


def test_a_batch_costs_the_same_for_one_and_for_fifty(
    query_budget: Callable[[int], AbstractContextManager[None]],
) -> None:
    for many in (1, 50):
        learners = [make_learner("JP") for _ in range(many)]
        for day in range(2):  # first made, then extended
            record_outcomes(
                *(
                    an_outcome(learner.pk, [an_answer(at=ENROLLED_AT + timedelta(days=day)) for _ in range(4)])
                    for learner in learners
                )
            )
            publish_all()
            with query_budget(29):
                drained()
    assert rebuild(learner_ids=[learner.pk for learner in learners], write=False) == []
