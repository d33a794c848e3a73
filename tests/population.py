"""Many learners at once, written as rows: for the fault tests and the benchmarks."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from accounts.models import User
from common import clock
from common.ids import new_id
from courses.public import course_of_edition, framework
from credentials.models import Approval
from events import public as events
from learners.events import EditionCompleted
from learners.models import Ability, Enrolment, Learner, SkillState


def entitle(count: int, edition_id: UUID) -> list[UUID]:
    """Write `count` learners that meet every criterion, and the events that say so, in one transaction."""
    now = clock.now()
    approved = Approval.objects.get(achievement__course__editions=edition_id, ended_at__isnull=True)
    codes = [skill["skill"] for skill in approved.version.criteria["skills"]]
    version = framework().version
    ids = [new_id() for _ in range(count)]
    course_id = course_of_edition(UUID(str(edition_id)))
    assert course_id is not None
    with transaction.atomic():
        User.objects.bulk_create(
            [User(id=identifier, username=f"entitled-{identifier}", password="!") for identifier in ids]
        )
        Learner.objects.bulk_create(
            [
                Learner(
                    user_id=identifier,
                    legal_name=f"山田 愛子 {n}",
                    member_state_id="JP",
                    languages=["ja"],
                    birth_year=1990,
                )
                for n, identifier in enumerate(ids)
            ]
        )
        Enrolment.objects.bulk_create(
            [
                Enrolment(
                    learner_id=identifier, edition_id=edition_id, course_id=course_id, enrolled_at=now, completed_at=now
                )
                for identifier in ids
            ]
        )
        Ability.objects.bulk_create(
            [
                Ability(
                    learner_id=identifier,
                    mean=1,
                    variance=0.5,
                    count=8,
                    last_at=now,
                    rule_version="test",
                    snapshot="test",
                )
                for identifier in ids
            ]
        )
        SkillState.objects.bulk_create(
            [
                SkillState(
                    learner_id=identifier,
                    skill_code=code,
                    mean=1,
                    variance=0.5,
                    count=2,
                    last_at=now,
                    level=1,
                    probability=0.9,
                    level_since=now,
                    framework_version=version,
                )
                for identifier in ids
                for code in codes
            ]
        )
        events.record_many(
            [
                EditionCompleted(learner_id=identifier, edition_id=UUID(str(edition_id)), course_id=course_id)
                for identifier in ids
            ]
        )
    return ids
