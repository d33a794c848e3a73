"""Achievements belong to courses: any edition counts, and each authority approves for its own learners."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import DatabaseError, IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from common import clock
from common.ids import new_id
from courses.models import Edition
from credentials.certificates import approvals, awarding, reconciliation
from credentials.certificates.errors import NotProposed, VersionApproved
from credentials.certificates.verification import verify_credential
from credentials.models import AchievementVersion, Approval, Award, Certificate, PassedQuiz
from events import public as events
from learners.events import EditionCompleted
from learners.models import Enrolment, Learner
from privacy.models import AuditEntry
from tests.courses.factories import make_next
from tests.credentials.certificates.factories import (
    SKILLS,
    edition_of,
    end_approvals,
    make_achievement,
    make_entitled,
    settle,
    tell,
)
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def _second_edition(version: AchievementVersion) -> Edition:
    return make_next(edition_of(version))


def _complete(learner: Learner, edition: Edition) -> None:
    now = clock.now()
    Enrolment.objects.update_or_create(
        learner=learner,
        course_id=edition.course_id,
        defaults={"edition": edition, "enrolled_at": now, "completed_at": now},
    )
    with transaction.atomic():
        events.record(EditionCompleted(learner_id=learner.pk, edition_id=edition.pk, course_id=edition.course_id))
    settle()


def test_whoever_completes_the_second_edition_is_awarded_once(achievement) -> None:
    aiko = make_entitled(achievement, completed=False)
    second = _second_edition(achievement)
    _complete(aiko, second)
    award = Award.objects.get()
    assert (award.edition_id, award.version, award.achievement) == (second.pk, achievement, achievement.achievement)
    assert {name: award.facts[name] for name in ("edition_id", "version", "authority")} == {
        "edition_id": str(second.pk),
        "version": 1,
        "authority": "regional",
    }
    budi = make_entitled(achievement, name="Budi")
    tell(EditionCompleted, budi)
    settle()
    _complete(budi, second)
    assert Award.objects.filter(learner=budi).count() == Certificate.objects.filter(learner=budi).count() == 1
    assert Award.objects.get(learner=budi).edition_id == edition_of(achievement).pk


def test_two_states_award_different_versions(achievement) -> None:
    course = achievement.achievement.course
    harder = [{"skill": SKILLS[0], "level": 2}]
    strict = make_achievement(
        course, number=2, authority="TH", criteria={"course_completed": True, "skills": harder}, validity_days=10
    )
    aiko, dao, linh = (make_entitled(achievement, state=state) for state in ("JP", "TH", "VN"))
    able = make_entitled(achievement, state="TH", level=2)
    tell(EditionCompleted, aiko, dao, linh, able)
    settle()
    versions = dict(Award.objects.values_list("learner", "version"))
    assert versions == {aiko.pk: achievement.pk, linh.pk: achievement.pk, able.pk: strict.pk}
    certificate = Certificate.objects.get(learner=able)
    assert certificate.valid_until == certificate.valid_from + timedelta(days=10)
    assert Award.objects.get(learner=able).facts["authority"] == "TH"


def test_a_state_s_end_gives_its_learners_back_to_the_region_and_what_was_awarded_verifies(issue, achievement) -> None:
    certificate = issue(state="TH")
    end_approvals()
    dao = make_entitled(achievement, state="TH")
    tell(EditionCompleted, dao)
    settle()
    assert Award.objects.count() == 1
    verify_credential(Certificate.objects.get(pk=certificate.pk).credential)
    assert Certificate.objects.get().credential == certificate.credential
    approvals.approve(version_id=achievement.pk, authority="regional", by=new_id(), now=clock.now())
    tell(EditionCompleted, dao)
    settle()
    assert Award.objects.filter(learner=dao).exists()


def test_approving_another_version_ends_the_one_before(achievement) -> None:
    second = make_achievement(achievement.achievement.course, number=2)
    assert list(Approval.objects.filter(ended_at__isnull=True).values_list("version", flat=True)) == [second.pk]
    assert not approvals.approve(version_id=second.pk, authority="regional", by=new_id(), now=clock.now())
    assert AuditEntry.objects.filter(action="achievement_version.approval_ended").count() == 1
    with pytest.raises(IntegrityError), transaction.atomic():
        Approval.objects.create(
            achievement=second.achievement, version=achievement, authority="regional", approved_at=clock.now()
        )


def test_what_was_approved_never_changes(achievement) -> None:
    draft = AchievementVersion.objects.create(
        achievement=achievement.achievement, number=2, criteria=achievement.criteria, texts=achievement.texts
    )
    rows: list[Any] = [
        lambda: AchievementVersion.objects.filter(pk=achievement.pk).update(texts={}),
        lambda: AchievementVersion.objects.filter(pk=achievement.pk).update(state="draft"),
        lambda: Approval.objects.update(authority="JP"),
        lambda: Approval.objects.create(
            achievement=draft.achievement, version=draft, authority="JP", approved_at=clock.now()
        ),
    ]
    for change in rows:
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    with pytest.raises(NotProposed):
        approvals.approve(version_id=draft.pk, authority="JP", by=new_id(), now=clock.now())
    with pytest.raises(VersionApproved):
        approvals.take_back(version_id=achievement.pk, by=new_id())


def test_the_set_based_comparison_finds_whom_the_orm_finds(achievement) -> None:
    course = achievement.achievement.course
    quiz = new_id()
    make_achievement(course, slug="quiz", criteria={"course_completed": False, "quizzes": [str(quiz)], "skills": []})
    strict = {"course_completed": True, "skills": [{"skill": SKILLS[0], "level": 2}]}
    make_achievement(course, number=2, authority="TH", criteria=strict)
    second = _second_edition(achievement)
    for state in ("JP", "TH"):
        for level in (0, 1, 2):
            for completed in (True, False):
                learner = make_entitled(achievement, state=state, level=level, completed=completed)
                if level == 1:
                    PassedQuiz.objects.create(learner=learner, quiz_id=quiz, passed_at=clock.now())
                if level == 2 and not completed:
                    now = clock.now()
                    Enrolment.objects.update_or_create(
                        learner=learner,
                        course=course,
                        defaults={"edition": second, "enrolled_at": now, "completed_at": now},
                    )
    offered = approvals.offers()
    ids = list(Learner.objects.values_list("pk", flat=True))
    found = awarding.award_inputs(ids, [approval.version for approval in offered.everything()])
    wanted = sorted(
        (learner_id, course.pk)
        for learner_id, inputs in found.items()
        for approval in offered.for_state(inputs.state)
        if not inputs.missing(approval.version)
    )
    assert len(wanted) >= 8
    assert sorted(reconciliation.differences(now=clock.now() + timedelta(minutes=6)).earned) == wanted


def test_another_state_s_approver_approves_for_their_own_state_alone(achievement) -> None:
    other = make_user(is_staff=True, member_state_id="VN")
    other.user_permissions.set(
        Permission.objects.filter(codename__in=["view_achievementversion", "approve_achievementversion"])
    )
    outsider = make_user(is_staff=True, member_state_id="TH")
    outsider.user_permissions.set(Permission.objects.filter(codename="view_achievementversion"))
    page = reverse("admin:credentials_achievementversion_changelist")
    asked = {"action": "approve", "_selected_action": [str(achievement.pk)], "confirmed": "yes", "authority": "TH"}
    for person in (outsider, other):
        client = Client()
        client.force_login(person)
        client.post(page, asked)
    # Whatever state was sent, each decides for the own one; and who may only look decides nothing.
    assert sorted(Approval.objects.values_list("authority", flat=True)) == ["VN", "regional"]
