"""Entitled learners, as rows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.db import transaction

from common import clock
from common.ids import new_id
from courses import public as courses
from courses.models import Course, Edition
from credentials.certificates import approvals, corrections, display
from credentials.certificates.display import CertificateDisplay
from credentials.certificates.signer import signer_for
from credentials.models import Achievement, AchievementVersion, Approval, Certificate, KeyRotation, KeyRotationApproval
from events import public as events
from learners.events import EditionCompleted, MasteryChanged
from learners.models import Ability, Enrolment, Evidence, Learner, SkillState
from tests.factories import make_learner

SKILLS = ("AIS-A1", "AIS-A3")
TEXTS = {
    "en": {"name": "First steps", "description": "Knows the first steps.", "criteria": "Completed the course."},
    "ja": {"name": "はじめの一歩", "description": "基礎を知っています。", "criteria": "コースを修了しました。"},
    "th": {"name": "ก้าวแรก", "description": "รู้จักก้าวแรก", "criteria": "เรียนจบหลักสูตร"},
}


def make_achievement(
    course: Course,
    *,
    slug: str = "first-steps",
    number: int = 1,
    authority: str = "regional",
    criteria: Mapping[str, Any] | None = None,
    texts: Mapping[str, Any] = TEXTS,
    **given: Any,
) -> AchievementVersion:
    """A proposed version of the course's achievement, which the authority approves instead of the one before ("": nobody).

    criteria: a completed course and SKILLS at level 1 if missing.
    """
    achievement, _ = Achievement.objects.get_or_create(course=course, slug=slug)
    if criteria is None:
        criteria = {"course_completed": True, "skills": [{"skill": code, "level": 1} for code in SKILLS]}
    version = AchievementVersion.objects.create(
        achievement=achievement,
        number=number,
        criteria=criteria,
        texts=texts,
        state=AchievementVersion.State.PROPOSED,
        proposed_at=clock.now(),
        **given,
    )
    if authority:
        approvals.approve(version_id=version.pk, authority=authority, by=new_id(), now=clock.now())
    return version


def end_approvals() -> None:
    """Every authority ends what it approved."""
    for approval in Approval.objects.filter(ended_at__isnull=True):
        approvals.end_approval(
            version_id=approval.version_id, authority=approval.authority, by=new_id(), now=clock.now()
        )


def edition_of(version: AchievementVersion) -> Edition:
    """The first edition of the achievement's course."""
    return version.achievement.course.editions.earliest("number")


def make_entitled(achievement: AchievementVersion, *, level: int = 1, completed: bool = True, **given: Any) -> Learner:
    """A learner with evidence, levels and a completed edition, whom nobody has looked at yet."""
    learner = make_learner(**given)
    now = clock.now()
    Enrolment.objects.create(
        learner=learner, edition=edition_of(achievement), enrolled_at=now, completed_at=now if completed else None
    )
    Ability.objects.create(
        learner=learner, mean=1, variance=0.5, count=2, last_at=now, rule_version="test-rule", snapshot="test"
    )
    for code in SKILLS:
        Evidence.objects.create(
            id=new_id(),
            learner=learner,
            item_id=new_id(),
            item_revision=1,
            skills=[code],
            level=1,
            score=1,
            guess=0.25,
            difficulty=0,
            language="en",
            answered_at=now,
            framework_version="x",
            rule_version="x",
        )
        SkillState.objects.create(
            learner=learner,
            skill_code=code,
            mean=1,
            variance=0.5,
            count=1,
            last_at=now,
            level=level,
            probability=0.9,
            framework_version=courses.framework().version,
        )
    return learner


def tell(form: type[EditionCompleted] | type[MasteryChanged], *learners: Learner) -> None:
    """Record that something happened to the learners, as the services that do it would."""
    more = {"edition_id": new_id(), "course_id": new_id()} if form is EditionCompleted else {"skills": ()}
    with transaction.atomic():
        events.record_many([form(learner_id=learner.pk, **more) for learner in learners])


def settle() -> None:
    """Let the consumers do what they owe."""
    events.drain("awards")
    events.drain("certificates")


def shown_of(certificate: Certificate, language: str, *, name: str) -> CertificateDisplay:
    """What a certificate shows in a language, with another name on it."""
    shown = display.display_of(json.loads(certificate.credential), certificate.award.version, language)
    return replace(shown, name=name)


def approve_key(issuer: str) -> None:
    """Let the key that the issuer's signer has now follow the one before, as after a rotation by two persons."""
    signs, now = signer_for(issuer), clock.now()
    rotation = KeyRotation.objects.create(
        issuer_id=issuer, did=signs.did, multikey=signs.multikey, planned_from=now, prepared_at=now
    )
    for _ in range(2):
        approval = KeyRotationApproval.objects.create(rotation=rotation, approved_by=new_id(), approved_at=now)
    KeyRotation.objects.filter(pk=rotation.pk).update(approved_by=approval.approved_by, approved_at=now)


def supersede(certificate: Certificate, *, name: str) -> Certificate:
    """Correct the name on a certificate, as two persons and a worker do; return the certificate that took its place."""
    correction_id, now = new_id(), clock.now()
    corrections.request_correction(
        correction_id=correction_id,
        certificate_id=certificate.pk,
        legal_name=name,
        reason="married",
        asked_by=certificate.learner_id,
        learner_id=certificate.learner_id,
        now=now,
    )
    corrections.decide(correction_id=correction_id, approved=True, decided_by=new_id(), now=now)
    events.drain("corrections")
    return Certificate.objects.get(predecessor=certificate)
