"""Entitled and not issued, issued and not entitled: found, told, and the first of them mended by workers."""

from __future__ import annotations

import logging
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import Client

from common import clock
from credentials.certificates import reconciliation
from credentials.models import Award, Certificate
from events.models import Delivery, Event
from learners.events import EditionCompleted, MasteryChanged
from learners.models import Enrolment, Evidence, SkillState
from tests.credentials.certificates.factories import SKILLS, make_achievement, make_entitled, settle, tell
from tests.factories import MONITORING

pytestmark = pytest.mark.django_db


def _later() -> reconciliation.Differences:
    return reconciliation.differences(now=clock.now() + timedelta(minutes=6))


def _all_well() -> bool:
    found = _later()
    return (found.entitled_not_issued, found.issued_not_entitled) == (0, 0)


def _run(*args: str) -> str:
    out = StringIO()
    call_command("reconcile_certificates", *args, stdout=out)
    return out.getvalue()


def test_lost_deliveries_are_found_and_mended_by_workers(achievement, monkeypatch) -> None:
    aiko, budi = make_entitled(achievement), make_entitled(achievement, state="ID", name="Budi")
    make_entitled(achievement, level=0)
    make_entitled(achievement, completed=False)
    tell(EditionCompleted, aiko)
    settle()
    assert Certificate.objects.count() == 1
    # Budi's event was never delivered; and of Citra's the award was decided and its delivery lost.
    citra = make_entitled(achievement, state="PH", name="Citra")
    tell(EditionCompleted, citra)
    from events import public as events

    events.drain("awards")
    Delivery.objects.all().delete()
    settle()
    assert reconciliation.differences(now=clock.now()).entitled_not_issued == 0, "younger than five minutes"
    found = _later()
    assert [entry for entry, _ in found.earned] == [budi.pk]
    assert [entry for _, entry in found.awarded] == [citra.pk]
    moment = clock.now() + timedelta(minutes=6)
    with monkeypatch.context() as patched:
        patched.setattr(clock, "now", lambda: moment)
        with pytest.raises(CommandError):
            _run()
        assert "2 events" in _run("--repair")
    assert Certificate.objects.count() == 1, "the command issues nothing"
    settle()
    assert set(Certificate.objects.values_list("learner_id", flat=True)) == {aiko.pk, budi.pk, citra.pk}
    assert _all_well()
    reconciliation.repair(found)
    settle()
    assert Certificate.objects.count() == Award.objects.count() == 3


def test_the_stricter_test_and_an_achievement_without_a_course_are_understood(achievement) -> None:
    strict = [{"skill": SKILLS[0], "level": 1}, {"skill": SKILLS[1], "level": 1, "certified": True}]
    make_achievement(achievement.achievement.course, number=2, criteria={"skills": strict})
    learner = make_entitled(achievement, completed=False)
    assert _all_well()
    SkillState.objects.filter(learner=learner, skill_code=SKILLS[1]).update(certified_level=1)
    assert [entry for entry, _ in _later().earned] == [learner.pk]
    tell(MasteryChanged, learner)
    settle()
    assert _all_well()
    make_achievement(
        achievement.achievement.course, slug="course-only", criteria={"course_completed": True, "skills": []}
    )
    assert _all_well()
    Enrolment.objects.update(completed_at=clock.now())
    assert [entry for entry, _ in _later().earned] == [learner.pk]


def test_an_award_on_wrong_facts_or_altered_evidence_is_found(issue, achievement) -> None:
    sound, altered = issue(), issue()
    assert _all_well()
    forged = Award.objects.create(
        learner=make_entitled(achievement, name="Dao"),
        achievement=achievement.achievement,
        version=achievement,
        decided_at=clock.now(),
        facts={"completed_at": None, "skills": []},
        evidence_sha256="0" * 64,
    )
    low = Award.objects.create(
        learner=make_entitled(achievement, name="Dao"),
        achievement=achievement.achievement,
        version=achievement,
        decided_at=clock.now(),
        facts={
            "completed_at": "2026-01-01T00:00:00.000Z",
            "skills": [{"skill": skill, "level": 0} for skill in SKILLS],
        },
        evidence_sha256="0" * 64,
    )
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE learners_evidence DISABLE TRIGGER USER")
        Evidence.objects.filter(learner=altered.learner).first().delete()
        cursor.execute("ALTER TABLE learners_evidence ENABLE TRIGGER USER")
    found = _later()
    assert set(found.unearned) == {forged.pk, low.pk}
    assert set(found.altered) == {forged.pk, low.pk, altered.award_id}
    assert found.issued_not_entitled == 3
    assert sound.award_id not in {*found.unearned, *found.altered}


def test_evidence_and_corrections_that_came_later_alter_nothing(issue) -> None:
    from common.ids import new_id

    certificate = issue()
    first = Evidence.objects.filter(learner=certificate.learner).first()
    later = clock.now() + timedelta(seconds=1)
    for given in ({}, {"corrects": first.pk, "voided": True, "corrected_at": later}):
        Evidence.objects.create(
            id=new_id(),
            learner=certificate.learner,
            item_id=new_id(),
            item_revision=1,
            skills=[SKILLS[0]],
            level=1,
            score=1,
            guess=0.25,
            difficulty=0,
            language="en",
            answered_at=later,
            framework_version="x",
            rule_version="x",
            recorded_at=later,
            **given,
        )
    assert _all_well()
    # Stored while the award was being decided: after its evidence was read, before it was written.
    Evidence.objects.create(
        id=new_id(),
        learner=certificate.learner,
        item_id=new_id(),
        item_revision=1,
        skills=[SKILLS[0]],
        level=1,
        score=1,
        guess=0.25,
        difficulty=0,
        language="en",
        answered_at=later,
        framework_version="x",
        rule_version="x",
        recorded_at=certificate.award.decided_at - timedelta(milliseconds=1),
    )
    assert _all_well()


def test_readyz_and_the_log_tell_of_it(achievement, caplog) -> None:
    assert Client().get("/readyz", headers=MONITORING).json()["certificates"] is None
    reconciliation.check_and_alert(now=clock.now())
    well = {"entitled_not_issued": 0, "issued_not_entitled": 0, "old_issuer_keys": 0}
    assert Client().get("/readyz", headers=MONITORING).json()["certificates"] == well
    make_entitled(achievement)
    with caplog.at_level(logging.ERROR):
        reconciliation.check_and_alert(now=clock.now() + timedelta(minutes=6))
    assert [record.alert for record in caplog.records if hasattr(record, "alert")] == ["entitled_not_issued"]
    assert Client().get("/readyz", headers=MONITORING).json()["certificates"] == {**well, "entitled_not_issued": 1}
    assert not Event.objects.filter(kind="credentials.award_missing").exists(), "watching mends nothing"
    with transaction.atomic():
        assert reconciliation.repair(_later()) == 1
    settle()
    assert _all_well()
