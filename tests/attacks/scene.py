"""A learner with a certificate in each status, and an agency that is told rows of each kind."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction

from agencies.models import Agency
from common import clock
from common.ids import new_id
from courses import public as courses
from credentials.certificates import status_changes
from credentials.models import Certificate
from events import public as events
from learners.events import EditionCompleted
from learners.models import Ability, Enrolment, Evidence, Learner, SkillState
from tests.agencies import factories as feed
from tests.courses.factories import make_published
from tests.credentials.certificates.factories import SKILLS, make_achievement, settle, supersede

STATUSES = ("active", "suspended", "revoked", "superseded", "expired")


def certify_in_each_status(learner: Learner, monkeypatch: pytest.MonkeyPatch) -> dict[str, Certificate]:
    """Have the learner earn a certificate for each status, and bring it there."""
    now = clock.now()
    Ability.objects.update_or_create(
        learner=learner,
        defaults={
            "mean": 1,
            "variance": 0.5,
            "count": 2,
            "last_at": now,
            "rule_version": "test",
            "snapshot": "test",
        },
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
        SkillState.objects.update_or_create(
            learner=learner,
            skill_code=code,
            defaults={
                "mean": 1,
                "variance": 0.5,
                "count": 1,
                "last_at": now,
                "level": 1,
                "probability": 0.9,
                "framework_version": courses.framework().version,
            },
        )
    held = {status: _certify(learner, status, monkeypatch) for status in STATUSES}
    for status, step in (("suspended", status_changes.suspend), ("revoked", status_changes.revoke)):
        step(certificate_id=held[status].pk, actor="reviewer", reason="as it was decided", now=clock.now())
    supersede(held["superseded"], name="สมหญิง ใจดี")
    return held


def _certify(learner: Learner, status: str, monkeypatch: pytest.MonkeyPatch) -> Certificate:
    edition = make_published(slug=f"course-{status}", languages=("en",))
    achievement = make_achievement(edition.course, slug=f"achievement-{status}")
    now = clock.now()
    Enrolment.objects.create(learner=learner, edition=edition, enrolled_at=now, completed_at=now)
    with pytest.MonkeyPatch.context() as patched, transaction.atomic():
        if status == "expired":
            patched.setattr("django.conf.settings.CREDENTIAL_VALIDITY", timedelta(seconds=1))
        events.record_many(
            [EditionCompleted(learner_id=learner.pk, edition_id=edition.pk, course_id=edition.course_id)]
        )
        settle()
    if status == "expired":
        time.sleep(1.1)
    return Certificate.objects.get(learner=learner, award__version=achievement)


def share_with(agency_id: UUID, learner: Learner) -> None:
    """Have the agency told of the learner, of one who withdrew, and of one with nothing but an enrolment."""
    agency = Agency.objects.get(pk=agency_id)
    with transaction.atomic():
        feed.consent(learner, agency)
        feed.consent(learner, agency, purpose="share_explanations")
        withdrawn = feed.make_sharing_learner(agency)
        feed.make_sharing_learner(agency)
    feed.drain()
    with transaction.atomic():
        feed.consent(withdrawn, agency, given=False)
    feed.drain()


def read(client: Any, *paths: str) -> None:
    """Read the addresses; the client holds each answer against its document."""
    for path in paths:
        assert client.get(path).status_code in (200, 202, 403, 404, 410), path
